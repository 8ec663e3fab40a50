"""What patients and managers say, and the time that is meant by it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from chinese.calendar import SHANGHAI
from chinese.time import Match, cli_lines, parse

FRIDAY = datetime(2026, 11, 20, 10, 0)


def interval(match: Match) -> tuple[str | None, str | None]:
    start, end = (f"{moment:%Y-%m-%d %H:%M}" if moment else None for moment in (match.start, match.end))
    return start, end


def only(text: str, prefer: str = "future", now: datetime = FRIDAY) -> Match:
    found = parse(text, now, prefer)  # type: ignore[arg-type]
    assert len(found) == 1, [match.text for match in found]
    return found[0]


PATIENTS = [
    ("帮我挂明天上午的号", "2026-11-21 00:00", "2026-11-21 12:00", "part"),
    ("下周三下午三点半", "2026-11-25 15:30", "2026-11-25 15:31", "minute"),
    ("大后天", "2026-11-23 00:00", "2026-11-24 00:00", "day"),
    ("这周末", "2026-11-21 00:00", "2026-11-23 00:00", "day"),
    ("周六日", "2026-11-21 00:00", "2026-11-23 00:00", "day"),
    ("下周末", "2026-11-28 00:00", "2026-11-30 00:00", "day"),
    ("后天下午有号吗", "2026-11-22 12:00", "2026-11-23 00:00", "part"),
    ("周五", "2026-11-20 00:00", "2026-11-21 00:00", "day"),
    ("周三", "2026-11-25 00:00", "2026-11-26 00:00", "day"),
    ("下下周一", "2026-11-30 00:00", "2026-12-01 00:00", "day"),
    ("今晚八点", "2026-11-20 20:00", "2026-11-20 21:00", "hour"),
    ("明早九点", "2026-11-21 09:00", "2026-11-21 10:00", "hour"),
    ("三点", "2026-11-20 15:00", "2026-11-20 16:00", "hour"),
    ("八点", "2026-11-21 08:00", "2026-11-21 09:00", "hour"),
    ("差五分九点", "2026-11-21 08:55", "2026-11-21 08:56", "minute"),
    ("9点一刻", "2026-11-21 09:15", "2026-11-21 09:16", "minute"),
    ("中午1点", "2026-11-20 13:00", "2026-11-20 14:00", "hour"),
    ("今晚十二点", "2026-11-21 00:00", "2026-11-21 01:00", "hour"),
    ("昨天夜里两点", "2026-11-20 02:00", "2026-11-20 03:00", "hour"),
    ("明天下午三点半到五点", "2026-11-21 15:30", "2026-11-21 17:00", "minute"),
    ("早上八点到十点", "2026-11-21 08:00", "2026-11-21 10:00", "hour"),
    ("晚上十点到早上六点", "2026-11-20 22:00", "2026-11-21 06:00", "hour"),
    ("11月25日（周三）上午", "2026-11-25 00:00", "2026-11-25 12:00", "part"),
    ("20号", "2026-11-20 00:00", "2026-11-21 00:00", "day"),
    ("15号上午", "2026-12-15 00:00", "2026-12-15 12:00", "part"),
    ("31号", "2026-12-31 00:00", "2027-01-01 00:00", "day"),
    ("三天后上午九点", "2026-11-23 09:00", "2026-11-23 10:00", "hour"),
    ("两周后的周三", "2026-12-02 00:00", "2026-12-03 00:00", "day"),
    ("半个月后复查", "2026-12-05 00:00", "2026-12-06 00:00", "day"),
    ("二十分钟后", "2026-11-20 10:20", "2026-11-20 10:21", "minute"),
    ("三天内", "2026-11-20 00:00", "2026-11-23 00:00", "day"),
    ("未来三天", "2026-11-21 00:00", "2026-11-24 00:00", "day"),
    ("下个工作日", "2026-11-23 00:00", "2026-11-24 00:00", "day"),
    ("腊月二十三", "2027-01-30 00:00", "2027-01-31 00:00", "day"),
    ("除夕", "2027-02-05 00:00", "2027-02-06 00:00", "day"),
    ("大年初三", "2027-02-08 00:00", "2027-02-09 00:00", "day"),
    ("元旦", "2027-01-01 00:00", "2027-01-02 00:00", "day"),
    ("下午三点以前", None, "2026-11-20 15:00", "hour"),
    ("12月1号以后", "2026-12-02 00:00", None, "day"),
    ("从明天起", "2026-11-21 00:00", None, "day"),
    ("下禮拜三下午", "2026-11-25 12:00", "2026-11-26 00:00", "part"),
    ("３月８日　上午９：００", "2027-03-08 09:00", "2027-03-08 09:01", "minute"),
    ("11.20-11.25", "2026-11-20 00:00", "2026-11-26 00:00", "day"),
    ("今明两天", "2026-11-20 00:00", "2026-11-22 00:00", "day"),
    ("明后天", "2026-11-21 00:00", "2026-11-23 00:00", "day"),
    ("明天3pm", "2026-11-21 15:00", "2026-11-21 16:00", "hour"),
    ("春节前三天", "2027-02-03 00:00", "2027-02-06 00:00", "day"),
    ("12月第一周", "2026-12-01 00:00", "2026-12-07 00:00", "week"),
    ("明年的第一个星期一", "2027-01-04 00:00", "2027-01-05 00:00", "day"),
    ("2027年的前两周", "2027-01-04 00:00", "2027-01-18 00:00", "week"),
    ("5月最后两周", "2027-05-18 00:00", "2027-06-01 00:00", "week"),
    ("三四月份", "2027-03-01 00:00", "2027-05-01 00:00", "month"),
    ("半年内", "2026-11-20 00:00", "2027-05-20 00:00", "day"),
    ("下 周三", "2026-11-25 00:00", "2026-11-26 00:00", "day"),
    ("除夕夜8点", "2027-02-05 20:00", "2027-02-05 21:00", "hour"),
    ("元旦前夕", "2026-12-31 00:00", "2027-01-01 00:00", "day"),
    ("年初八", "2027-02-13 00:00", "2027-02-14 00:00", "day"),
    ("农历2016年", "2016-02-08 00:00", "2017-01-28 00:00", "year"),
    ("26-11-25", "2026-11-25 00:00", "2026-11-26 00:00", "day"),
    ("1980年代", "1980-01-01 00:00", "1990-01-01 00:00", "year"),
    ("二十世纪", "1900-01-01 00:00", "2000-01-01 00:00", "year"),
    ("昨天后半夜", "2026-11-20 00:00", "2026-11-20 06:00", "part"),
    ("上周三这个时候", "2026-11-11 10:00", "2026-11-11 10:01", "minute"),
    ("三个月前的今天", "2026-08-20 00:00", "2026-08-21 00:00", "day"),
    ("三年前的五月", "2023-05-01 00:00", "2023-06-01 00:00", "month"),
    ("正午", "2026-11-20 12:00", "2026-11-20 12:01", "minute"),
]

MANAGERS = [
    ("上个月的门诊量", "2026-10-01 00:00", "2026-11-01 00:00", "month"),
    ("近30天", "2026-10-22 00:00", "2026-11-21 00:00", "day"),
    ("近一个月", "2026-10-21 00:00", "2026-11-21 00:00", "day"),
    ("近一周", "2026-11-14 00:00", "2026-11-21 00:00", "day"),
    ("前三天", "2026-11-17 00:00", "2026-11-20 00:00", "day"),
    ("前一个月", "2026-10-01 00:00", "2026-11-01 00:00", "month"),
    ("过去十年", "2016-11-21 00:00", "2026-11-21 00:00", "day"),
    ("去年同期", "2025-01-01 00:00", "2025-11-21 00:00", "day"),
    ("前天", "2026-11-18 00:00", "2026-11-19 00:00", "day"),
    ("上周五上午九点到十一点", "2026-11-13 09:00", "2026-11-13 11:00", "hour"),
    ("今年一季度", "2026-01-01 00:00", "2026-04-01 00:00", "quarter"),
    ("上半年", "2026-01-01 00:00", "2026-07-01 00:00", "half_year"),
    ("10月底以来", "2026-10-21 00:00", "2026-11-21 00:00", "day"),
    ("今年以来", "2026-01-01 00:00", "2026-11-21 00:00", "year"),
    ("8月", "2026-08-01 00:00", "2026-09-01 00:00", "month"),
    ("8月到10月", "2026-08-01 00:00", "2026-11-01 00:00", "month"),
    ("9月到12月", "2026-09-01 00:00", "2027-01-01 00:00", "month"),
    ("国庆期间", "2026-10-01 00:00", "2026-10-08 00:00", "day"),
    ("五一假期", "2026-05-01 00:00", "2026-05-06 00:00", "day"),
    ("去年国庆期间", "2025-10-01 00:00", "2025-10-09 00:00", "day"),
    ("今年前三季度", "2026-01-01 00:00", "2026-10-01 00:00", "quarter"),
    ("周三", "2026-11-18 00:00", "2026-11-19 00:00", "day"),
    ("上季度", "2026-07-01 00:00", "2026-10-01 00:00", "quarter"),
    ("上上个月", "2026-09-01 00:00", "2026-10-01 00:00", "month"),
    ("去年今天", "2025-11-20 00:00", "2025-11-21 00:00", "day"),
    ("过去24小时", "2026-11-19 10:00", "2026-11-20 10:00", "hour"),
    ("周一到今天", "2026-11-16 00:00", "2026-11-21 00:00", "day"),
    ("截至昨天", None, "2026-11-20 00:00", "day"),
    ("2026年第47周", "2026-11-16 00:00", "2026-11-23 00:00", "week"),
]


@pytest.mark.parametrize(("text", "start", "end", "grain"), PATIENTS)
def test_patients(text: str, start: str | None, end: str | None, grain: str) -> None:
    match = only(text)
    assert (*interval(match), match.grain) == (start, end, grain)


@pytest.mark.parametrize(("text", "start", "end", "grain"), MANAGERS)
def test_managers(text: str, start: str | None, end: str | None, grain: str) -> None:
    match = only(text, "past")
    assert (*interval(match), match.grain) == (start, end, grain)


@pytest.mark.parametrize(
    ("text", "seconds", "months"),
    [
        ("等了40分钟", 2400, None),
        ("一个半小时", 5400, None),
        ("三天", 3 * 86400, None),
        ("2小时30分", 9000, None),
        ("一刻钟", 900, None),
        ("半个月", 15 * 86400, None),
        ("三年零两个月", None, 38),
        ("半年", None, 6),
        ("一会儿", None, None),
        ("三四天", None, None),
        ("一两天", None, None),
        ("等了半天", None, None),
    ],
)
def test_lengths(text: str, seconds: float | None, months: int | None) -> None:
    match = only(text)
    assert (match.kind, match.start, match.end) == ("duration", None, None)
    assert (match.seconds, match.months) == (seconds, months)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("每天早上八点发给我", {"freq": "daily", "part": "早上", "time": "08:00"}),
        ("每周一三五下午两点", {"freq": "weekly", "weekday": [1, 3, 5], "part": "下午", "time": "14:00"}),
        ("每周一到周五", {"freq": "weekly", "weekday": [1, 2, 3, 4, 5]}),
        ("每月15号", {"freq": "monthly", "monthday": [15]}),
        ("每个月第一个周一", {"freq": "monthly", "nth": 1, "weekday": [1]}),
        ("每晚九点", {"freq": "daily", "part": "晚上", "time": "21:00"}),
        ("每8小时", {"freq": "hourly", "interval": 8}),
        ("隔天", {"freq": "daily", "interval": 2}),
        ("工作日上午", {"freq": "workday", "part": "上午"}),
        ("每天八点到十二点", {"freq": "daily", "time": "08:00", "until": "12:00"}),
    ],
)
def test_recurrences(text: str, rule: dict[str, object]) -> None:
    match = only(text)
    assert (match.kind, match.rule) == ("recurrence", rule)


def test_hours_of_each_day() -> None:
    match = only("周一到周五上午九点到十一点", now=datetime(2026, 11, 21, 9))
    assert interval(match) == ("2026-11-23 00:00", "2026-11-28 00:00")
    assert match.rule == {"daily": ["09:00", "11:00"]}
    assert only("下周上午").rule == {"daily": ["00:00", "12:00"]}
    assert only("近30天上午8点到10点", "past").rule == {"daily": ["08:00", "10:00"]}


def test_same_period_follows_the_other_interval() -> None:
    month, earlier = parse("上个月和去年同期比", FRIDAY, "past")
    assert interval(month) == ("2026-10-01 00:00", "2026-11-01 00:00")
    assert interval(earlier) == ("2025-10-01 00:00", "2025-11-01 00:00")


@pytest.mark.parametrize(
    ("text", "second"),
    [
        ("明天上午或者下午", "2026-11-21 12:00"),
        ("下周二和周四", "2026-11-26 00:00"),
        ("12月3号、5号", "2026-12-05 00:00"),
        ("6月1日、3日", "2027-06-03 00:00"),
        ("2025-3-8和9日", "2025-03-09 00:00"),
        ("明天下午三点还是五点", "2026-11-21 17:00"),
    ],
)
def test_lists_keep_the_larger_unit(text: str, second: str) -> None:
    matches = parse(text, FRIDAY)
    assert len(matches) == 2
    assert interval(matches[1])[0] == second


def test_unknown_holidays_are_said_and_not_guessed() -> None:
    match = only("2028年国庆期间")
    assert (match.start, match.end) == (None, None)
    assert match.note and "2028" in match.note
    assert only("节前", now=datetime(2026, 4, 20)).start == datetime(2026, 4, 30, tzinfo=SHANGHAI)


def test_dates_that_do_not_exist_or_contradict_are_said() -> None:
    assert only("2月30日").note == "没有这个日期"
    assert only("11月20日星期四").note == "日期与星期不符"
    assert only("11月20日星期五").note is None


def test_today_counts_but_a_passed_hour_does_not() -> None:
    monday_evening = datetime(2026, 11, 23, 17)
    assert interval(only("周一", now=monday_evening))[0] == "2026-11-23 00:00"
    assert interval(only("周一上午", now=monday_evening))[0] == "2026-11-30 00:00"


def test_now_in_another_zone_is_taken_to_shanghai() -> None:
    late = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
    assert only("今天", now=late).start == datetime(2026, 11, 21, tzinfo=SHANGHAI)
    offset = only("今天").start
    assert offset is not None and offset.utcoffset() == timedelta(hours=8)


def test_several_times_in_a_sentence() -> None:
    found = parse("我前天晚上开始发烧，想挂明天上午九点的号，等了40分钟", FRIDAY)
    assert [match.text for match in found] == ["前天晚上", "明天上午九点", "40分钟"]


def test_cli_lines() -> None:
    first, second = cli_lines(["明天上午", "你好"], FRIDAY)
    assert first == {
        "text": "明天上午",
        "matches": [
            {
                "text": "明天上午",
                "start": "2026-11-21T00:00:00+08:00",
                "end": "2026-11-21T12:00:00+08:00",
                "grain": "part",
                "kind": "date_time",
            }
        ],
    }
    assert second == {"text": "你好", "matches": []}


def test_an_unknown_holiday_behind_another_word_is_said_too() -> None:
    (match,) = parse("截至2028年国庆期间", FRIDAY)
    assert match.start is None and match.note and "2028" in match.note


def test_endless_repetition_is_read_in_bounded_work() -> None:
    for text in ("一" * 5000, "上" * 5000, "1" * 5000, "一天" * 2000, "周一到" * 2000):
        assert all(match.finish <= len(text) for match in parse(text, FRIDAY))
