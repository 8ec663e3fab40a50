"""Tests of `chinese/`."""
