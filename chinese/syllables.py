"""Syllables of Chinese characters, and how alike two words sound.

The readings of characters come from the library pypinyin, which is imported on first use; the rest of
`chinese` does without it. A confusion that speakers and recognisers usually make (zh/z, n/l, ang/an) costs
0.25, any other difference 1.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from chinese.names import SURNAMES

CONFUSION = 0.25
_FEWEST_WORDS = 3
_INITIALS = ("zh", "ch", "sh", *"bpmfdtnlgkhjqxrzcs")
_CONFUSED_INITIALS = ("zh z", "ch c", "sh s", "n l", "f h", "l r")
_CONFUSED_FINALS = ("ang an", "iang ian", "uang uan", "eng en", "ing in", "ong eng", "uo o", "ie ian")
_SPELLED_OUT = {
    **{
        "yi": "i",
        "yin": "in",
        "ying": "ing",
        "yu": "v",
        "yuan": "van",
        "yue": "ve",
        "yun": "vn",
        "you": "iu",
    },
    **{"wu": "u", "wei": "ui", "wen": "un", "weng": "ueng", "yo": "o"},
}


class Syllable(NamedTuple):
    """A syllable without its tone; `initial` is empty where there is none."""

    initial: str
    final: str


def split_syllable(spelled: str) -> Syllable:
    """zhuang → (zh, uang), yan → ("", ian), ju → (j, v)."""
    spelled = spelled.replace("ü", "v")
    if spelled in _SPELLED_OUT:
        return Syllable("", _SPELLED_OUT[spelled])
    if spelled[:1] == "y":
        return Syllable("", "i" + spelled[1:])
    if spelled[:1] == "w":
        return Syllable("", "u" + spelled[1:])
    initial = next((known for known in _INITIALS if spelled.startswith(known)), "")
    final = spelled[len(initial) :]
    if initial in ("j", "q", "x") and final.startswith("u"):
        final = "v" + final[1:]
    return Syllable(initial, final)


@lru_cache(maxsize=8192)
def readings(char: str) -> tuple[Syllable, ...]:
    """The readings of a character without tones, the most usual first; those that hardly any word has (li for 位, yao
    for 约) are left out. Empty for what is no Chinese character."""
    every = all_readings(char)
    if len(every) < 2:
        return every
    counts = _readings_in_words()
    return tuple(each for each in every if each is every[0] or counts.get((char, each), 0) >= _FEWEST_WORDS)


@lru_cache(maxsize=8192)
def all_readings(char: str) -> tuple[Syllable, ...]:
    """Also the rare readings: a surname has its own (单, 仇)."""
    if not "\u3400" <= char <= "\u9fff":
        return ()
    from pypinyin import Style, pinyin

    spelled = pinyin(char, style=Style.NORMAL, heteronym=True)[0]
    return tuple(dict.fromkeys(split_syllable(each) for each in spelled if each.isascii() or "ü" in each))


@lru_cache(maxsize=1)
def _readings_in_words() -> dict[tuple[str, Syllable], int]:
    """In how many words of pypinyin's dictionary a character is read so."""
    from pypinyin.constants import PHRASES_DICT
    from pypinyin.contrib.tone_convert import to_normal

    toned = Counter(
        (char, spelled[0])
        for word, found in PHRASES_DICT.items()
        if len(word) == len(found)
        for char, spelled in zip(word, found, strict=True)
    )
    plain = {spelled: split_syllable(to_normal(spelled)) for _, spelled in toned}
    counts: dict[tuple[str, Syllable], int] = defaultdict(int)
    for (char, spelled), count in toned.items():
        counts[char, plain[spelled]] += count
    return counts


@lru_cache(maxsize=16384)
def name_readings(name: str) -> tuple[tuple[Syllable, ...], ...]:
    """How each character of a name is read: as its words have it (便血: bian xie), and as the character is mostly read;
    of a surname all readings."""
    from pypinyin import lazy_pinyin

    alone = tuple(readings(char) for char in name)
    said = lazy_pinyin(name)
    if not name or not all(alone) or len(said) != len(name):
        return alone
    found = [
        tuple(dict.fromkeys((split_syllable(spelled), each[0])))
        for spelled, each in zip(said, alone, strict=True)
    ]
    return (all_readings(name[0]) if name[0] in SURNAMES else found[0], *found[1:])


def syllables(text: str) -> list[Syllable | None]:
    """The most usual reading of each character; None for what is no Chinese character."""
    return [found[0] if (found := readings(char)) else None for char in text]


def _pairs(groups: Iterable[str]) -> frozenset[tuple[str, str]]:
    return frozenset(pair for group in groups for a, b in [group.split()] for pair in ((a, b), (b, a)))


_NEAR_INITIALS, _NEAR_FINALS = _pairs(_CONFUSED_INITIALS), _pairs(_CONFUSED_FINALS)


@lru_cache(maxsize=65536)
def syllable_distance(a: Syllable, b: Syllable) -> float:
    """0 for the same sound, 0.25 for each usual confusion, 1 for each other difference of initial and final."""
    return _cost(a.initial, b.initial, _NEAR_INITIALS) + _cost(a.final, b.final, _NEAR_FINALS)


def _cost(a: str, b: str, near: frozenset[tuple[str, str]]) -> float:
    return 0.0 if a == b else CONFUSION if (a, b) in near else 1.0


def char_distance(a: Sequence[Syllable], b: Sequence[Syllable]) -> float:
    """The least distance among the readings of two characters."""
    return min(syllable_distance(x, y) for x in a for y in b)


def distance(a: str, b: str) -> float:
    """Weighted edit distance of two words in sound, the best reading of each character taken.

    A syllable more or less costs 1 for its final and 1 for its initial. A character that has no reading
    differs by 2 from every other but itself.
    """
    return edit_distance(a, b, [readings(char) for char in a], [readings(char) for char in b])


def edit_distance(
    a: str, b: str, left: Sequence[Sequence[Syllable]], right: Sequence[Sequence[Syllable]]
) -> float:
    """Weighted edit distance of two words whose readings are given."""
    row = [0.0]
    for found in right:
        row.append(row[-1] + _gap(found))
    for i, found in enumerate(left, 1):
        previous, row = row, [row[0] + _gap(found)]
        for j, other in enumerate(right, 1):
            same = a[i - 1] == b[j - 1]
            change = 0.0 if same else char_distance(found, other) if found and other else 2.0
            row.append(min(previous[j - 1] + change, previous[j] + _gap(found), row[j - 1] + _gap(other)))
    return row[-1]


def _gap(found: Sequence[Syllable]) -> float:
    return 2.0 if not found or found[0].initial else 1.0


def _class_table(groups: Iterable[str]) -> dict[str, str]:
    """Sounds that are confused, however indirectly, under one name."""
    classes: dict[str, str] = {}
    for group in groups:
        a, b = group.split()
        old, new = classes.get(b, b), classes.get(a, a)
        classes = {sound: new if known == old else known for sound, known in classes.items()} | {
            a: new,
            b: new,
        }
    return classes


_INITIAL_CLASS, _FINAL_CLASS = _class_table(_CONFUSED_INITIALS), _class_table(_CONFUSED_FINALS)


@lru_cache(maxsize=65536)
def class_of(syllable: Syllable) -> Syllable:
    """The syllable with all confusions levelled: equal for sounds that may be taken for each other."""
    initial, final = syllable
    return Syllable(_INITIAL_CLASS.get(initial, initial), _FINAL_CLASS.get(final, final))
