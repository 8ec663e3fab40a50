"""The voice: `python -m voice.speak.child`, one sentence after the other from the socket on standard input.

espeak-ng keeps its state in globals (one voice a process, never two threads) and is under the GPL: both are reasons for
a process of its own (docs/decisions/0013). The library is the one that `espeakng-loader` carries; the system's may be
older, and 1.51 reads Chinese characters as English.
"""

import ctypes
import os
import socket

import espeakng_loader

from voice.espeak import FLAGS
from voice.process import receive
from voice.speak.wire import RATE, SAID, SAY

VOICE = b"cmn+f2"
RETRIEVAL, DONT_EXIT = 1, 0x8000
SPEED, VOLUME, PITCH, RANGE = 1, 2, 3, 4

Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


class Espeak:
    """The library in this process. Raises OSError where it cannot be used."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        data = os.fsencode(espeakng_loader.get_data_path())
        rate = self._library.espeak_Initialize(RETRIEVAL, 0, data, DONT_EXIT)
        if rate != RATE:
            raise OSError(f"espeak-ng gives {rate} Hz")
        self._sound = bytearray()
        # Kept, since the library calls it for as long as it lives.
        self._callback = Callback(self._take)
        self._library.espeak_SetSynthCallback(self._callback)
        if self._library.espeak_SetVoiceByName(VOICE) != 0:
            raise OSError("espeak-ng has no Mandarin voice")

    def _take(self, samples: "ctypes._Pointer[ctypes.c_short]", count: int, events: int) -> int:
        if samples and count:
            self._sound += ctypes.string_at(samples, count * 2)
        return 0

    def say(self, text: bytes, speed: int) -> tuple[int, bytes]:
        """The library's error (0: none), and the sound of a sentence in UTF-8."""
        self._sound.clear()
        self._library.espeak_SetParameter(SPEED, speed, 0)
        error = self._library.espeak_Synth(text, len(text) + 1, 0, 0, 0, FLAGS, None, None)
        error = error or self._library.espeak_Synchronize()
        return error, bytes(self._sound)


def main() -> None:
    """Speaks until the parent is gone."""
    parent = socket.socket(fileno=0)
    voice = Espeak()
    while True:
        try:
            speed, size = SAY.unpack(receive(parent, SAY.size))
            text = receive(parent, size)
        except EOFError:
            return
        error, sound = voice.say(text, speed)
        parent.sendall(SAID.pack(error, len(sound)) + sound)


if __name__ == "__main__":
    main()
