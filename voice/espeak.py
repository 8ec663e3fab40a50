"""What espeak-ng 1.52 cannot read: j, q and x before iong. It says 胸, 兄 or 穷 as an English word, as characters and as
pinyin alike; written as its own phonemes they are said right.
"""

import re

UTF8, PHONEMES = 1, 0x100
FLAGS = UTF8 | PHONEMES
"""For espeak_Synth: the text is UTF-8, and [[…]] holds phonemes."""

_CHARACTERS = {
    "xiong1": "胸凶兄匈汹芎",
    "xiong2": "雄熊",
    "qiong1": "銎",
    "qiong2": "穷琼穹茕邛蛩筇跫",
    "jiong1": "扃冂",
    "jiong3": "窘炯迥",
}
_INITIALS = {"j": "tS;", "q": "tS;h", "x": "S;"}
_TONES = {"1": "55", "2": "35", "3": "214", "4": "51", "5": "11"}
_SYLLABLE = re.compile(r"([jqx])iong([1-5])")
_READINGS = {character: syllable for syllable, row in _CHARACTERS.items() for character in row}


def characters(text: str) -> str:
    """Chinese text as the voice `cmn` reads all of it; brackets of the text itself are left out."""
    plain = text.replace("[", " ").replace("]", " ")
    return "".join(syllable(_READINGS[c]) if c in _READINGS else c for c in plain)


def syllable(pinyin: str) -> str:
    """A syllable with its tone digit as the voice `cmn-latn-pinyin` reads it."""
    hit = _SYLLABLE.fullmatch(pinyin)
    return f"[[{_INITIALS[hit[1]]}j'ong{_TONES[hit[2]]}]]" if hit else pinyin
