"""Words → HCLr: a graph from transition ids to words, a prefix tree whose last units are shared by all words.

A word is put out where its last unit begins; what follows (the unit's own frames, blanks, the way back) is the
same for every word that ends in this unit. That makes the graph a third of a plain tree's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from voice.training.kaldi import SILENCE, phone, transitions
from voice.training.units import Units

UNKNOWN = "[unk]"


@dataclass(frozen=True)
class Costs:
    """Costs in natural logarithms. `unknown_unit`, `unknown_word`: what [unk] pays, for each unit and once. `nothing`:
    that no word was said; a grammar's own bigram holds it for hundreds of times likelier than any of its words."""

    nothing: float = 5.0
    silence: float = 0.7
    blank: float = 0.03
    other_reading: float = 0.5
    unknown_unit: float = 2.5
    unknown_word: float = 0.0


class Lexicon:
    """The graph in OpenFst's text form: `text`. The first state is the start; `between` is where every word ends."""

    def __init__(
        self,
        words: Mapping[str, int],
        readings: Mapping[str, Sequence[Sequence[int]]],
        units: Units,
        costs: Costs,
    ) -> None:
        self.units, self.costs, self.states = units, costs, 0
        self.lines: list[str] = []
        self.transition = transitions(units.written)
        self.tree: dict[tuple[int, int], int] = {}
        self.tails: dict[int, tuple[int, int]] = {}
        start, self.between, self.root = self._state(), self._state(), self._state()
        self._pause(start, costs.nothing)
        self._pause(self.between, 0.0)
        for word, number in words.items():
            for place, said in enumerate(readings.get(word, ())):
                self._word(number, said, costs.other_reading if place else 0.0)
        self._unknown(words[UNKNOWN])

    @property
    def text(self) -> str:
        return "\n".join(self.lines) + "\n"

    def _state(self) -> int:
        self.states += 1
        return self.states - 1

    def _arc(self, start: int, end: int, transition: int, word: int = 0, cost: float = 0.0) -> None:
        self.lines.append(f"{start} {end} {transition} {word} {cost:.4f}")

    def _pause(self, start: int, end_cost: float) -> None:
        """From `start` to the next word, with silence or without. Both are final: without silence's own state an
        utterance that ends in silence has no complete path."""
        silence = self._state()
        self._arc(start, self.root, 0, 0, self.costs.silence)
        self._arc(start, silence, self.transition[SILENCE, 0, 1], 0, self.costs.silence)
        self._arc(silence, silence, self.transition[SILENCE, 0, 0])
        self._arc(silence, self.root, 0)
        self.lines += [f"{start} {end_cost:.4f}", f"{silence} {end_cost:.4f}"]

    def _unit(self, number: int, end: int) -> tuple[int, int]:
        """The frames of a phone: states to enter where blanks follow, and where none does; both lead to `end`."""
        before_blank, blank, direct = self._state(), self._state(), self._state()
        loop = self.transition[number, 0, 0]
        self._arc(before_blank, before_blank, loop)
        self._arc(before_blank, blank, self.transition[number, 1, 2], 0, self.costs.blank)
        self._arc(blank, blank, self.transition[number, 1, 1], 0, self.costs.blank)
        self._arc(direct, direct, loop)
        self._arc(blank, end, 0)
        self._arc(direct, end, 0)
        return before_blank, direct

    def _enter(
        self, start: int, number: int, states: tuple[int, int], word: int = 0, cost: float = 0.0
    ) -> None:
        self._arc(start, states[0], self.transition[number, 0, 1], word, cost)
        self._arc(start, states[1], self.transition[number, 0, 2], word, cost)

    def _tail(self, number: int) -> tuple[int, int]:
        if number not in self.tails:
            self.tails[number] = self._unit(number, self.between)
        return self.tails[number]

    def _word(self, word: int, said: Sequence[int], cost: float) -> None:
        node = self.root
        for place, unit in enumerate(said[:-1]):
            number = phone(unit, "internal" if place else "begin")
            if (node, number) not in self.tree:
                following = self.tree[node, number] = self._state()
                self._enter(node, number, self._unit(number, following))
            node = self.tree[node, number]
        last = phone(said[-1], "end" if len(said) > 1 else "singleton")
        self._enter(node, last, self._tail(last), word, cost)

    def _unknown(self, word: int) -> None:
        """[unk]: any syllables in a row, each unit at a cost, so that a grammar can refuse what it does not hold.

        Its units are the pools, “an initial” and “a final”. With the units themselves it would have 1,500 states,
        which every recogniser composes with its grammar anew: more than half of its memory.
        """
        initial, final = self.units.outputs, self.units.outputs + 1
        cost, once = self.costs.unknown_unit, self.costs.unknown_word
        said, begun = self._state(), self._state()  # after a final, after an initial
        self._any(initial, "begin", [self.root], begun, cost + once)
        self._any(final, "begin", [self.root], said, cost + once)
        self._any(initial, "internal", [said], begun, cost)
        self._any(final, "internal", [begun, said], said, cost)
        last, alone = phone(final, "end"), phone(final, "singleton")
        for start in (begun, said):
            self._enter(start, last, self._tail(last), word, cost)
        self._enter(self.root, alone, self._tail(alone), word, cost + once)

    def _any(self, pool: int, place: str, starts: Iterable[int], end: int, cost: float) -> None:
        number = phone(pool, place)
        states = self._unit(number, end)
        for start in starts:
            self._enter(start, number, states, 0, cost)
