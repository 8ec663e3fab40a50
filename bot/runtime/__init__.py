"""How Rasa is run here: message processor, calls to the action server, the server itself."""
