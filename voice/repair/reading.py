"""One hypothesis of the recogniser, read in one state of the dialogue: what was changed, and what is doubtful in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from chinese.pinyin import Change
from chinese.text import fold
from voice.repair import clock, digits, quantities
from voice.repair.heard import Hypothesis
from voice.repair.rewriting import Rewriting
from voice.repair.state import State, numerals_in

UNKNOWN = "[unk]"
_LONGEST_REPEAT = 4
# As far as a usual confusion: the doctor is read back.
_LOST = 0.25
SURE = 0.8
"""Words of a doctor's name or of a time that are less certain than this are read back."""


@dataclass(frozen=True, slots=True)
class Sounds:
    """The words of a hypothesis, blanks and `[unk]` left out: per character the confidence of its word; the places of
    the single words, where the recogniser told words apart; how many were not understood; whether confidences were
    told."""

    text: str
    sure: tuple[float, ...]
    wholes: frozenset[tuple[int, int]]
    unknown: int
    rated: bool = False

    @classmethod
    def of(cls, hypothesis: Hypothesis) -> Sounds:
        """As it was recognised."""
        told = [(word.word, word.conf) for word in hypothesis.words]
        rated = bool(told)
        if not told or "".join(word for word, _ in told) != "".join(hypothesis.text.split()):
            told = [(word, 1.0) for word in hypothesis.text.replace(UNKNOWN, f" {UNKNOWN} ").split()]
            rated = False
        text, sure, wholes, unknown = "", [], set(), 0
        for word, conf in told:
            unknown += word.count(UNKNOWN)
            plain = "".join(fold(word.replace(UNKNOWN, "")).split())
            if not plain:
                continue
            wholes.add((len(text), len(text) + len(plain)))
            text += plain
            sure += [conf] * len(plain)
        # A text in one piece tells nothing of its words.
        return cls(text, tuple(sure), frozenset(wholes) if len(wholes) > 1 else frozenset(), unknown, rated)

    @property
    def understood(self) -> float:
        """The part that was understood; a word that was not counts as one character."""
        return len(self.text) / (len(self.text) + self.unknown) if self.text else 0.0

    @property
    def confidence(self) -> float:
        """The mean over the characters; what was not understood counts as nothing heard."""
        return sum(self.sure) / len(self.sure) * self.understood if self.sure else 0.0


@dataclass(slots=True)
class Reading:
    """What a hypothesis means in a state. `answer`: it can be said there; `valid`: a dictated number has the right
    form; `doubts`: why a doctor, a time or a number in it has to be read back; `weak`: a doctor or a time of little
    confidence; `instead` other names it may be."""

    sounds: Sounds
    rewriting: Rewriting
    answer: bool = True
    valid: bool = False
    doubts: list[str] = field(default_factory=list)
    weak: bool = False
    instead: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """What was meant."""
        return self.rewriting.text

    @property
    def apart(self) -> float:
        """How far the repairs went, per character of the text."""
        changes = self.rewriting.corrections()
        return sum(change.distance for change in changes) / max(len(self.text), 1)


def read(hypothesis: Hypothesis, state: State, now: datetime) -> Reading:
    """The hypothesis with misheard names put right and the numbers of its slot written out."""
    sounds = Sounds.of(hypothesis)
    reading = Reading(sounds, Rewriting(sounds.text))
    if not sounds.text:
        return reading
    if state.is_answer(sounds.text):
        _look_at_names(reading, state)
        _look_at_times(reading, state, now)
        return reading
    if _dictated(reading, state):
        return reading
    _by_sound(reading, state, now)
    _surname(reading, state)
    _once(reading, state, now)
    _look_at_names(reading, state)
    _quantity(reading, state)
    _look_at_times(reading, state, now)
    _clock(reading, state, now)
    return reading


