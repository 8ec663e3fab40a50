"""What the decoder's process and its parent say to each other: a job and its answer over a socket of its own.

Job: `JOB` (seconds at most, bytes of data, kind), then the data. Answer: `ANSWER` (0 or a reason, bytes that follow),
then the sound, or the reason's detail for the log. Standard library only: the child loads nothing else of the project.
"""

import socket
import struct

JOB = struct.Struct("!dI8s")
ANSWER = struct.Struct("!BI")
RATE = 16_000
"""Samples a second of everything that is decoded."""

DONE, BROKEN, NO_AUDIO, TOO_LONG, TOO_COSTLY = range(5)
"""Answers: sound; nothing to be decoded; a film or picture without a sound track; too many seconds; too much memory."""


def receive(connection: socket.socket, size: int) -> bytes:
    """Exactly `size` bytes. Raises EOFError where the other side went away before, OSError on time-out."""
    parts = bytearray()
    while len(parts) < size:
        part = connection.recv(min(size - len(parts), 1 << 16))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)
