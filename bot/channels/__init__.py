"""The signed door through which the gateway talks to Rasa."""
