"""What ails a person, as they say it: the words of nlu_data/knowledge/triage.yml and of the hospital's vocabulary.

Only whether a sentence tells of a complaint, and in which words; to which department it leads is the actions' affair,
and whether it is an emergency that of `bot.nlu.red_flags`, which is always asked first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from chinese.text import normalise

GAP = 6
_PIECE = re.compile(r"(\{[^{}]+\}|…)")
_DENIED = re.compile(
    r"(?:没有?|不|无|未|否认|并不|不太|也没)(?:有|什么|任何|出现|感到|感觉|觉得|怎么|太|再)*$"
)
# 牙不疼了, 咳嗽好了: over.
_OVER = re.compile(
    r"^(?:已经|都|早就|也|现在)*(?:好了|没了|好多了|没事|[不没](?:再)?(?:疼|痛|肿|痒|晕|难受|咳|烧|吐|拉))"
)
_OVER_WITHIN = re.compile(r"(?:不|没有?|不太|不怎么|没怎么)(?:再)?(?:疼|痛|肿|胀|酸|难受)")
# What is always said of a body that is not well; other words of the file (牙, 月经) may be said of much else.
_AILING = ("疼", "肿")


class ComplaintsError(Exception):
    """The file of complaints cannot be used; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """`text` are the words of the sentence; `sure` where they can mean nothing else (头疼), not where they may (牙)."""

    text: str
    sure: bool


class Complaints:
    """Compiled from the file's content; `find` on a sentence."""

    def __init__(self, table: Mapping[str, Any], source: str = "triage.yml") -> None:
        try:
            words = {name: longest_first(found) for name, found in table["words"].items()}
            patterns = [str(p) for finding in table["findings"] for p in finding["patterns"]]
            self._any = re.compile("|".join(expression(p, words, source) for p in patterns))
            ailing = [word for name in _AILING for word in words.get(name, ())]
        except (KeyError, TypeError, AttributeError) as error:
            raise ComplaintsError(f"{source}：缺少 {error}") from error
        self._ailing = re.compile("|".join(map(re.escape, ailing)) or "(?!)")

    def find(self, sentence: str, symptoms: Iterable[str] = ()) -> Complaint | None:
        """The complaint that the sentence affirms. `symptoms`: the words in it that the vocabulary calls symptoms."""
        text = normalise(sentence).replace(" ", "")
        for word in symptoms:
            at = text.find(normalise(word).replace(" ", ""))
            if at >= 0 and not _denied(text, at, at + len(word)):
                return Complaint(word, True)
        found = [hit for hit in self._any.finditer(text) if not _denied(text, hit.start(), hit.end())]
        sure = next((hit for hit in found if self._ailing.search(hit.group())), None)
        hit = sure or next(iter(found), None)
        return Complaint(hit.group(), sure is not None) if hit else None


def _denied(text: str, start: int, end: int) -> bool:
    return bool(
        _DENIED.search(text[max(0, start - 8) : start])
        or _OVER.match(text[end:])
        or _OVER_WITHIN.search(text[start:end])
    )


def longest_first(words: Iterable[Any]) -> list[str]:
    """For an alternation: 头部 before 头."""
    return sorted(map(str, words), key=len, reverse=True)


def expression(pattern: str, words: Mapping[str, Sequence[str]], where: str) -> str:
    """The regular expression of a pattern of the file: {word group}, … for a gap within the sentence. Raises
    ComplaintsError for a group that the file does not have."""
    pieces = []
    for piece in _PIECE.split(pattern):
        if piece == "…":
            pieces.append(f"[^，。；！？,;!?\\n]{{0,{GAP}}}?")
        elif piece.startswith("{"):
            if piece[1:-1] not in words:
                raise ComplaintsError(f"导诊资料 {where}：没有词组 {piece}")
            pieces.append("(?:" + "|".join(map(re.escape, words[piece[1:-1]])) + ")")
        else:
            pieces.append(re.escape(piece))
    return "".join(pieces)


def load(path: Path) -> Complaints:
    """The complaints of a file. Raises ComplaintsError."""
    try:
        table = yaml.load(
            path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        )
    except (OSError, yaml.YAMLError) as error:
        raise ComplaintsError(f"导诊资料 {path} 读不了：{error}") from error
    return Complaints(table, path.name)
