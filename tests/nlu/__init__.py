"""How well the assistant understands: sentences that were written apart from the training data."""
