"""From the classifier's ranking to an intent: bare values, unclear and ambiguous sentences, two requests in one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.nlu.entities import Entity
from bot.nlu.skills import SKILLS, TALK
from chinese.text import fold

# Below: not understood at all. Chosen on held-out sentences: two thirds of what lies below is wrong.
UNCLEAR_BELOW = 0.30
# Two skills closer than this, with the first not certain, are asked about.
CLOSE, CERTAIN = 0.20, 0.60
# Each half of a sentence must be this sure to be taken as a request of its own.
REQUEST = 0.55

_VALUES = frozenset(
    [
        "department",
        "doctor",
        "visit_type",
        "date_time",
        "duration",
        "person",
        "lab_test",
        "exam",
        "ordinal",
        "selector",
        "id_number",
        "phone",
        "symptom",
        "campus",
        "number",
    ]
)
_FILLER = re.compile(
    r"[的了吧呢啊嘛呀哦嗯额呃就那这个号种位是要去在我您你请帮给把想和跟与、，,。.!！~～?？；;:： ]|时间|时候|一下|可以|"
    r"的话|大概|应该|还是|左右|都|也"
)
_CORRECTING = re.compile(
    r"不对|不是|错了|说错了|搞错了|弄错了|改成|改为|换成|换到|改到|换|改|更正|我是说|我说的是|应该是|重新选|要|想"
)
_CORRECTION = re.compile(r"不对|不是|错了|改成|改为|换成|换到|改到|我是说|我说的是|应该是|^换|^改")
_JOINT = re.compile(
    r"(?:[，,。；;！!？? ]*(?:然后|接着|顺便|另外|还有就是|还有|再帮我|再|并且|而且|同时|以及|完了|之后)|[，,。；;！!？?]+)"
)


@dataclass
class Understood:
    """What a sentence means. `close`: other intents it may mean as well; `requests`: its parts, where it asks for
    two things, each `{"text", "intent", "confidence", "entities"}`."""

    intent: str
    confidence: float
    ranking: list[tuple[str, float]]
    unclear: bool = False
    close: list[str] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)


def decide(sentence: str, entities: Sequence[Entity], ranking: list[tuple[str, float]]) -> Understood:
    """The intent of a whole sentence, without looking for a second request."""
    bare = bare_value(sentence, entities)
    if bare:
        return Understood(bare, 1.0, [(bare, 1.0), *ranking])
    intent, confidence = ranking[0]
    if confidence < UNCLEAR_BELOW:
        return Understood(intent, confidence, ranking, unclear=True, close=_skills(ranking, 3))
    second = next((name for name, p in ranking[1:3] if confidence - p < CLOSE and name in SKILLS), None)
    if intent in SKILLS and second and confidence < CERTAIN:
        return Understood(intent, confidence, ranking, close=_skills(ranking, 3))
    return Understood(intent, confidence, ranking)


def bare_value(sentence: str, entities: Sequence[Entity]) -> str | None:
    """`inform`, `choose`, `skip` or `correct` where a sentence is only a value (明天上午吧), else None."""
    named = [entity for entity in entities if entity.entity in _VALUES]
    if not named:
        return None
    rest = fold(sentence)
    for entity in reversed(named):
        rest = rest[: entity.start] + rest[entity.end :]
    correcting = _CORRECTION.search(rest) or any(entity.negated for entity in named)
    rest = _FILLER.sub("", _CORRECTING.sub("", rest))
    if rest:
        return None
    if correcting:
        return "correct"
    kinds = {entity.entity for entity in named}
    if kinds == {"selector"}:
        return "skip" if all(entity.value == "any" for entity in named) else "choose"
    if kinds & {"ordinal", "selector"} and not kinds & {"department", "person"}:
        return "choose"
    return "inform"


def joints(sentence: str) -> list[tuple[int, int]]:
    """Where a sentence may fall into two requests: (end of the first, start of the second)."""
    places = [(hit.start(), hit.end()) for hit in _JOINT.finditer(sentence)]
    return [(a, b) for a, b in places if len(sentence[:a].strip()) >= 2 and len(sentence[b:].strip()) >= 2]


def different_requests(first: tuple[str, float], second: tuple[str, float]) -> bool:
    """Whether two halves are two different jobs, both clearly said."""
    return (
        first[0] in SKILLS
        and second[0] in SKILLS
        and first[0] != second[0]
        and first[1] >= REQUEST
        and second[1] >= REQUEST
    )


def _skills(ranking: list[tuple[str, float]], count: int) -> list[str]:
    """The likeliest jobs; small talk and conversation acts are not offered as choices."""
    return [name for name, p in ranking if name in SKILLS and name not in TALK and p > 0.05][:count]
