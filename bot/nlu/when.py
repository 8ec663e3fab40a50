"""Whether what a sentence tells is happening, or is past, of somebody in the news, or a question of knowledge.

Works clause by clause: 去年脑出血，现在想复查 tells of the past, 去年脑出血，现在说话不清 of the present.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

_BREAK = re.compile(r"[，。；！？,;!?\n]")
# 晕倒过 is experience; 晕过去, 喘不过来 are not.
_EXPERIENCED = re.compile(r"^了?[^，。！？,]{0,2}过(?![去来不敏会程后])")
# 三个月了, 两周前: an onset that long ago. 三周岁 is an age.
_LONG_AGO = re.compile(
    r"(?:[一二两三四五六七八九十几半多\d]+)(?:个?多?月|个?多?星期|个?多?礼拜|周|年)(?:多|来|半)?(?!大|岁|末)"
)
_AFTER = re.compile(r"^[^，。！？,]{0,2}(?:后遗症|病史|史|术后|康复|恢复期|以后|之后|后)")


@dataclass(frozen=True)
class When:
    """The markers of time, by kind, as regular expressions.

    present: it is now. again: the old trouble is back (speaks for the whole sentence). sudden: 突然. past: long ago.
    recent: some days ago, over only where `over` says so. over: examined, treated, asked to be checked again.
    well: all right now. request: an ordinary wish. known: already diagnosed. knowledge, story: not a patient's case.
    family: whose case it is.
    """

    KINDS: ClassVar[tuple[str, ...]] = (
        "present",
        "again",
        "sudden",
        "past",
        "recent",
        "over",
        "well",
        "request",
        "known",
        "knowledge",
        "story",
        "family",
    )
    markers: Mapping[str, re.Pattern[str]]

    def told(self, text: str) -> Told:
        """The clauses of a sentence and what it says of time as a whole."""
        cuts = {0, len(text)}
        cuts |= {hit.end() for hit in _BREAK.finditer(text)}
        cuts |= {hit.start() for hit in self.markers["present"].finditer(text)}
        places = sorted(cuts)
        return Told(text, tuple(zip(places, places[1:], strict=False)), self.markers)


@dataclass(frozen=True)
class Told:
    """One sentence; `is_over` answers for a place in it."""

    text: str
    clauses: tuple[tuple[int, int], ...]
    markers: Mapping[str, re.Pattern[str]]

    def is_over(self, hit: re.Match[str], settled: bool) -> bool:
        """Whether the words found are about the past, about knowledge or a story, and no emergency now.

        `settled`: of this kind even what began weeks ago, or is diagnosed already, is no emergency.
        """
        if self._has("again"):
            return False
        first = next(i for i, (_, end) in enumerate(self.clauses) if hit.start() < end)
        last = next(i for i, (_, end) in enumerate(self.clauses) if hit.end() <= end)
        own = self.text[self.clauses[first][0] : self.clauses[last][1]]
        return (
            self._is_past(hit, first, last, own)
            or self._is_elsewhere(own)
            or (settled and self._is_settled(own))
        )

    def _is_past(self, hit: re.Match[str], first: int, last: int, own: str) -> bool:
        begin = self.clauses[first][0]
        before, after = self.text[begin : hit.start()], self.text[hit.end() :]
        if _last(self.markers["past"], before) > _last(self.markers["present"], before):
            return True
        if self._has("present", own):
            return False
        if self._has("past", own) or (_AFTER.match(after) and self._has("over")):
            return True
        finished = self._has("over") or self._has("well")
        if _EXPERIENCED.match(after) and (finished or self._has("request")):
            return True
        told_before = self.text[:begin] + own
        if any(self._has("present", self.text[a:b]) for a, b in self.clauses[: first + 1]):
            return False
        if self._has("past", told_before) and finished:
            return True
        return self._has("recent", told_before) and self._has("over")

    def _is_elsewhere(self, own: str) -> bool:
        now = self._has("present", own) or self._has("sudden", own)
        if self._has("story") and not (now and self._has("family", own)):
            return True
        if not self._has("knowledge"):
            return False
        if self._has("knowledge", own):
            return not self._has("present", own)
        return not now and not self._has("family", own)

    def _is_settled(self, own: str) -> bool:
        if self._has("present", own):
            return False
        return bool(_LONG_AGO.search(self.text)) or self._has("known")

    def _has(self, kind: str, text: str | None = None) -> bool:
        return bool(self.markers[kind].search(self.text if text is None else text))


def _last(pattern: re.Pattern[str], text: str) -> int:
    return max((hit.end() for hit in pattern.finditer(text)), default=-1)
