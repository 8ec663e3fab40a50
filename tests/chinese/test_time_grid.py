"""Every way to say a day, with every part of the day, hour and range of hours behind it."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import product

import pytest

from chinese.time import parse

WEDNESDAY = datetime(2026, 11, 25, 9, 40)
# In days from that Wednesday.
DAYS = {
    **{"今天": 0, "明天": 1, "后天": 2, "大后天": 3, "昨天": -1, "前天": -2, "大前天": -3, "明儿个": 1},
    **{
        "这周五": 2,
        "本周日": 4,
        "下周一": 5,
        "下周三": 7,
        "下周的周三": 7,
        "下下周二": 13,
        "上周四": -6,
        "上上周日": -10,
    },
    **{"周六": 3, "星期天": 4, "礼拜一": 5, "周六（28号）": 3, "11月28日（周六）": 3, "周六11月28日": 3},
    **{
        "11月28日": 3,
        "11月28号": 3,
        "十二月三号": 8,
        "12.5": 10,
        "12/5": 10,
        "12-05": 10,
        "今年12月24日": 29,
    },
    **{"2026年12月1日": 6, "2026-12-01": 6, "20261201": 6, "二〇二六年十二月一日": 6, "１２月１日": 6},
    **{
        "30号": 5,
        "三十号": 5,
        "下个月2号": 7,
        "下月十号": 15,
        "这个月28号": 3,
        "本月最后一天": 5,
        "廿八号": 3,
    },
    **{
        "下个月第一个周一": 12,
        "下个月第一个工作日": 6,
        "下一个工作日": 1,
        "三天后": 3,
        "5天前": -5,
        "两天以后": 2,
    },
    **{"元旦": 37, "明年元旦": 37, "圣诞节": 30, "冬至": 27, "腊月初八": 51, "除夕": 72},
}
PARTS = {
    **{"上午": (0, 12), "下午": (12, 24), "早上": (6, 9), "早晨": (6, 9), "早间": (6, 9), "中午": (11, 13)},
    **{"傍晚": (17, 19), "晚上": (18, 24), "凌晨": (0, 6), "夜里": (22, 30), "半夜": (22, 30)},
}
MORNING = {
    **{"8点": 480, "八点": 480, "八点整": 480, "8:30": 510, "八点半": 510, "8时30分": 510, "9点一刻": 555},
    **{
        "九点十五分": 555,
        "差五分九点": 535,
        "九点差一刻": 525,
        "10:05": 605,
        "十点零五": 605,
        "11点45": 705,
        "九点钟": 540,
    },
}
AFTERNOON = {
    **{
        "2点": 840,
        "两点": 840,
        "2:30": 870,
        "两点半": 870,
        "三点一刻": 915,
        "差一刻四点": 945,
        "4点20分": 980,
    },
    **{"五点三刻": 1065, "3点05分": 905},
}
JOINTS = ("到", "至", "-", "~", "—")


def after(day: int, minutes: int) -> datetime:
    """So many minutes after midnight of that day."""
    return datetime(2026, 11, 25) + timedelta(days=day, minutes=minutes)


def interval(text: str) -> tuple[datetime | None, datetime | None]:
    """Of a text that is one time from end to end."""
    (match,) = parse(text, WEDNESDAY)
    assert match.text == text and match.note is None, (text, match)
    start, end = (moment and moment.replace(tzinfo=None) for moment in (match.start, match.end))
    return start or None, end or None


@pytest.mark.parametrize("name", DAYS)
def test_a_day_with_its_parts(name: str) -> None:
    day = DAYS[name]
    assert interval(name) == (after(day, 0), after(day + 1, 0))
    for (part, (first, last)), glue in product(PARTS.items(), ("", "的", " ")):
        assert interval(name + glue + part) == (after(day, 60 * first), after(day, 60 * last))


@pytest.mark.parametrize("name", DAYS)
def test_a_day_with_its_hours(name: str) -> None:
    day = DAYS[name]
    for (clock, minutes), part in product(MORNING.items(), ("上午", "早上", " ")):
        assert interval(name + part + clock)[0] == after(day, minutes), name + part + clock
    for (clock, minutes), part in product(AFTERNOON.items(), ("下午", " ")):
        assert interval(name + part + clock)[0] == after(day, minutes), name + part + clock


@pytest.mark.parametrize("name", DAYS)
def test_a_day_with_a_range_of_hours(name: str) -> None:
    day = DAYS[name]
    for first, last, joint in product(("8点", "八点半", "8:30"), ("11点", "11:45"), JOINTS):
        text = f"{name}上午{first}{joint}{last}"
        expected = after(day, {"8点": 480}.get(first, 510)), after(day, {"11点": 660}.get(last, 705))
        assert interval(text) == interval(f"从{text}") == expected
    for joint in JOINTS:
        expected = after(day, 840), after(day, 1020)
        assert interval(f"{name}下午两点{joint}五点") == interval(f"{name}下午2点{joint}下午5点") == expected
        assert interval(f"{name}上午九点{joint}下午四点半") == (after(day, 540), after(day, 990))


@pytest.mark.parametrize("name", [name for name in DAYS if "元旦" not in name and name != "除夕"])
def test_before_and_after_a_day(name: str) -> None:
    day = DAYS[name]
    for tail in ("之前", "以前", "前"):
        assert interval(name + tail) == (None, after(day, 0))
    for tail in ("之后", "以后"):
        assert interval(name + tail) == (after(day + 1, 0), None)
