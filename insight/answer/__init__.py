"""Rows → sentence, table, definition, number of visits and freshness."""