def _dictated(reading: Reading, state: State) -> bool:
    """An identity or a telephone number, where one is asked for."""
    for kind in ("identity", "phone"):
        if kind not in state.kinds:
            continue
        found = digits.dictated(reading.text, kind)
        if found is None or ("phone" in state.kinds and kind == "identity" and len(found.value) < 14):
            continue
        reading.rewriting.replace(found.begin, found.finish, found.value, "number")
        reading.valid = reading.answer = found.valid
        # A wrong digit cannot hide behind a right check character; a telephone number has none.
        if not found.valid or (found.guessed and kind == "phone"):
            reading.doubts.append("number")
        return True
    return False


def _by_sound(reading: Reading, state: State, now: datetime) -> None:
    changes, ties = state.repairs(reading.text)
    if changes and (state.open or not _explained(_applied(reading.text, changes), state, now)):
        changes = state.surely(changes, reading.text, reading.sounds.wholes)
    for change in reversed(changes):
        reading.rewriting.replace(change.begin, change.finish, change.after, "pinyin", change.distance)
    if ties and not state.open:
        reading.instead += [tie.after for tie in ties]
        reading.doubts.append("names of one sound")


def _surname(reading: Reading, state: State) -> None:
    """A doctor's given name alone becomes the whole name, which is read back."""
    name = None if state.open else state.with_surname(reading.text)
    if name:
        reading.rewriting.replace(0, len(reading.text), name, "surname", _LOST)


def _applied(text: str, changes: list[Change]) -> str:
    for change in reversed(changes):
        text = text[: change.begin] + change.after + text[change.finish :]
    return text


def _explained(text: str, state: State, now: datetime) -> bool:
    spans = [(match.begin, match.finish) for match in clock.times_in(text, now)]
    if state.kinds & {"number", "choice"}:
        spans += numerals_in(text)
    return state.explains(text, spans)


def _once(reading: Reading, state: State, now: datetime) -> None:
    """明天天 → 明天: a grammar lets words come again; where the text without the repetition is an answer, it is meant."""
    text = reading.text
    reading.answer = state.open or _explained(text, state, now)
    if reading.answer:
        return
    for length in range(_LONGEST_REPEAT, 0, -1):
        for begin in range(len(text) - 2 * length + 1):
            middle, finish = begin + length, begin + 2 * length
            if text[begin:middle] != text[middle:finish]:
                continue
            if _explained(text[:middle] + text[finish:], state, now):
                reading.rewriting.replace(begin, finish, text[begin:middle], "repeat")
                reading.answer = True
                return


def _look_at_names(reading: Reading, state: State) -> None:
    """A doctor who was put right, was heard badly, or shares the sound of the name with another."""
    for begin, finish, name in state.doctors_in(reading.text):
        alike = state.sounds_like(name)
        reading.instead += alike
        if alike:
            reading.doubts.append("names of one sound")
        _doubt(reading, begin, finish)


def _look_at_times(reading: Reading, state: State, now: datetime) -> None:
    """A time that was put right or was heard badly, where one is asked for."""
    if not state.kinds & {"date_time", "choice", "free"}:
        return
    for match in clock.times_in(reading.text, now):
        if match.kind == "date_time":
            _doubt(reading, match.begin, match.finish)


def _doubt(reading: Reading, begin: int, finish: int) -> None:
    source = reading.rewriting.origin(begin, finish)
    if any(
        change.distance > 0 and change.begin < source[1] and source[0] < change.finish
        for change in reading.rewriting.corrections()
    ):
        reading.doubts.append("put right by a confusion")
    if min(reading.sounds.sure[slice(*source)], default=1.0) < SURE:
        reading.weak = True


def _quantity(reading: Reading, state: State) -> None:
    if "number" not in state.kinds:
        return
    found = quantities.quantity(reading.text, state.slot)
    if found:
        reading.rewriting.replace(found.begin, found.finish, found.text, "number")
        reading.answer = True


def _clock(reading: Reading, state: State, now: datetime) -> None:
    if "date_time" not in state.kinds or state.offers:
        # Among times that are shown, what is said is compared with how they are written there.
        return
    matches = clock.times_in(reading.text, now)
    for piece in reversed(clock.written(reading.text, matches, now)):
        reading.rewriting.replace(piece.begin, piece.finish, piece.text, "number")
