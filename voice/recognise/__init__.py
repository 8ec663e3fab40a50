"""Speech to words: one recogniser a session over one Vosk model, held to what may be said, and its WebSocket service."""
