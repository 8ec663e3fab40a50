"""Hours of the day as they are said: twelve at night is midnight, and a night goes on past it."""

from datetime import datetime
from functools import cache
from typing import Any

import pytest

from insight import corpus
from insight.catalogue import get


@cache
def asked() -> tuple[corpus.Corpus, Any]:
    known = corpus.load()
    return known, corpus.understander(known, get())


def taken(question: str) -> dict[str, Any]:
    known, machine = asked()
    got = machine.understand(question, known.now)
    assert got.interpretation is not None, got.message
    return corpus.meaning(got)


@pytest.mark.parametrize(
    ("said", "hours"),
    [
        ("半夜12点到凌晨5点", [0, 1, 2, 3, 4]),
        ("夜里十二点到早上六点", [0, 1, 2, 3, 4, 5]),
        ("午夜12点到1点", [0]),
        ("凌晨12点到5点", [0, 1, 2, 3, 4]),
        ("零点到五点", [0, 1, 2, 3, 4]),
        ("12点到凌晨3点", [0, 1, 2]),
        ("夜里两点到四点", [2, 3]),
        ("深夜12点以后", [0, 1, 2, 3, 4, 5]),
        ("半夜12点", [0]),
        ("夜里11点到12点", [23]),
        ("晚上8点到12点", [20, 21, 22, 23]),
        ("晚上10点到凌晨2点", [0, 1, 22, 23]),
        ("半夜", [0, 1, 2, 3, 4, 5, 22, 23]),
        ("清晨", [6, 7, 8]),
        ("上午9点", [9]),
        ("早上5点到6点", [5]),
        ("上午8点到下午2点", [8, 9, 10, 11, 12, 13]),
        ("11点到下午2点", [11, 12, 13]),
        ("中午12点到1点", [12]),
        ("1点到3点", [13, 14]),
    ],
)
def test_hours_of_each_day_of_a_week(said: str, hours: list[int]) -> None:
    assert taken(f"上周{said}的挂号量")["filters"] == {"hour": hours}


def test_a_night_of_one_day_ends_in_the_next() -> None:
    assert taken("昨天半夜挂号量")["time"] == ["2026-11-21T22:00", "2026-11-22T06:00"]


def test_two_stretches_of_one_day_leave_out_what_lies_between() -> None:
    meaning = taken("昨天上午8点到10点和下午2点到4点的挂号量")
    assert meaning["filters"] == {"hour": [8, 9, 14, 15]}


def test_a_week_by_its_number_is_this_years() -> None:
    assert taken("第45周门诊量")["time"] == ["2026-11-02", "2026-11-09"]
    known, machine = asked()
    assert machine.understand("第3周门诊量", known.now).status == "clarify"  # of the month or of the year
    assert (
        machine.understand("第50周门诊量", datetime(2026, 11, 22, 9, tzinfo=known.now.tzinfo)).status
        == "clarify"
    )
