"""What is taken of a client, and for how long it is waited for. Sizes in bytes or characters, times in seconds."""

MIN_RATE, MAX_RATE = 8_000, 48_000
MAX_ALTERNATIVES = 10
MAX_TEXT = 256 * 1024
MAX_PHRASES = 20_000
MAX_PHRASE = 60

MAX_FRAME = 256 * 1024
MAX_SECONDS = 1800.0
"""Sound on one socket."""

TOKEN_SECONDS = 5.0
STOPPED_SECONDS = 5.0
"""Sound that stops without an end: what was said so far counts."""
IDLE_SECONDS = 60.0
SEND_SECONDS = 10.0
WARM = 2
"""Recognisers of free speech that are kept for the next speaker: what Vosk works out of the whole model's graph as it
listens (15 to 40 MB) makes the next sentence three times cheaper."""
SOCKETS_PER_SESSION = 8
"""Open sockets for one that may speak: those that say nothing cost little, but not nothing."""
