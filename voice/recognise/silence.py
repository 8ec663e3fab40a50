"""When somebody has finished speaking: own rules over the sound's level and the recogniser's text.

Vosk's rules come from the model's files and are made for quick speakers; old people pause within a sentence.
"""

from __future__ import annotations

import math
import sys
from array import array
from bisect import bisect_left, insort
from collections import deque
from dataclasses import dataclass
from operator import mul
from typing import Literal

from voice.recognise.grammar import UNKNOWN

End = Literal["silence", "nothing", "limit", "eof", "reset", "stopped"]
"""Why an utterance ended: silence after speech; nothing was said; it is too long; told so; given up; no more sound."""

_FRAME = 0.02
# Samples a second that tell how loud it is.
_ENOUGH = 8_000
_WINDOW = 3.0
_QUIET_START = 0.6
# Decibels over one unit of 16-bit sound.
_ASSUMED_FLOOR = 35.0
_LEAST_SPEECH = 32.0
_ABOVE_FLOOR = 8.0
# Of the last five frames so many are loud in speech; a click is shorter.
_RECENT, _LOUD = 5, 3
# Speech that is not understood is speech from this length on; a cough or a chair is shorter.
_LEAST_UNKNOWN = 0.5


@dataclass(frozen=True, slots=True)
class Rules:
    """Seconds. `trailing`: silence that ends a sentence; `still`: text without change, where noise hides the silence;
    `nothing`: how long to wait for a first word; `limit`: the longest utterance."""

    trailing: float = 0.9
    still: float = 2.5
    nothing: float = 8.0
    limit: float = 18.0

    @property
    def ends(self) -> bool:
        """Whether anything but the end of the sound ends an utterance; partial texts are made only then."""
        return not math.isinf(min(self.trailing, self.still, self.nothing, self.limit))


class Silence:
    """Watches one session's sound; `start` at each new utterance."""

    def __init__(self, rate: int, rules: Rules = Rules()) -> None:
        self.rules = rules
        self._frame = max(1, round(rate * _FRAME)) * 2
        self._every = max(1, rate // _ENOUGH)
        self._rest = b""
        # A short quiet past, so that a recording that begins with speech is speech.
        self._levels: deque[float] = deque(
            [_ASSUMED_FLOOR] * round(_QUIET_START / _FRAME), maxlen=round(_WINDOW / _FRAME)
        )
        self._ordered = sorted(self._levels)
        self._recent: deque[bool] = deque(maxlen=_RECENT)
        self.held = False
        """A button is held: whoever holds it says where the end is, and only the longest utterance ends by itself."""
        self.start()

    def start(self) -> None:
        """A new utterance; what is known of the room's noise stays."""
        self.seconds = 0.0
        self.heard = False
        self._loud, self._last_loud = 0.0, 0.0
        self._text, self._text_since = "", 0.0
        self._recent.clear()

    def feed(self, pcm: bytes) -> None:
        """Takes in the next sound, 16-bit mono at the session's rate, whole samples."""
        pcm = self._rest + pcm
        whole = len(pcm) - len(pcm) % self._frame
        self._rest = pcm[whole:]
        for place in range(0, whole, self._frame):
            self._take(10 * math.log10(power(pcm[place : place + self._frame], self._every) + 1))

    def ended(self, text: str) -> End | None:
        """Whether the utterance is over, given the recogniser's text so far (`[unk]` in it is speech too)."""
        if text != self._text:
            self._text, self._text_since = text, self.seconds
        if self.held:
            return "limit" if self.seconds >= self.rules.limit else None
        if text.replace(UNKNOWN, "").strip() or (text and self._loud >= _LEAST_UNKNOWN):
            silent = self.seconds - self._last_loud
            if self.heard and silent >= self.rules.trailing:
                return "silence"
            if self.seconds - self._text_since >= self.rules.still:
                return "silence"
        elif self.seconds >= self.rules.nothing:
            return "nothing"
        return "limit" if self.seconds >= self.rules.limit else None

    def _take(self, level: float) -> None:
        self.seconds += _FRAME
        if len(self._levels) == self._levels.maxlen:
            self._ordered.pop(bisect_left(self._ordered, self._levels[0]))
        self._levels.append(level)
        insort(self._ordered, level)
        # The quiet tenth of the last seconds is the room.
        floor = self._ordered[len(self._ordered) // 10]
        self._recent.append(level > max(_LEAST_SPEECH, floor + _ABOVE_FLOOR))
        if self._recent[-1] and sum(self._recent) >= _LOUD:
            self.heard, self._last_loud = True, self.seconds
            self._loud += _FRAME


def power(pcm: bytes, every: int = 1) -> float:
    """The variance of every so many-th of 16-bit little-endian samples: their mean square without a constant offset of
    the microphone. numpy would take ten megabytes of the process for what is half a millisecond for each second."""
    samples = array("h", pcm)[::every]
    if sys.byteorder == "big":
        samples.byteswap()
    count = len(samples)
    return sum(map(mul, samples, samples)) / count - (sum(samples) / count) ** 2
