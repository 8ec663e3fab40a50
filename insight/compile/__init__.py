"""Interpretation → SQLAlchemy Core; the only place where permissions become part of a query."""
