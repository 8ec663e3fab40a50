"""Chinese text → syllables, by pypinyin's dictionaries: the usual reading with sandhi, and the other readings of a word."""

from __future__ import annotations

import re

from pypinyin import Style, lazy_pinyin, pinyin

from voice.training.units import third_tones

_HUMMED = re.compile(r"^(?:n|ng|hng|m|hm)([1-5]?)$")
_HAN = re.compile(r"[\u3400-\u9fff]+")
# Read otherwise at the front desk than the dictionary says.
_SAID = {
    "挂号": "gua4 hao4",
    "号": "hao4",
    "大夫": "dai4 fu5",
    "幺": "yao1",
    "便血": "bian4 xie3",
    "便潜血": "bian4 qian2 xue4",
}
_CHANGING = {
    "一": ("yi1", "yi2", "yi4"),
    "不": ("bu4", "bu2"),
    "谁": ("shei2", "shui2"),
    "血": ("xue4", "xie3"),
}


def citation(text: str) -> list[str]:
    """Syllables as the dictionary has them, no sandhi; empty where the text is not all Chinese characters."""
    return _read(text, sandhi=False)


def spoken(text: str) -> list[str]:
    """Syllables as they are spoken: 一 and 不 change before the next tone, and so do third tones."""
    return third_tones(_read(text, sandhi=True))


def readings(word: str) -> list[list[str]]:
    """The ways in which a word is said within a sentence, the usual one first.

    Among them: before a third tone of the next word, and for one character all its readings.
    """
    found = [spoken(word), third_tones(citation(word))]
    if len(word) == 1:
        single = pinyin(word, style=Style.TONE3, heteronym=True, neutral_tone_with_five=True, v_to_u=False)
        found += [[_plain(one)] for one in single[0]][:3]
        found += [[one] for one in _CHANGING.get(word, ())]
    found += [third_tones([*one, "x3"])[:-1] for one in found if one]
    distinct = dict.fromkeys(tuple(one) for one in found if len(one) == len(word))
    return [list(one) for one in distinct]


def _read(text: str, *, sandhi: bool) -> list[str]:
    if not _HAN.fullmatch(text):
        return []
    if text in _SAID:
        return _SAID[text].split()
    found = lazy_pinyin(
        text,
        style=Style.TONE3,
        neutral_tone_with_five=True,
        tone_sandhi=sandhi,
        v_to_u=False,
        errors="ignore",
    )
    return [_plain(one) for one in found] if len(found) == len(text) else []


def _plain(syllable: str) -> str:
    """嗯 has no vowel in the dictionary (n2, ng4); it is said as en."""
    return _HUMMED.sub(r"en\1", syllable.replace("u:", "v").replace("ü", "v"))
