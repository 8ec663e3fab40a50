"""Question → interpretation, and what each of its words was taken for."""
