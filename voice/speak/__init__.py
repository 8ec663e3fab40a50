"""Replies for the ear: what is said of them, and the voice that says it."""
