"""What a sentence means among the things that were shown: never a part of a longer name."""

from __future__ import annotations

from typing import Any

import pytest

from bot.engine.choosing import choose
from bot.engine.state import Turn

DEPARTMENTS = [
    {"id": name, "title": name, "values": {"department": {"code": str(place), "name": name}}, "words": []}
    for place, name in enumerate(("内科", "心血管内科", "骨科"), 300)
]
TIMES = [
    {"id": "am", "title": "王建国 9:00", "values": {}, "words": ["王医生", "上午", "九点"]},
    {"id": "pm", "title": "李敏 14:00", "values": {}, "words": ["李医生", "下午", "两点"]},
]


def said(text: str, options: list[dict[str, Any]], *entities: tuple[str, str, Any]) -> list[str]:
    named = [{"entity": kind, "text": words, "value": value} for kind, words, value in entities]
    return [option["id"] for option in choose(Turn(text=text, entities=named), options)]


@pytest.mark.parametrize("name", ["呼吸内科", "神经内科", "肾内科"])
def test_a_department_that_is_not_shown_is_not_the_shorter_one_that_is(name: str) -> None:
    assert said(name, DEPARTMENTS, ("department", name, {"code": "999", "name": name})) == []


def test_the_longer_name_that_is_shown_is_meant() -> None:
    entity = ("department", "心血管内科", {"code": "301", "name": "心血管内科"})
    assert said("心血管内科", DEPARTMENTS, entity) == ["心血管内科"]


def test_a_shown_name_within_a_sentence_is_meant() -> None:
    assert said("就挂骨科吧", DEPARTMENTS, ("department", "骨科", {"code": "302", "name": "骨科"})) == [
        "骨科"
    ]
    assert said("就挂骨科吧", DEPARTMENTS) == ["骨科"]


def test_another_day_is_not_the_half_day_of_a_shown_time() -> None:
    day = {"start": "2026-11-27T00:00:00+08:00", "end": "2026-11-27T12:00:00+08:00", "grain": "part"}
    assert said("周五上午", TIMES, ("date_time", "周五上午", day)) == []


def test_a_doctor_by_title_is_meant() -> None:
    assert said("王医生那个", TIMES, ("doctor", "王医生", {"name": "王医生", "candidates": []})) == ["am"]
