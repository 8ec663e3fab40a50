"""The language model: a trigram of the project's own sentences as a backing-off acceptor, everyday words below it.

Interpolated Kneser-Ney: the higher orders discounted, the lower ones counted by contexts, and the unigrams mixed
with the everyday frequency of words that the sentences lack.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

START, END = "<s>", "</s>"
History = tuple[str, ...]
Counts = dict[str, float]


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
    """Counts of weighted sentences, and their probabilities. `everyday`: counts of words in general use."""

    def __init__(
        self,
        sentences: Iterable[tuple[Sequence[str], float]],
        everyday: Mapping[str, float],
        *,
        discount: float = 0.7,
        everyday_share: float = 0.04,
        least: float = 1.5,
    ) -> None:
        self.discount = discount
        three: dict[History, Counts] = defaultdict(lambda: defaultdict(float))
        two: dict[History, Counts] = defaultdict(lambda: defaultdict(float))
        for words, weight in sentences:
            history: History = (START,)
            for word in [*words, END]:
                if len(history) == 2:
                    three[history][word] += weight
                two[history[-1:]][word] += weight
                history = (*history, word)[-2:]
        # Trigrams that occurred once say little more than the bigrams, and are most of the size.
        self.three = {
            history: kept
            for history, counts in three.items()
            if (kept := {word: n for word, n in counts.items() if n >= least})
        }
        self.three_total = {history: sum(three[history].values()) for history in self.three}
        self.two = dict(two)
        contexts = Counter(word for counts in two.values() for word in counts)
        seen, general = sum(contexts.values()), sum(everyday.values())
        self.one = {
            word: (1 - everyday_share) * contexts[word] / seen
            + everyday_share * everyday.get(word, 0.0) / general
            for word in {*contexts, *everyday}
        }

    def bigram(self, history: History, word: str) -> float:
        """P(word | one word before)."""
        counts = self.two.get(history)
        if counts is None:
            return self.one[word]
        return self._higher(counts, sum(counts.values()), word, self.one[word])

    def trigram(self, history: History, word: str) -> float:
        """P(word | two words before)."""
        counts = self.three.get(history)
        lower = self.bigram(history[-1:], word)
        return lower if counts is None else self._higher(counts, self.three_total[history], word, lower)

    def _higher(self, counts: Counts, total: float, word: str, lower: float) -> float:
        return max(counts.get(word, 0.0) - self.discount, 0.0) / total + self.back_off(counts, total) * lower

    def back_off(self, counts: Counts, total: float) -> float:
        """The probability that is left to what these counts do not have."""
        return 1 - sum(max(count - self.discount, 0.0) for count in counts.values()) / total

    def acceptor(self, numbers: Mapping[str, int]) -> str:
        """OpenFst's text form: a state for each history that is worth one; state 0, the sentence's start, is first."""
        states: dict[History, int] = {(START,): 0, (): 1}

        def state(*history: str) -> int:
            known: History = history
            while known and known not in self.three and known not in self.two:
                known = known[1:]
            return states.setdefault(known, len(states))

        lines = []
        for history, counts in [((START,), self.two[(START,)])] + [
            (history, counts) for history, counts in self.two.items() if history != (START,)
        ]:
            start, total = state(*history), sum(counts.values())
            for word in counts:
                lines.append(
                    self._arc(start, word, self.bigram(history, word), state(*history, word), numbers)
                )
            lines.append(f"{start} 1 0 0 {-math.log(self.back_off(counts, total)):.4f}")
        for history, counts in self.three.items():
            start = state(*history)
            for word in counts:
                lines.append(
                    self._arc(start, word, self.trigram(history, word), state(history[1], word), numbers)
                )
            left = self.back_off(counts, self.three_total[history])
            lines.append(f"{start} {state(history[1])} 0 0 {-math.log(left):.4f}")
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
