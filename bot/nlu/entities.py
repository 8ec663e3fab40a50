"""Deterministic extractors: what a sentence names, resolved to the values that the rest of the system uses."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import chinese.time
from bot.nlu.gazetteer import Gazetteer
from chinese import identity, numbers
from chinese.text import fold

# Where two readings overlap the earlier kind wins; within a kind the longer one.
_RANK = {
    kind: rank
    for rank, kind in enumerate(
        [
            "id_number",
            "phone",
            "doctor",
            "department",
            "lab_test",
            "exam",
            "visit_type",
            "drug",
            "campus",
            "date_time",
            "duration",
            "ordinal",
            "selector",
            "person",
            "symptom",
            "body_part",
            "number",
        ]
    )
}

_SELECTORS = {
    "earliest": r"最早|最近的(?:那个|一个|号|时间)?|越早越好|越快越好|最快|早一点的?|早点的|第一时间",
    "latest": r"最晚|最迟|越晚越好|晚一点的?|晚点的",
    "cheapest": r"(?:最|比较|更)?便宜(?:的|点的?|一点的?)?|最低价",
    "dearest": r"(?:最|比较|更)贵的?",
    "any": r"随便|都行|都可以|随意|无所谓|哪个都(?:行|可以|好)|谁都(?:行|可以)|不限|任意",
}
_SELECTOR = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in _SELECTORS.items()))
_PART = re.compile(r"^(?:上午|下午|早上|早晨|中午|傍晚|晚上|夜里|夜间|凌晨|上半天|下半天)$")
_HAS_PART = re.compile(r"(上午|下午|早上|早晨|中午|傍晚|晚上|夜里|夜间|凌晨)")
_CLOCK = re.compile(
    r"^(?:上午|下午|早上|早晨|中午|傍晚|晚上)?(?:\d{1,2}|[一二两三四五六七八九十]{1,3})(?:点|时|:|：)"
)
_NOT = re.compile(r"(?:不是|不要|不想要?|别|不去|不看|不挂|除了)$")


@dataclass(frozen=True, slots=True)
class Entity:
    """`text == sentence[start:end]`. `scope` of a date_time: `part` or `clock` where it names no day, else `day`
    or `full`; `negated` where the sentence says that it is *not* this one."""

    entity: str
    text: str
    value: Any
    start: int
    end: int
    scope: str = ""
    negated: bool = False

    def as_dict(self) -> dict[str, Any]:
        """As Rasa's entities are written, with our own fields beside."""
        found: dict[str, Any] = {
            "entity": self.entity,
            "text": self.text,
            "value": self.value,
            "start": self.start,
            "end": self.end,
        }
        if self.scope:
            found["scope"] = self.scope
        if self.negated:
            found["negated"] = True
        return found


def extract(sentence: str, gazetteer: Gazetteer, now: datetime, prefer: str = "future") -> list[Entity]:
    """The entities of a sentence in their order, none overlapping another.

    `now` is the clinic's time, aware; `prefer` is `future` for patients and `past` for managers.
    """
    folded = fold(sentence)
    candidates = [
        *_identity(sentence),
        *gazetteer.find(sentence, folded),
        *_times(sentence, folded, now, prefer),
        *_ordinals(sentence),
        *_selectors(sentence, folded),
        *_numbers(sentence),
    ]
    return _negations(sentence, _without_overlaps(candidates))


def _identity(sentence: str) -> Iterable[Entity]:
    for entity, found in (
        ("id_number", identity.find_id_number(sentence)),
        ("phone", identity.find_phone(sentence)),
    ):
        if found:
            text = sentence[found.begin : found.finish]
            yield Entity(entity, text, found.value, found.begin, found.finish)


def _times(sentence: str, folded: str, now: datetime, prefer: str) -> Iterable[Entity]:
    for match in chinese.time.parse(sentence, now, prefer):
        if match.kind == "duration":
            value: dict[str, Any] = {"seconds": match.seconds, "months": match.months}
            yield Entity("duration", match.text, value, match.begin, match.finish)
        elif match.kind == "date_time":
            value = {
                "start": match.start.isoformat() if match.start else None,
                "end": match.end.isoformat() if match.end else None,
                "grain": match.grain,
            }
            if match.note:
                value["note"] = match.note
            scope = _scope(folded[match.begin : match.finish])
            yield Entity("date_time", match.text, value, match.begin, match.finish, scope)


def _scope(text: str) -> str:
    if _PART.match(text):
        return "part"
    if _CLOCK.match(text):
        return "clock"
    return "full" if _HAS_PART.search(text) or re.search(r"[点:：]", text) else "day"


def _ordinals(sentence: str) -> Iterable[Entity]:
    for found in numbers.find_ordinals(sentence):
        yield Entity("ordinal", found.text, int(found.value), found.begin, found.finish)


def _selectors(sentence: str, folded: str) -> Iterable[Entity]:
    for hit in _SELECTOR.finditer(folded):
        yield Entity("selector", sentence[hit.start() : hit.end()], hit.lastgroup, hit.start(), hit.end())


def _numbers(sentence: str) -> Iterable[Entity]:
    for found in numbers.find_numbers(sentence):
        if found.kind == "cardinal":
            yield Entity("number", found.text, found.value, found.begin, found.finish)


def _without_overlaps(candidates: list[Entity]) -> list[Entity]:
    kept: list[Entity] = []
    for entity in sorted(candidates, key=lambda e: (_RANK.get(e.entity, 99), e.start - e.end, e.start)):
        if all(entity.end <= other.start or entity.start >= other.end for other in kept):
            kept.append(entity)
    return sorted(kept, key=lambda e: e.start)


def _negations(sentence: str, entities: list[Entity]) -> list[Entity]:
    """不是明天，是后天: the first is marked, so that nobody takes it for what was wanted."""
    marked: list[Entity] = []
    for entity in entities:
        negated = bool(_NOT.search(sentence[: entity.start].rstrip(" ，,")))
        marked.append(
            Entity(entity.entity, entity.text, entity.value, entity.start, entity.end, entity.scope, negated)
        )
    return marked
