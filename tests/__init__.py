"""Tests, a folder for each room; `tests/support` starts the real processes."""
