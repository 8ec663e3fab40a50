"""Words of a sentence: jieba with the hospital's vocabulary in a private dictionary, numbers and letters apart."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass

import jieba

# jieba announces its dictionary at INFO on its own handler.
jieba.setLogLevel(logging.WARNING)

_PIECE = re.compile(r"[0-9]+(?:\.[0-9]+)?|[A-Za-z]+|[\u3400-\u9fff]+|[^\s]")
_HAN = re.compile(r"[\u3400-\u9fff]")
# Units that belong to a number's reading, not to the word after it.
_NUMBER_HAN = re.compile(r"([零〇一二两三四五六七八九十百千]+)(?=[点号月日周天个位时分刻])")


@dataclass(frozen=True, slots=True)
class Word:
    """A word with its place in the sentence: `text == sentence[start:end]`."""

    text: str
    start: int
    end: int


class Splitter:
    """Splits a sentence into words. Its dictionary is its own: nothing is changed for other users of jieba."""

    def __init__(self, vocabulary: Iterable[str] = ()) -> None:
        self._jieba = jieba.Tokenizer()
        self._vocabulary = sorted({word for word in vocabulary if len(word) > 1})
        self._ready = False

    def words(self, sentence: str) -> list[Word]:
        """The words in order; blanks belong to none. The first call loads the dictionary (about half a second)."""
        if not self._ready:
            self._prepare()
        found: list[Word] = []
        for piece in _PIECE.finditer(sentence):
            if not _HAN.match(piece.group()):
                found.append(Word(piece.group(), piece.start(), piece.end()))
                continue
            at = piece.start()
            for run in self._runs(piece.group()):
                found.append(Word(run, at, at + len(run)))
                at += len(run)
        return found

    def _runs(self, han: str) -> Iterable[str]:
        at = 0
        for number in _NUMBER_HAN.finditer(han):
            if number.start() > at:
                yield from self._jieba.cut(han[at : number.start()], HMM=False)
            yield number.group()
            at = number.end()
        if at < len(han):
            yield from self._jieba.cut(han[at:], HMM=False)

    def _prepare(self) -> None:
        self._jieba.initialize()
        for word in self._vocabulary:
            self._jieba.add_word(word, freq=20000)
        self._ready = True
