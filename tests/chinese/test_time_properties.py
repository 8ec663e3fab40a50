"""What holds for every text and every day."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from chinese import calendar
from chinese.calendar import SHANGHAI
from chinese.time import parse

NOWS = st.datetimes(min_value=datetime(1960, 1, 1), max_value=datetime(2090, 1, 1))
DATES = st.dates(min_value=date(1950, 1, 1), max_value=date(2090, 12, 31))
PREFERENCES = st.sampled_from(["future", "past"])
PIECES = st.sampled_from(
    list("上下前后本这个近每年月日号周天点半刻分秒时早晚午今明昨去大初末底中旬季度到至和从起内来第最差")
    + [
        "农历",
        "春节",
        "国庆期间",
        "节前",
        "节后",
        "截至",
        "工作日",
        "以来",
        "之前",
        "以后",
        "去年",
        "同期",
        "星期",
        "11.20",
        "9:30",
        "2026-1-1",
        "两",
        "三十",
    ]
    + [
        "过去",
        "未来",
        "小时",
        "分钟",
        "十",
        "二",
        "三",
        "0",
        "1",
        "31",
        "12",
        "99999",
        "正月",
        "闰",
        " ",
        "的",
        "我",
        "号",
        "-",
        "~",
    ]
)
DIGITS = "零一二三四五六七八九"


def said(number: int) -> str:
    """1 to 99 in characters."""
    tens, ones = divmod(number, 10)
    return (("" if tens == 1 else DIGITS[tens]) + "十" if tens else "") + (
        DIGITS[ones] if ones or not tens else ""
    )


def first_start(text: str, now: datetime, prefer: str = "future") -> datetime:
    found = parse(text, now, prefer)  # type: ignore[arg-type]
    assert len(found) == 1 and found[0].text == text.strip(), (text, found)
    assert found[0].start is not None
    return found[0].start.replace(tzinfo=None)


@given(st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=14).map("".join)), NOWS, PREFERENCES)
@settings(max_examples=600, deadline=None)
def test_any_text_is_survived_and_matches_are_sound(text: str, now: datetime, prefer: str) -> None:
    reached = 0
    for match in parse(text, now, prefer):  # type: ignore[arg-type]
        assert reached <= match.begin < match.finish <= len(text)
        assert text[match.begin : match.finish] == match.text
        reached = match.finish
        if match.start and match.end:
            assert match.start < match.end
        for moment in (match.start, match.end):
            assert moment is None or moment.utcoffset() == timedelta(hours=8)
        if match.kind != "date_time":
            assert match.start is match.end is None


@given(DATES, NOWS, PREFERENCES)
@settings(deadline=None)
def test_a_full_date_is_the_same_day_however_it_is_written(day: date, now: datetime, prefer: str) -> None:
    year = "".join(DIGITS[int(digit)] for digit in str(day.year))
    forms = [
        f"{day.year}年{day.month}月{day.day}日",
        f"{day.year}年{day.month:02}月{day.day:02}号",
        f"{year}年{said(day.month)}月{said(day.day)}号",
        f"{day:%Y-%m-%d}",
        f"{day.year}.{day.month}.{day.day}",
        f"{day.year}/{day.month}/{day.day}",
        f"{day:%Y%m%d}",
        f"{day.year} 年 {day.month} 月 {day.day} 日",
    ]
    for form in forms:
        assert first_start(form, now, prefer).date() == day


@given(DATES, NOWS)
@settings(deadline=None)
def test_a_bare_date_is_the_next_or_the_last(day: date, now: datetime) -> None:
    text = f"{day.month}月{day.day}日"
    coming, gone = first_start(text, now).date(), first_start(text, now, "past").date()
    assert gone <= now.date() <= coming
    assert (coming.month, coming.day) == (gone.month, gone.day) == (day.month, day.day)
    assert coming.year - gone.year <= 8


@given(st.integers(1, 7), NOWS)
@settings(deadline=None)
def test_weekdays(number: int, now: datetime) -> None:
    name = "一二三四五六日"[number - 1]
    monday = calendar.week_of(now)[0]
    for word, weeks in (("上", -1), ("这", 0), ("下", 1), ("下下", 2)):
        assert first_start(f"{word}周{name}", now) == monday + timedelta(weeks=weeks, days=number - 1)
    bare = first_start(f"周{name}", now)
    assert bare.isoweekday() == number and timedelta() <= bare - calendar.midnight(now) < timedelta(days=7)


@given(st.integers(1, 99), NOWS)
@settings(deadline=None)
def test_counted_days_and_hours(count: int, now: datetime) -> None:
    now = now.replace(microsecond=0)
    today = calendar.midnight(now)
    for number in (str(count), said(count)):
        assert first_start(f"{number}天后", now) == today + timedelta(days=count)
        assert first_start(f"{number}天前", now) == today - timedelta(days=count)
        assert first_start(f"{number}个小时后", now) == now + timedelta(hours=count)
        assert first_start(f"近{number}天", now, "past") == today - timedelta(days=count - 1)


@given(st.integers(0, 23), st.integers(0, 59), NOWS)
@settings(deadline=None)
def test_clock_times_of_a_day(hour: int, minute: int, now: datetime) -> None:
    tomorrow = calendar.midnight(now) + timedelta(days=1, hours=hour, minutes=minute)
    assert first_start(f"明天{hour:02}:{minute:02}", now).minute == minute
    if hour >= 13 or 7 <= hour <= 12 or hour == 0:
        assert first_start(f"明天{hour}点{minute:02}分", now) == tomorrow
    else:
        assert first_start(f"明天凌晨{hour}点{minute:02}分", now) == tomorrow


@given(NOWS)
@settings(deadline=None)
def test_units_of_the_calendar_follow_each_other(now: datetime) -> None:
    for last, this, coming in (
        ("上周", "本周", "下周"),
        ("上个月", "这个月", "下个月"),
        ("去年", "今年", "明年"),
        ("上季度", "本季度", "下季度"),
    ):
        spans = [parse(word, now)[0] for word in (last, this, coming)]
        assert spans[0].end == spans[1].start and spans[1].end == spans[2].start
        assert spans[1].start is not None and spans[1].end is not None
        assert spans[1].start <= now.replace(tzinfo=SHANGHAI) < spans[1].end
