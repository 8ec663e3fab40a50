"""The features of a sentence for the intent classifier: n-grams of characters and words, names replaced by their kind.

Replacing 骨科 or 王医生 by one mark for its kind lets one training sentence speak for every department and doctor.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from bot.nlu.entities import Entity
from bot.nlu.words import Word
from chinese.text import fold

# One private-use character for each kind of name that is replaced.
MARKS = {
    kind: chr(0xE000 + place)
    for place, kind in enumerate(
        [
            "department",
            "doctor",
            "date_time",
            "duration",
            "person",
            "visit_type",
            "lab_test",
            "exam",
            "ordinal",
            "id_number",
            "phone",
            "number",
        ]
    )
}
# What a sentence asks last counts beside the whole: the illness comes first, the request at the end.
_LAST = re.compile(r".*[，,。；;！!？? ](?=\S{2,}[。！!？?～~…]*$)", re.DOTALL)
# 别退, 不是取消 is no cancelling.
_NO_CANCELLING = re.compile(
    r"(?:别|不是|不用|不要|不想|并不|先不|不)(?:要|想|用|给我|帮我|去)?(?:退|取消|撤)"
)
_BEGIN, _END = "\ue0fe", "\ue0ff"
MAX_CHARACTER_GRAM = 3


def mask(sentence: str, entities: Sequence[Entity]) -> str:
    """The sentence in lower-case simplified script, each name replaced by the mark of its kind."""
    folded = fold(sentence).lower()
    pieces: list[str] = []
    at = 0
    for entity in entities:
        if entity.entity not in MARKS or entity.start < at:
            continue
        pieces += [folded[at : entity.start], MARKS[entity.entity]]
        at = entity.end
    pieces.append(folded[at:])
    return "".join("".join(pieces).split())


def features(sentence: str, words: Sequence[Word], entities: Sequence[Entity]) -> list[str]:
    """Feature names, one for each occurrence."""
    masked = _BEGIN + mask(sentence, entities).strip("。，,.!！?？~～…") + _END
    found = [
        masked[at : at + size]
        for size in range(1, MAX_CHARACTER_GRAM + 1)
        for at in range(len(masked) - size + 1)
    ]
    tokens = _masked_words(words, entities)
    found += ["w " + token for token in tokens]
    found += [f"b {a} {b}" for a, b in zip(tokens, tokens[1:], strict=False)]
    start = last.end() if (last := _LAST.match(sentence)) else 0
    found += ["l " + token for token in _masked_words([w for w in words if w.start >= start], entities)]
    if _NO_CANCELLING.search(sentence):
        found += ["no cancelling"] * 3
    found += [f"e {kind}" for kind in {entity.entity for entity in entities if entity.entity in MARKS}]
    return found


def _masked_words(words: Iterable[Word], entities: Sequence[Entity]) -> list[str]:
    spans = [(e.start, e.end, MARKS[e.entity]) for e in entities if e.entity in MARKS]
    tokens: list[str] = []
    for word in words:
        mark = next((mark for start, end, mark in spans if start <= word.start < end), None)
        token = mark or fold(word.text).lower()
        if not (mark and tokens and tokens[-1] == mark):
            tokens.append(token)
    return tokens
