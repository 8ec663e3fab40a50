"""The language model: a trigram of the project's own sentences as a backing-off acceptor, everyday words below it.

Witten and Bell's interpolation: the more different words followed a history, the more it leaves to the words that
did not. The unigrams count contexts, and are mixed with the everyday frequency of words that the sentences lack.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

START, END = "<s>", "</s>"
History = tuple[str, ...]
Counts = dict[str, float]


def _left(counts: Counts, doubt: float) -> float:
    """The share of words that a history has not seen."""
    total = sum(counts.values())
    unseen = doubt * min(float(len(counts)), total)
    return unseen / (total + unseen)


class Segmenter:
    """Text → words of the vocabulary, the likeliest way by their counts; characters where nothing longer fits."""

    def __init__(self, counts: Mapping[str, float]) -> None:
        total = sum(counts.values())
        self.cost = {word: math.log(total / count) for word, count in counts.items() if count > 0}
        self.longest = max(map(len, self.cost))

    def split(self, text: str) -> list[str]:
        """Words in their order; empty where a character is in no word."""
        best: list[tuple[float, int]] = [(0.0, 0)]
        for end in range(1, len(text) + 1):
            choices = [
                (best[start][0] + self.cost[text[start:end]], start)
                for start in range(max(0, end - self.longest), end)
                if text[start:end] in self.cost and best[start][0] < math.inf
            ]
            best.append(min(choices, default=(math.inf, 0)))
        if best[-1][0] == math.inf:
            return []
        words, end = [], len(text)
        while end:
            start = best[end][1]
            words.append(text[start:end])
            end = start
        return words[::-1]


class Trigram:
    """Counts of weighted sentences, and their probabilities. `everyday`: counts of words in general use.

    `doubt` and `doubt_three` times the number of different followers is what a history gives to the words that
    it has not seen. `least`: rarer trigrams are left to the bigrams; they say little and are most of the size.
    """

    def __init__(
        self,
        sentences: Iterable[tuple[Sequence[str], float]],
        everyday: Mapping[str, float],
        *,
        doubt: float = 3.0,
        doubt_three: float = 6.0,
        everyday_share: float = 0.1,
        least: float = 0.0,
    ) -> None:
        three: dict[History, Counts] = defaultdict(lambda: defaultdict(float))
        two: dict[History, Counts] = defaultdict(lambda: defaultdict(float))
        for words, weight in sentences:
            history: History = (START,)
            for word in [*words, END]:
                if len(history) == 2:
                    three[history][word] += weight
                two[history[-1:]][word] += weight
                history = (*history, word)[-2:]
        kept = {
            history: {word: count for word, count in counts.items() if count >= least}
            for history, counts in three.items()
        }
        self.three: dict[History, Counts] = {history: counts for history, counts in kept.items() if counts}
        self.two: dict[History, Counts] = dict(two)
        self.total = {history: sum(counts.values()) for history, counts in {**self.two, **self.three}.items()}
        self.left = {history: _left(counts, doubt) for history, counts in self.two.items()}
        self.left |= {history: _left(counts, doubt_three) for history, counts in self.three.items()}
        # In how many contexts a word was seen says better than how often what it does in a new one.
        contexts: Counts = defaultdict(float)
        for counts in two.values():
            for word, count in counts.items():
                contexts[word] += min(count, 1.0)
        seen, general = sum(contexts.values()), sum(everyday.values())
        self.one = {
            word: (1 - everyday_share) * contexts.get(word, 0.0) / seen
            + everyday_share * everyday.get(word, 0.0) / general
            for word in {**contexts, **everyday}
        }

    def chance(self, history: History, word: str) -> float:
        """P(word | up to two words before)."""
        if not history:
            return self.one[word]
        lower = self.chance(history[1:], word)
        counts = (self.three if len(history) == 2 else self.two).get(history)
        if counts is None:
            return lower
        left = self.left[history]
        return (1 - left) * counts.get(word, 0.0) / self.total[history] + left * lower

    def acceptor(self, numbers: Mapping[str, int]) -> str:
        """OpenFst's text form: a state for each history that is worth one; state 0, the sentence's start, is first."""
        states: dict[History, int] = {(START,): 0, (): 1}

        def state(*history: str) -> int:
            known: History = history
            while known and known not in self.three and known not in self.two:
                known = known[1:]
            return states.setdefault(known, len(states))

        lines = []
        first: dict[History, Counts] = {
            (START,): self.two[(START,)]
        }  # OpenFst starts in the first state that it reads of
        for history, counts in {**first, **self.two, **self.three}.items():
            start = state(*history)
            for word in counts:
                end = state(*(*history, word)[-2:])
                lines.append(self._arc(start, word, self.chance(history, word), end, numbers))
            lines.append(f"{start} {state(*history[1:])} 0 0 {-math.log(self.left[history]):.4f}")
        lines += [
            self._arc(1, word, chance, state(word), numbers)
            for word, chance in self.one.items()
            if chance > 0
        ]
        return "\n".join(lines) + "\n"

    def _arc(self, start: int, word: str, chance: float, end: int, numbers: Mapping[str, int]) -> str:
        if word == END:
            return f"{start} {-math.log(chance):.4f}"
        return f"{start} {end} {numbers[word]} {numbers[word]} {-math.log(chance):.4f}"
