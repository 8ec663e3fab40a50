"""espeak-ng 1.52 by ctypes (`espeakng-loader`): pinyin → samples. A tool used apart: nothing of it is in the model.

Text is given as pinyin, so that what is heard and what is written down agree on every reading and tone. The
library keeps one state for the whole process: one voice at a time, no threads.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import espeakng_loader
import numpy as np

from common.errors import MenzhenError
from voice.espeak import FLAGS, syllable
from voice.training.clips import Samples, resampled

# Variants that are whispers, robots and effects, or as good as equal to another, are left out.
TRAINED = tuple(
    [
        "f1",
        "f3",
        "f5",
        "m1",
        "m2",
        "m3",
        "m4",
        "m7",
        "m8",
        "adam",
        "Alicia",
        "Andrea",
        "Annie",
        "anika",
        "linda",
        "Lee",
        "max",
        "Michael",
        "Mike",
        "john",
        "marcelo",
        "Mario",
        "paul",
        "pablo",
        "quincy",
        "david",
        "edward",
        "Denis",
        "steph",
        "rob",
        "victor",
        "zac",
        "Alex",
        "Diogo",
        "Gene",
        "Henrique",
        "Hugo",
        "Jacky",
        "Marco",
        "antonio",
        "aunty",
        "belinda",
        "benjamin",
        "boris",
        "caleb",
        "ed",
        "ian",
        "iven",
        "iven3",
        "michel",
        "miguel",
        "norbert",
        "pedro",
        "robert",
        "sandro",
        "shelby",
        "travis",
        "Reed",
    ]
)
HELD_OUT = tuple(["f2", "f4", "m5", "m6", "Andy", "steph2", "iven2", "grandma"])
"""Voices that training never hears: only for measuring."""

_SYNCHRONOUS = 2
_RATE, _PITCH, _RANGE = 1, 3, 4
_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


class EspeakError(MenzhenError):
    code = "espeak"
    message = "语音合成引擎 espeak-ng 用不了。"


@cache
def synthesiser() -> Espeak:
    """The process's one synthesiser: a second start of the library beside the first may end the process."""
    return Espeak()


class Espeak:
    """The synthesiser. Raises EspeakError where the library or a voice is not there."""

    def __init__(self) -> None:
        self.library = ctypes.CDLL(espeakng_loader.get_library_path())
        data = str(espeakng_loader.get_data_path())
        self.variants = {path.name for path in (Path(data) / "voices" / "!v").iterdir()}
        self.rate = self.library.espeak_Initialize(_SYNCHRONOUS, 0, data.encode(), 0)
        if self.rate <= 0:
            raise EspeakError(detail=f"espeak_Initialize: {self.rate}")
        self.parts: list[np.ndarray] = []
        self.callback = _Callback(self._take)  # kept: the library holds only a pointer
        self.library.espeak_SetSynthCallback(self.callback)

    def _take(self, samples: ctypes._Pointer[ctypes.c_short], count: int, _events: object) -> int:
        if samples and count > 0:
            self.parts.append(np.ctypeslib.as_array(samples, (count,)).copy())
        return 0

    def say(
        self, syllables: Sequence[str], variant: str, *, speed: int = 170, pitch: int = 50, lift: int = 50
    ) -> Samples:
        """Samples of the syllables at 16 kHz, ±32768. `speed` in espeak's words a minute, `pitch` and `lift` 0–100.

        Raises EspeakError for a variant that is not there: the library itself would quietly speak another.
        """
        if variant and variant not in self.variants:
            raise EspeakError(f"espeak-ng 没有“{variant}”这个嗓音。")
        voice = "cmn-latn-pinyin" + (f"+{variant}" if variant else "")
        if self.library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise EspeakError(detail=voice)
        for parameter, value in ((_RATE, speed), (_PITCH, pitch), (_RANGE, lift)):
            self.library.espeak_SetParameter(parameter, value, 0)
        text = " ".join(map(syllable, syllables)).encode()
        self.parts = []
        if self.library.espeak_Synth(text, len(text) + 1, 0, 1, 0, FLAGS, None, None) != 0:
            raise EspeakError(detail="espeak_Synth")
        if not self.parts:
            return np.zeros(0, np.float32)
        return resampled(np.concatenate(self.parts), self.rate)
