"""Audio of any form → 16 kHz mono, through a process that may die of it (`voice.audio.child`)."""

import socket
import threading
from dataclasses import dataclass

from voice.audio import wire
from voice.audio.errors import AudioError
from voice.audio.kinds import kind_of
from voice.audio.wire import ANSWER, JOB, RATE, READY
from voice.process import Child, receive

MAX_BYTES = 2 << 20
"""A minute of uncompressed 16 kHz sound; a minute in any compressed format of a telephone is under 1 MB."""
MAX_SECONDS = 60.0
"""As long as WeChat lets a voice message be."""
AT_ONCE = 2
"""Files that are decoded at the same time; others wait, so that memory stays bounded."""
WAIT, ANSWER_WITHIN = 10.0, 18.0
"""Seconds: for a free place, and for an answer (the child ends itself after 15)."""

_REASONS = {
    wire.BROKEN: "broken",
    wire.NO_AUDIO: "no_audio",
    wire.TOO_LONG: "too_long",
    wire.TOO_COSTLY: "too_costly",
}


@dataclass(frozen=True, slots=True)
class Sound:
    """Decoded sound: `pcm` is 16-bit little-endian mono at 16,000 Hz, `kind` what the file was (wav, ogg, amr …)."""

    pcm: bytes
    seconds: float
    kind: str


class Decoder:
    """The decoding process, started when first needed and again when it is gone. Used by any thread."""

    def __init__(self) -> None:
        self._places = threading.BoundedSemaphore(AT_ONCE)
        self._child = Child("voice.audio.child")

    def decode(self, data: bytes, *, max_seconds: float = MAX_SECONDS) -> Sound:
        """The sound of a file. Blocks for some milliseconds (a minute of sound: under a second). Raises AudioError."""
        if not data:
            raise AudioError("empty")
        if len(data) > MAX_BYTES:
            raise AudioError("too_large", detail=f"{len(data)} bytes")
        kind = kind_of(data)
        if kind is None:
            raise AudioError("not_audio")
        if not self._places.acquire(timeout=WAIT):
            raise AudioError("decoder_busy")
        try:
            reason, body = self._ask(data, kind, max_seconds)
        finally:
            self._places.release()
        if reason != wire.DONE:
            raise AudioError(_REASONS[reason], seconds=max_seconds, detail=f"{kind}: {body.decode()}")
        return Sound(body, len(body) / 2 / RATE, kind)

    def _ask(self, data: bytes, kind: str, max_seconds: float) -> tuple[int, bytes]:
        with self._job() as connection:
            try:
                connection.sendall(JOB.pack(max_seconds, len(data), kind.encode()))
                connection.sendall(data)
                reason, size = ANSWER.unpack(receive(connection, ANSWER.size))
                return reason, receive(connection, size)
            except (EOFError, OSError) as error:
                # It crashed, or the kernel ended it at one of its limits: the file is to blame.
                return wire.TOO_COSTLY, type(error).__name__.encode()

    def _job(self) -> socket.socket:
        """A connection to a fork that waits for its file. Raises AudioError where none can be started."""
        try:
            return self._child.ask(self._forked)
        except (EOFError, OSError) as error:
            raise AudioError("decoder_down", detail=type(error).__name__) from None

    @staticmethod
    def _forked(connection: socket.socket) -> socket.socket:
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                socket.send_fds(connection, [b"j"], [theirs.fileno()])
            ours.settimeout(ANSWER_WITHIN)
            receive(ours, len(READY))
        except (EOFError, OSError):
            ours.close()
            raise
        return ours

    @property
    def pid(self) -> int | None:
        """Of the decoding process, where one was started."""
        return self._child.pid

    def close(self) -> None:
        """Ends the process; the next file starts another."""
        self._child.close()


_DECODER = Decoder()
decode = _DECODER.decode
"""`decode(data, *, max_seconds) -> Sound` by this process's decoder. Raises AudioError."""
