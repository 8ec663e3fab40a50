"""What the decoder's process and its parent say to each other: a job and its answer over a socket of its own.

The child says `READY` first. Job: `JOB` (seconds at most, bytes of data, kind), then the data. Answer: `ANSWER` (a
reason, bytes that follow), then the sound, or the reason's detail for the log.
"""

import struct

JOB = struct.Struct("!dI8s")
READY = b"r"
ANSWER = struct.Struct("!BI")
RATE = 16_000
"""Samples a second of everything that is decoded."""

DONE, BROKEN, NO_AUDIO, TOO_LONG, TOO_COSTLY = range(5)
"""Answers: sound; nothing to be decoded; a film or picture without a sound track; too many seconds; too much memory."""
