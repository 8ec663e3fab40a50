"""Normalisation of what people type, paste or say, before any other module looks at it.

`fold` changes characters one for one, so that offsets stay true; `normalise` also removes what carries
no meaning (tags, control and zero-width characters, repeated blanks); `normalise_mapped` does the same
and keeps, for each character that is left, its place in the original.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from chinese.traditional import TO_SIMPLIFIED

_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
# Blanks of every kind, and characters that print nothing, become one plain space in `fold`.
_BLANK = [0x3000, 0x00A0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, *range(0x2000, 0x200B)]
_INVISIBLE = [
    *range(0x00, 0x20),
    *range(0x7F, 0xA0),
    0x00AD,
    0x061C,
    *range(0x200B, 0x2010),
    *range(0x202A, 0x202F),
    *range(0x2060, 0x2070),
    *range(0xFE00, 0xFE10),
    0xFEFF,
]
_DASHES = {ord(char): "-" for char in "‐‑‒−﹣"}
_FOLD: dict[int, int | str] = {
    **_WIDE,
    **_DASHES,
    **{ord(old): new for old, new in TO_SIMPLIFIED.items()},
    **dict.fromkeys(_BLANK, " "),
    **dict.fromkeys(_INVISIBLE, " "),
}
_FOLD_KEEPING_SCRIPT = {code: new for code, new in _FOLD.items() if chr(code) not in TO_SIMPLIFIED}
_STRIP = frozenset(map(chr, _INVISIBLE)) - set("\t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x85")

_TAG = re.compile(r"<(?:/?[a-zA-Z][^<>]{0,500}|!--.{0,2000}?--)>", re.DOTALL)
_EMOJI = re.compile(
    "[\U0001f000-\U0001faff\U00002600-\U000027bf\U00002b00-\U00002bff\U0001f1e6-\U0001f1ff"
    "\u20e3\u231a\u231b\u23e9-\u23f3\u23f8-\u23fa\u25aa\u25ab\u25b6\u25c0\u25fb-\u25fe\u3030\u303d\u3297\u3299]"
)
# WeChat writes its own faces as words in brackets: [微笑], [捂脸].
_WECHAT_FACE = re.compile(r"\[[\u4e00-\u9fff]{1,4}\]")


@dataclass(frozen=True, slots=True)
class Normalised:
    """`text` after normalisation; `offsets[i]` is where its i-th character stood in the original."""

    text: str
    offsets: tuple[int, ...]
    original: str

    def original_span(self, begin: int, finish: int) -> tuple[int, int]:
        """Offsets in the original of `text[begin:finish]`; an empty span maps to an empty span."""
        if begin >= finish:
            place = self.offsets[begin] if begin < len(self.offsets) else len(self.original)
            return place, place
        return self.offsets[begin], self.offsets[finish - 1] + 1


def fold(text: str, *, simplify: bool = True) -> str:
    """Full-width to half-width, traditional to simplified, blanks to spaces: always the same length."""
    return text.translate(_FOLD if simplify else _FOLD_KEEPING_SCRIPT)


def normalise(text: str, *, emoji: bool = False, simplify: bool = True) -> str:
    """The text without tags, control and zero-width characters and repeated blanks.

    `emoji=True` removes emoji and WeChat's bracketed faces too; `simplify=False` keeps traditional script.
    """
    return normalise_mapped(text, emoji=emoji, simplify=simplify).text


def normalise_mapped(text: str, *, emoji: bool = False, simplify: bool = True) -> Normalised:
    """As `normalise`, with the place of every remaining character in the original."""
    dropped = _dropped(text, emoji)
    folded = fold(text, simplify=simplify)
    kept: list[str] = []
    offsets: list[int] = []
    for place, char in enumerate(folded):
        if place in dropped or text[place] in _STRIP:
            continue
        if char == " " and (not kept or kept[-1] == " "):
            continue
        kept.append(char)
        offsets.append(place)
    if kept and kept[-1] == " ":
        kept.pop()
        offsets.pop()
    return Normalised("".join(kept), tuple(offsets), text)


def _dropped(text: str, emoji: bool) -> set[int]:
    patterns = [_TAG, _EMOJI, _WECHAT_FACE] if emoji else [_TAG]
    return {place for pattern in patterns for hit in pattern.finditer(text) for place in range(*hit.span())}


@lru_cache(maxsize=1)
def _traditional() -> frozenset[str]:
    return frozenset(TO_SIMPLIFIED)


def is_traditional(text: str) -> bool:
    """Whether the text holds a character of the traditional table."""
    return not _traditional().isdisjoint(text)
