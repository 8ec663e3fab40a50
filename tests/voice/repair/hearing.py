"""A hospital's words, and what is heard in a state of the dialogue."""

from __future__ import annotations

from datetime import datetime

from chinese.calendar import SHANGHAI
from voice.expect import Expectation, Option
from voice.repair import Heard, Hypothesis, Vocabulary, repair

NOW = datetime(2026, 11, 23, 9, tzinfo=SHANGHAI)
DEPARTMENTS = ("内科", "消化内科", "骨科", "皮肤科", "耳鼻喉科", "五官科", "眼科", "儿科", "妇科")
DOCTORS = ("王建国", "李敏", "陈志远", "欧阳锋", "刘伟", "赵明明", "赵铭铭")
VOCABULARY = Vocabulary.of(
    {
        "department": DEPARTMENTS,
        "doctor": DOCTORS,
        "person": ("本人", "我妈", "妈妈", "老伴", "孩子"),
        "visit_type": ("普通号", "专家号"),
        "symptom": ("头疼", "发烧", "膝盖疼"),
        "exam": ("核磁共振", "二尖瓣"),
        "red_flag": ("胸口疼", "冷汗"),
    }
)


def expected(kinds: str, *options: str, slot: str | None = None) -> Expectation:
    """`kinds` apart by blanks; `options` by their titles."""
    shown = tuple(Option(str(place), title) for place, title in enumerate(options))
    return Expectation(tuple(kinds.split()), slot, "book_appointment", shown)


def hear(text: str, kinds: str, *options: str, slot: str | None = None) -> Heard:
    """One hypothesis, in a state."""
    return repair([Hypothesis(text)], expected(kinds, *options, slot=slot), VOCABULARY, now=NOW)


def hear_all(results: list[tuple[str, float | None]], kinds: str, *options: str) -> Heard:
    """Several hypotheses with their scores, best first."""
    heard = [Hypothesis(text, (), score) for text, score in results]
    return repair(heard, expected(kinds, *options), VOCABULARY, now=NOW)
