"""Families of the specification put together by rule, against arithmetic of the test's own."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chinese import holidays
from chinese.time import Match, parse

FRIDAY = datetime(2026, 11, 20, 10, 0)
DAY = timedelta(days=1)
NUMBERS = "零一二三四五六七八九"
WEEKDAYS = "一二三四五六日"
NOWS = st.datetimes(min_value=datetime(2021, 1, 5), max_value=datetime(2026, 9, 1))
COUNTS = st.integers(2, 20)
SENSES = st.sampled_from(["future", "past"])
Interval = tuple[datetime | None, datetime | None]


def said(number: int) -> str:
    """1 to 99 in characters, two as it is counted with."""
    tens, ones = divmod(number, 10)
    head = ("" if tens == 1 else NUMBERS[tens]) + "十" if tens else ""
    return "两" if number == 2 else head + (NUMBERS[ones] if ones or not tens else "")


def midnight(moment: datetime | date) -> datetime:
    return datetime(moment.year, moment.month, moment.day)


def found(text: str, now: datetime = FRIDAY, prefer: str = "future") -> list[Match]:
    return parse(text, now, prefer)  # type: ignore[arg-type]


def naive(match: Match) -> Interval:
    start, end = (moment and moment.replace(tzinfo=None) for moment in (match.start, match.end))
    return start or None, end or None


def one(text: str, now: datetime = FRIDAY, prefer: str = "future") -> Interval:
    (match,) = found(text, now, prefer)
    assert match.text == text and match.kind == "date_time", (text, match)
    return naive(match)


def days(first: datetime | date, last: datetime | date) -> Interval:
    """Whole days, both counted in."""
    return midnight(first), midnight(last) + DAY


@given(NOWS, COUNTS, SENSES)
@settings(deadline=None, max_examples=40)
def test_counted_days_in_every_direction(now: datetime, count: int, prefer: str) -> None:
    today = midnight(now)
    for number, unit, length in (
        (str(count), "天", count),
        (said(count), "天", count),
        (said(count), "周", 7 * count),
    ):
        before, after = timedelta(days=length - 1), timedelta(days=length)
        for word in ("近", "最近", "过去", "过去的"):
            assert one(f"{word}{number}{unit}", now, prefer) == days(today - before, today)
        for word in ("未来", "接下来", "接下来的"):
            assert one(f"{word}{number}{unit}", now, prefer) == days(today + DAY, today + after)
        inside = days(today, today + before) if prefer == "future" else days(today - before, today)
        for tail in ("内", "之内", "以内"):
            assert one(f"{number}{unit}{tail}", now, prefer) == inside
    assert one(f"前{said(count)}天", now, prefer) == days(today - timedelta(days=count), today - DAY)
    for tail, sign in (("前", -1), ("之前", -1), ("以前", -1), ("后", 1), ("之后", 1), ("以后", 1)):
        day = today + sign * timedelta(days=count)
        assert one(f"{said(count)}天{tail}", now, prefer) == days(day, day)


@given(NOWS, st.integers(1, 9), SENSES)
@settings(deadline=None, max_examples=40)
def test_working_days_are_counted_as_the_table_has_them(now: datetime, count: int, prefer: str) -> None:
    today, worked = now.date(), holidays.is_workday
    ahead = [day for n in range(60) if worked(day := today + n * DAY)]
    back = [day for n in range(60) if worked(day := today - n * DAY)]
    inside = days(today, ahead[count - 1]) if prefer == "future" else days(back[count - 1], today)
    number = said(count) + "个工作日"
    assert one(f"{number}内", now, prefer) == inside
    assert one(f"近{number}", now, prefer) == days(back[count - 1], today)
    later = [day for day in ahead if day > today]
    assert one(f"未来{number}", now, prefer) == days(today + DAY, later[count - 1])
    assert one(f"{number}后", now, prefer) == days(later[count - 1], later[count - 1])
    month = [day for n in range(31) if (day := today.replace(day=1) + n * DAY).month == today.month]
    for name, place in (("第一个", 0), ("最后一个", -1)):
        day = [day for day in month if worked(day)][place]
        assert one(f"本月{name}工作日", now, prefer) == days(day, day)


@pytest.mark.parametrize("name", ["国庆", "国庆节", "五一", "春节", "端午节", "元旦", "清明节"])
@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_what_comes_after_a_public_holiday_comes_after_its_days_off(name: str, year: int) -> None:
    first, last = holidays.holiday_range(name, year)
    for text, expected in (
        (f"{year}年{name}后一周", days(last + DAY, last + 7 * DAY)),
        (f"{year}年{name}后第一周", days(last + DAY, last + 7 * DAY)),
        (f"{year}年{name}后第二周", days(last + 8 * DAY, last + 14 * DAY)),
        (f"{year}年{name}后三天", days(last + DAY, last + 3 * DAY)),
        (f"{year}年{name}假期", days(first, last)),
        (f"{year}年{name}最后一天", days(last, last)),
        (f"{year}年{name}之后", (midnight(last + DAY), None)),
        (f"{year}年{name}假期结束后", (midnight(last + DAY), None)),
    ):
        assert one(text) == expected, text
    worked = next(day for n in range(1, 20) if holidays.is_workday(day := last + n * DAY))
    for tail in ("后第一个工作日", "后上班第一天", "假期后第一个工作日"):
        assert one(f"{year}年{name}{tail}") == days(worked, worked)


@given(NOWS, SENSES)
@settings(deadline=None, max_examples=30)
def test_ranges_run_forwards_and_hold_both_ends(now: datetime, prefer: str) -> None:
    today = midnight(now)
    monday = today - timedelta(days=today.weekday())
    joints = ("到", "至", "-", "~", "—")
    for (first, last), joint in product(((1, 3), (1, 5), (2, 6), (6, 7)), joints):
        a, b = WEEKDAYS[first - 1], WEEKDAYS[last - 1]
        span = days(monday + (first + 6) * DAY, monday + (last + 6) * DAY)
        for text in (
            f"下周{a}{joint}周{b}",
            f"下周{a}{joint}下周{b}",
            f"下星期{a}{joint}星期{b}",
            f"下周{a}{joint}{b}",
        ):
            assert one(text, now, prefer) == span
    for (first, last), joint in product(((3, 5), (1, 12), (8, 10)), joints):
        year = 2027 if prefer == "future" else 2020
        for text in (f"{year}年{first}月{joint}{last}月", f"{year}年{first}{joint}{last}月"):
            end = datetime(year + last // 12, last % 12 + 1, 1)
            assert one(text, now, prefer) == (datetime(year, first, 1), end)
    for text in (
        "周三到周五",
        "3月到5月",
        "9月1日-15日",
        "28号到3号",
        "11月到次年2月",
        "20号到下个月5号",
        "八点到十点",
    ):
        begin, finish = one(text, now, prefer)
        assert begin and finish and begin < finish


@given(
    st.integers(1, 11),
    st.sampled_from([(0, "点"), (0, "点整"), (15, "点一刻"), (30, "点半"), (45, "点三刻")]),
)
@settings(deadline=None)
def test_twelve_and_twenty_four_hours_agree(hour: int, tail: tuple[int, str]) -> None:
    minute, words = tail
    expected = datetime(2026, 11, 21, hour + 12, minute)
    assert one(f"明天{'下午' if hour < 6 else '晚上'}{said(hour)}{words}")[0] == expected
    assert one(f"明天{hour + 12}:{minute:02}")[0] == expected
    morning = datetime(2026, 11, 21, hour, minute)
    assert one(f"明天{'凌晨' if hour < 6 else '上午'}{said(hour)}{words}")[0] == morning
    assert one(f"明天{hour:02}:{minute:02}")[0] == morning
    for short, name in ((5, "五分"), (10, "10分钟"), (15, "一刻")):
        before = datetime(2026, 11, 21, hour + 12) - timedelta(minutes=short)
        part = "下午" if hour < 7 else "晚上"
        if hour > 1 and hour != 7:
            assert one(f"明天{part}差{name}{said(hour)}点")[0] == before
            assert one(f"明天{part}{said(hour)}点差{name}")[0] == before


@given(NOWS)
@settings(deadline=None, max_examples=40)
def test_what_goes_on_until_now_has_begun(now: datetime) -> None:
    now = now.replace(hour=max(now.hour, 1), microsecond=0)  # at midnight nothing of the day has gone by
    tomorrow = midnight(now) + DAY
    for name in ("3月1日", "周一", "春节", "国庆", "10月", "年初", "上周三", "去年"):
        for tail in ("至今", "以来"):
            (coming,) = found(name + tail, now)
            (past,) = found(name + tail, now, "past")
            assert coming.start and coming.start.replace(tzinfo=None) <= now and coming.end is None
            assert naive(past) == (naive(coming)[0], tomorrow)
        assert one(f"{name}到现在", now) == (naive(coming)[0], now)


@given(NOWS, st.lists(st.integers(1, 6), min_size=2, max_size=4, unique=True), st.sampled_from(["", "下午"]))
@settings(deadline=None, max_examples=40)
def test_weekdays_in_one_breath_are_days_each(now: datetime, numbers: list[int], part: str) -> None:
    numbers.sort()
    listed = "".join(WEEKDAYS[number - 1] for number in numbers)
    monday = midnight(now) - timedelta(days=now.weekday())
    for text in (f"下周{listed}{part}", f"下周{'、'.join(listed)}{part}"):
        matches = found(text, now)
        expected = [monday + (number + 6) * DAY + timedelta(hours=12 if part else 0) for number in numbers]
        assert [naive(match)[0] for match in matches] == expected
    (rule,) = found(f"每周{listed}{part}", now)
    assert rule.rule == {"freq": "weekly", "weekday": numbers} | ({"part": part} if part else {})


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        ("20、21号", ["2026-11-20", "2026-11-21"]),
        ("28号、3号", ["2026-11-28", "2026-12-03"]),
        ("12月3、5、9号", ["2026-12-03", "2026-12-05", "2026-12-09"]),
        ("明天上午九点和十点", ["2026-11-21T09", "2026-11-21T10"]),
        ("3、5月", ["2027-03-01", "2027-05-01"]),
        ("25号手术，次日上午出院", ["2026-11-25", "2026-11-26"]),
        ("上周三就诊，当天下午取药", ["2026-11-11", "2026-11-11T12"]),
    ],
)
def test_a_list_goes_on_from_its_first(text: str, starts: list[str]) -> None:
    assert [naive(match)[0] for match in found(text)] == [datetime.fromisoformat(start) for start in starts]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("每月1号和15号", {"freq": "monthly", "monthday": [1, 15]}),
        ("每月最后一天", {"freq": "monthly", "monthday": [31]}),
        ("每月月底", {"freq": "monthly", "monthday": [31], "within": [21, 31]}),
        ("每月的第一个周三上午", {"freq": "monthly", "nth": 1, "weekday": [3], "part": "上午"}),
        ("每月第一个工作日", {"freq": "monthly", "workday": 1}),
        ("每月初一十五", {"freq": "monthly", "calendar": "lunar", "monthday": [1, 15]}),
        ("每年春节", {"freq": "yearly", "festival": "春节"}),
        ("每年3月", {"freq": "yearly", "month": [3]}),
        ("隔周三", {"freq": "weekly", "interval": 2, "weekday": [3]}),
        ("每天从8点到12点", {"freq": "daily", "time": "08:00", "until": "12:00"}),
    ],
)
def test_recurrences_with_what_follows_their_unit(text: str, rule: dict[str, object]) -> None:
    (match,) = found(text)
    assert (match.text, match.kind, match.rule) == (text, "recurrence", rule)


def test_a_recurrence_goes_on_in_a_list() -> None:
    first, second = found("每周三上午和周五下午")
    assert first.rule == {"freq": "weekly", "weekday": [3], "part": "上午"}
    assert second.rule == {"freq": "weekly", "weekday": [5], "part": "下午"}


EXPRESSIONS = (
    "明天",
    "后天上午",
    "下周三",
    "周五",
    "今晚",
    "明早",
    "上个月",
    "去年",
    "本周",
    "3月",
    "昨晚",
    "月底",
    "三天内",
    "国庆节",
)
WORDS = (
    *(
        "五官科",
        "三甲医院",
        "二维码",
        "第二个号",
        "三楼",
        "三号诊室",
        "三九感冒灵",
        "半夏",
        "六味地黄丸",
        "十二指肠",
    ),
    *(
        "三叉神经痛",
        "四肢无力",
        "一点也不疼",
        "一下",
        "初诊多少",
        "末次月经",
        "日间手术",
        "前列腺",
        "后背疼",
        "中医科",
    ),
)


@pytest.mark.parametrize(("expression", "word"), list(product(EXPRESSIONS, WORDS)))
def test_a_word_beside_a_time_takes_nothing_from_it(expression: str, word: str) -> None:
    alone = [naive(match) for match in found(expression)]
    for text in (
        f"{expression}{word}",
        f"{word}{expression}",
        f"{word}，{expression}",
        f"{expression}，{word}",
    ):
        assert [naive(match) for match in found(text)] == alone, text


def test_today_is_meant_where_the_date_is_said_whatever_the_hour() -> None:
    for prefer in ("future", "past"):
        for text, hour in (
            ("11月20日上午9点", 9),
            ("11月20日下午3点", 15),
            ("20号15:00", 15),
            ("11-20 09:00", 9),
        ):
            assert one(text, FRIDAY, prefer)[0] == datetime(2026, 11, 20, hour), (text, prefer)
    assert one("11月20日（星期五）上午9点")[0] == datetime(2026, 11, 20, 9)
