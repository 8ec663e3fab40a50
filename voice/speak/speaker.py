"""Text → sound, sentence by sentence, through the speaking process."""

import re
import socket
from collections.abc import Iterator

from chinese.aloud import aloud
from voice import espeak
from voice.errors import VoiceError
from voice.process import Child, receive
from voice.speak.wire import RATE, SAID, SAY

__all__ = ["RATE", "SpeechError", "Speaker", "sentences", "speaker"]

SPEED = 190
"""espeak's words a minute at which a sentence of Chinese takes as long as a patient announcer: about four syllables a
second; older listeners follow that."""
SLOWEST, FASTEST = 0.5, 2.0
MAX_TEXT = 2_000
CHUNK_BYTES = RATE // 5 * 2
"""A fifth of a second."""
ANSWER_WITHIN = 10.0
LONGEST = 60
"""Characters that are said in one go; sound begins when the first piece is done."""

_ENDS = re.compile(r"(?<=[。！？；!?;\n])")
_PAUSES = re.compile(r"(?<=[，、：,:])")


class SpeechError(VoiceError):
    """The text cannot be spoken; it is still there to be read."""

    status = 503
    code = "no_speech"
    message = "暂时不能播放语音，请看屏幕上的文字。"


def sentences(text: str) -> Iterator[str]:
    """The text in pieces that can be said one by one: sentences, and long ones at their commas."""
    for sentence in _ENDS.split(text):
        piece = ""
        for part in _PAUSES.split(sentence):
            if piece and len(piece) + len(part) > LONGEST:
                yield piece.strip()
                piece = ""
            piece += part
        if piece.strip():
            yield piece.strip()


class Speaker:
    """The voice of this machine. Used by any thread; listeners take turns sentence by sentence."""

    def __init__(self) -> None:
        self._child = Child("voice.speak.child")

    def say(self, text: str, rate: float = 1.0) -> Iterator[bytes]:
        """16-bit little-endian mono at 22,050 Hz, in chunks of a fifth of a second; `rate` 1 is the usual speed.

        Who stops taking chunks stops the speech: the next sentence is not made before it is asked for. Raises
        SpeechError where the text is too long or no voice can be had.
        """
        if len(text) > MAX_TEXT:
            raise SpeechError("这段话太长了，请看屏幕上的文字。", code="text_too_long", status=413)
        speed = round(SPEED * min(max(rate, SLOWEST), FASTEST))
        for sentence in sentences(aloud(text)):
            sound = self._sentence(sentence, speed)
            for place in range(0, len(sound), CHUNK_BYTES):
                yield sound[place : place + CHUNK_BYTES]

    def _sentence(self, sentence: str, speed: int) -> bytes:
        text = espeak.characters(sentence.replace("\0", "")).encode("utf-8", "ignore")
        try:
            return self._child.ask(lambda connection: self._ask(connection, text, speed))
        except (EOFError, OSError) as error:
            raise SpeechError(detail=type(error).__name__) from None

    @staticmethod
    def _ask(connection: socket.socket, text: bytes, speed: int) -> bytes:
        connection.settimeout(ANSWER_WITHIN)
        connection.sendall(SAY.pack(speed, len(text)) + text)
        error, size = SAID.unpack(receive(connection, SAID.size))
        sound = receive(connection, size)
        if error:
            raise OSError(f"espeak-ng: {error}")
        return sound

    @property
    def pid(self) -> int | None:
        """Of the speaking process, where one was started."""
        return self._child.pid

    def close(self) -> None:
        """Ends the process; the next sentence starts another."""
        self._child.close()


speaker = Speaker()
"""This process's voice."""
