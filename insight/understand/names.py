"""Doctors by their surname (王医生): the one who is meant, or the question which."""

import re

from insight.understand.lexicon import Lexicon, Term
from insight.understand.scan import Scan, Token

_CALLED = re.compile(r"([\u4e00-\u9fff])(?:医生|大夫|医师|主任)(?!\w?名|数|人均)")


def by_surname(text: str, lexicon: Lexicon) -> list[Token]:
    """Tokens for 王医生 where only one doctor has that surname."""
    out = []
    for hit in _CALLED.finditer(text):
        found = [name for name in lexicon.doctors if name.startswith(hit[1])]
        if len(found) == 1:
            out.append(
                Token(hit.start(), hit.end(), hit.group(), (Term("value", found[0], found[0], "doctor"),))
            )
    return out


def several_doctors(text: str, found: Scan, lexicon: Lexicon) -> list[str]:
    """The question with each of the doctors that a surname may mean, where it may mean several."""
    for hit in _CALLED.finditer(text):
        if not any(start <= hit.start() < end for start, end, _ in found.unknown):
            continue
        same = [name for name in lexicon.doctors if name.startswith(hit[1])]
        if len(same) > 1:
            return [text[: hit.start()] + name + text[hit.end() :] for name in same]
    return []
