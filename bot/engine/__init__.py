"""The flow engine: conversation patterns over a stack of open flows, as pure functions. Knows nothing of Rasa."""
