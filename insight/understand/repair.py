"""Repairs typing and recogniser errors (后诊时长, 科士) by pinyin, against the words that are known here."""

from dataclasses import dataclass
from functools import cached_property

from chinese import pinyin
from insight.understand.lexicon import Lexicon, Term
from insight.understand.scan import Scan, Token

REPAIRABLE = (
    "metric",
    "dimension",
    "value",
    "share",
    "yoy",
    "mom",
    "distribution",
    "bottleneck",
    "anomaly",
    "trend",
)
# Two syllables of these have too many homophones in plain speech (出诊, 初诊).
SHORT_VALUES = ("first_visit", "sex", "age_band", "visit_type", "channel", "insurance", "doctor")


@dataclass(frozen=True, slots=True)
class Repaired:
    """Tokens for misheard pieces, and (what stood there, what it was taken for)."""

    tokens: tuple[Token, ...]
    said: tuple[tuple[str, str], ...]


def phrases_of(lexicon: Lexicon) -> dict[str, Term]:
    """The phrases that may be meant by a misheard piece: metrics, dimensions, values and a few question words."""
    return {
        phrase: terms[0]
        for phrase, terms in lexicon.phrases()
        if terms[0].kind in REPAIRABLE
        and len(phrase) > 1
        and not phrase.isascii()
        and not (phrase.endswith("门诊") and lexicon.terms(phrase.removesuffix("门诊")))
    }


class Repairer:
    """Only questions with something unknown in them are looked at, and only changes that cover it are taken."""

    def __init__(self, phrases: dict[str, Term]) -> None:
        self._phrases = phrases

    @cached_property
    def _by_sound(self) -> pinyin.Repairer:
        return pinyin.Repairer(self._phrases)

    def warm(self) -> None:
        """Build the index of sounds now rather than in somebody's question."""
        self._by_sound.repair("预热")

    def repair(self, text: str, found: Scan) -> Repaired | None:
        """Tokens for the pieces that sound like exactly one known thing; None where there is none."""
        tokens: list[Token] = []
        said: list[tuple[str, str]] = []
        for change in self._by_sound.repair(text).changes:
            if len(change.after) == 2 and self._phrases[change.after].dimension in SHORT_VALUES:
                continue
            if any(start < change.finish and change.begin < end for start, end, _ in found.unknown):
                term = self._phrases[change.after]
                tokens.append(Token(change.begin, change.finish, change.before, (term,)))
                said.append((change.before, change.after))
        return Repaired(tuple(tokens), tuple(said)) if tokens else None
