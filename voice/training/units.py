"""Pinyin syllables → acoustic units: initials, and finals that carry their tone.

A syllable is written as pypinyin does it with a tone digit 1–5 (5 = neutral) and v for ü: `lv4`, `ma5`.
Output 0 of the network is the CTC blank; units are numbered from 1 in the order of the inventory.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache

INITIALS = tuple(
    [
        "zh",
        "ch",
        "sh",
        "b",
        "p",
        "m",
        "f",
        "d",
        "t",
        "n",
        "l",
        "g",
        "k",
        "h",
        "j",
        "q",
        "x",
        "r",
        "z",
        "c",
        "s",
    ]
)
# What is written differently where no initial stands before it.
_BARE = {
    **{"yi": "i", "ya": "ia", "yo": "io", "ye": "ie", "yao": "iao", "you": "iou", "yan": "ian", "yin": "in"},
    **{"yang": "iang", "ying": "ing", "yong": "iong", "yu": "v", "yue": "ve", "yuan": "van", "yun": "vn"},
    **{"wu": "u", "wa": "ua", "wo": "uo", "wai": "uai", "wei": "uei", "wan": "uan", "wen": "uen"},
    **{"wang": "uang", "weng": "ueng", "r": "er", "yai": "ai"},
}
FINALS = frozenset(
    [
        "a",
        "o",
        "e",
        "ai",
        "ei",
        "ao",
        "ou",
        "an",
        "en",
        "ang",
        "eng",
        "ong",
        "er",
        "ia",
        "ie",
        "iao",
        "iou",
        "ian",
        "in",
        "iang",
        "ing",
        "iong",
        "io",
        "i",
        "ii",
        "iz",
        "u",
        "ua",
        "uo",
        "uai",
        "uei",
        "uan",
        "uen",
        "uang",
        "ueng",
        "v",
        "ve",
        "van",
        "vn",
        "ê",
    ]
)
_SHORT = {"iu": "iou", "ui": "uei", "un": "uen"}
_SYLLABLE = re.compile(r"([a-zvê]+)([1-5]?)")
# A tone that training never heard on a final borrows the unit of the first of these that it did hear.
_NEAREST = {"1": "5423", "2": "3514", "3": "2541", "4": "5123", "5": "4123"}

# A final that training hardly heard in any tone, and the one that is nearest to it.
_SIMILAR = {"ueng": "ong", "io": "iou", "ê": "ie"}


@cache
def split(syllable: str) -> tuple[str, str, str] | None:
    """`xiang3` → `("x", "iang", "3")`; None where it is no syllable of Mandarin (m, ng, hng …)."""
    match = _SYLLABLE.fullmatch(syllable.lower().replace("u:", "v").replace("ü", "v"))
    if match is None:
        return None
    letters, tone = match[1], match[2] or "5"
    if letters in _BARE:
        return "", _BARE[letters], tone
    initial = next((i for i in INITIALS if letters.startswith(i)), "")
    final = letters[len(initial) :]
    if initial in ("j", "q", "x") and final.startswith("u"):
        final = "v" + final[1:]
    final = _SHORT.get(final, final)
    if final == "i" and initial in ("zh", "ch", "sh", "r"):
        final = "ii"
    elif final == "i" and initial in ("z", "c", "s"):
        final = "iz"
    return (initial, final, tone) if final in FINALS else None


def names(syllables: Iterable[str]) -> list[str] | None:
    """Unit names of the syllables, or None where one of them is no syllable."""
    found = []
    for syllable in syllables:
        parts = split(syllable)
        if parts is None:
            return None
        initial, final, tone = parts
        found += [initial, final + tone] if initial else [final + tone]
    return found


def third_tones(syllables: Sequence[str]) -> list[str]:
    """Third-tone sandhi: a third tone before a third tone is spoken as a second."""
    following = [*syllables[1:], ""][: len(syllables)]
    return [
        s[:-1] + "2" if s.endswith("3") and after.endswith("3") else s
        for s, after in zip(syllables, following, strict=True)
    ]


class Units:
    """The inventory of one model, in the order of the network's outputs 1…n."""

    def __init__(self, inventory: Iterable[str]) -> None:
        self.inventory = tuple(inventory)
        self.number = {name: place + 1 for place, name in enumerate(self.inventory)}

    @classmethod
    def heard(cls, spoken: Iterable[Sequence[str]], least: int = 30) -> Units:
        """All initials, and the toned finals that `spoken` (lists of syllables) has at least `least` times."""
        counts = Counter(name for syllables in spoken for name in names(syllables) or ())
        return cls([*INITIALS, *sorted(n for n, c in counts.items() if n not in INITIALS and c >= least)])

    @property
    def outputs(self) -> int:
        """The network's outputs: the units and the blank."""
        return len(self.inventory) + 1

    @property
    def pools(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """First output and count of the initials, and of the finals. Raises ValueError where they are not in this
        order. A written model has an output more for each, numbered from `outputs`: the likeliest of them."""
        initials = sum(name in INITIALS for name in self.inventory)
        finals = len(self.inventory) - initials
        if not initials or not finals or not set(self.inventory[:initials]) <= set(INITIALS):
            raise ValueError("initials come first, then finals")
        return (1, initials), (1 + initials, finals)

    @property
    def written(self) -> int:
        """Outputs of a written model: the network's, and one for each pool."""
        return self.outputs + len(self.pools)

    def numbers(self, syllables: Iterable[str]) -> list[int] | None:
        """Output numbers; None where a syllable cannot be said with this inventory, in whatever tone."""
        found = []
        for name in names(syllables) or [""]:
            ways = [name, _SIMILAR.get(name[:-1], "") + name[-1:]] if name else []
            known = (self.number.get(other) for way in ways for other in [way, *_tied(way)])
            number = next((one for one in known if one), None)
            if number is None:
                return None
            found.append(number)
        return found


def _tied(name: str) -> list[str]:
    """The same final in the tones that are nearest, where the name has a tone."""
    return [name[:-1] + tone for tone in _NEAREST.get(name[-1:], "")]
