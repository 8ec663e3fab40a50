"""The Rasa assistant: understands a sentence and decides what happens next; runs in its own environment."""
