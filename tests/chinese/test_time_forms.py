"""One time in many forms: printed and parsed it is the same, in either script, at full width, within a sentence."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from chinese.lunar import to_lunar
from chinese.time import Match, parse
from chinese.traditional import TO_SIMPLIFIED
from tests.chinese import judge

NOW = datetime(2026, 11, 20, 10, 0)
DIGITS = "零一二三四五六七八九"
JOINTS = ("到", "至", "-", "~", "—", "——", "～", " - ")
DAYS = st.dates(date(1990, 1, 1), date(2060, 12, 31))
CASES = [case for path in sorted(judge.FOLDER.glob("*.txt")) for case in judge.cases(path)]
JUDGED = st.sampled_from(CASES)
WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
TRADITIONAL = str.maketrans({new: old for old, new in reversed(TO_SIMPLIFIED.items())})


def said(number: int) -> str:
    """0 to 99 in characters."""
    tens, ones = divmod(number, 10)
    return (("" if tens == 1 else DIGITS[tens]) + "十" if tens else "") + (
        DIGITS[ones] if ones or not tens else ""
    )


def spelt(year: int) -> str:
    return "".join(DIGITS[int(digit)] for digit in str(year))


def whole(text: str, prefer: str = "future") -> tuple[datetime | None, datetime | None]:
    """The interval of a text that is one expression from end to end."""
    (match,) = parse(text, NOW, prefer)  # type: ignore[arg-type]
    assert match.text == text and match.kind == "date_time"
    start, end = (moment and moment.replace(tzinfo=None) for moment in (match.start, match.end))
    return start or None, end or None


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)


def forms(day: date) -> list[str]:
    return [
        f"{day.year}年{day.month}月{day.day}日",
        f"{spelt(day.year)}年{said(day.month)}月{said(day.day)}号",
        f"{day.year}/{day.month}/{day.day}",
        f"{day.year}.{day.month:02}.{day.day:02}",
        f"{day:%Y%m%d}",
        f"{day:%Y-%m-%d}",
    ]


@given(DAYS, st.integers(0, 400), st.sampled_from(JOINTS))
@settings(deadline=None)
def test_ranges_of_days(first: date, length: int, joint: str) -> None:
    last = first + timedelta(days=length)
    if first == last:
        return
    span = midnight(first), midnight(last) + timedelta(days=1)
    for left, right in zip(forms(first), forms(last), strict=True):
        if "-" in left and joint in ("-", "—", "——"):
            continue
        assert whole(left + joint + right) == span
        assert whole(f"从{left}到{right}", "past") == span
    if first.year == last.year:
        left = f"{first.year}年{first.month}月{first.day}日"
        assert whole(f"{left}{joint}{last.month}月{last.day}日") == span
        if first.month == last.month:
            assert whole(f"{left}{joint}{last.day}日") == span


@given(st.integers(1990, 2060), st.integers(1, 11), st.integers(1, 11), st.sampled_from(JOINTS))
@settings(deadline=None)
def test_ranges_of_months_and_years(year: int, first: int, more: int, joint: str) -> None:
    last = min(first + more, 12)
    end = datetime(year + last // 12, last % 12 + 1, 1)
    for text in (
        f"{year}年{first}月{joint}{last}月",
        f"{year}年{first}月{joint}{year}年{last}月",
        f"{spelt(year)}年{said(first)}月{joint}{said(last)}月",
    ):
        assert whole(text) == (datetime(year, first, 1), end)
    assert whole(f"{year}年{joint}{year + more}年") == (datetime(year, 1, 1), datetime(year + more + 1, 1, 1))


@given(DAYS, st.integers(0, 23), st.integers(0, 59))
@settings(deadline=None)
def test_a_clock_time_after_a_date(day: date, hour: int, minute: int) -> None:
    expected = midnight(day) + timedelta(hours=hour, minutes=minute)
    texts = [f"{form} {hour:02}:{minute:02}" for form in forms(day)]
    part = (
        "凌晨"
        if hour < 6
        else "上午"
        if hour < 12
        else "中午"
        if hour == 12
        else "下午"
        if hour < 18
        else "晚上"
    )
    twelve = hour if hour <= 12 else hour - 12
    texts += [
        f"{form}{part}{clock}"
        for form in forms(day)[:3]
        for clock in (
            f"{twelve}:{minute:02}",
            f"{twelve:02}:{minute:02}",
            f"{twelve}点{minute:02}分",
            f"{twelve}时{minute}分",
            f"{said(twelve)}点{said(minute) if minute > 9 else '零' + said(minute)}分",
        )
    ]
    for text in texts:
        assert whole(text)[0] == expected, text


@given(st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))
@settings(deadline=None)
def test_seconds(hour: int, minute: int, second: int) -> None:
    expected = datetime(2026, 11, 21, hour, minute, second)
    assert whole(f"明天{hour:02}:{minute:02}:{second:02}")[0] == expected
    if hour > 12:
        assert whole(f"明天{hour}点{minute}分{second}秒")[0] == expected
        assert (
            whole(f"明天{'下午' if hour < 18 else '晚上'}{hour - 12}:{minute:02}:{second:02}")[0] == expected
        )


@given(st.integers(7, 12), st.integers(13, 22), st.sampled_from(JOINTS))
@settings(deadline=None)
def test_ranges_of_hours(first: int, last: int, joint: str) -> None:
    span = datetime(2026, 11, 21, first), datetime(2026, 11, 21, last)
    evening = "下午" if last < 18 else "晚上"
    for text in (
        f"明天{first}:00{joint}{last}:00",
        f"明天{first}点{joint}{last}点",
        f"11月21日上午{said(first)}点{joint}{evening}{said(last - 12)}点",
        f"明天{first}时{joint}明天{last}时",
    ):
        assert whole(text) == span, text
    night = datetime(2026, 11, 21, last), datetime(2026, 11, 22, first - 6)
    assert whole(f"明天{last}:00{joint}次日{first - 6}:00") == night


@given(DAYS)
@settings(deadline=None)
def test_lunar_dates_come_back(day: date) -> None:
    lunar = to_lunar(day)
    month = ("闰" if lunar.leap else "") + said(lunar.month) + "月"
    ones = DIGITS[lunar.day % 10] if lunar.day % 10 else "十"
    name = ("初", "十", "廿", "三十")[lunar.day // 10] + ones if lunar.day not in (10, 20, 30) else ""
    name = name or {10: "初十", 20: "二十", 30: "三十"}[lunar.day]
    span = midnight(day), midnight(day) + timedelta(days=1)
    assert whole(f"农历{lunar.year}年{month}{name}") == span
    assert whole(f"{lunar.year}年农历{month}{name}") == span


def found(text: str, case: dict[str, str]) -> list[Match]:
    return parse(text, datetime.fromisoformat(case["now"]), case["prefer"])  # type: ignore[arg-type]


def places(matches: list[Match], shift: int = 0) -> list[tuple[object, ...]]:
    return [(m.begin - shift, m.finish - shift, m.start, m.end, m.kind) for m in matches]


@given(JUDGED)
@settings(deadline=None, max_examples=300)
def test_script_and_width_change_nothing(case: dict[str, str]) -> None:
    plain = places(found(case["text"], case))
    assert places(found(case["text"].translate(TRADITIONAL), case)) == plain
    assert places(found(case["text"].translate(WIDE), case)) == plain


BEFORE = st.sampled_from(["我想挂", "请问", "帮我看看", "把号改到", "心内科", "，", "（", "那", "时间："])
AFTER = st.sampled_from(["，谢谢", "。", "？", "）", "的门诊量", "各科室", "王医生", "能约吗", "可以吗"])


@given(JUDGED, BEFORE, AFTER)
@settings(deadline=None, max_examples=300)
def test_a_sentence_around_it_changes_nothing(case: dict[str, str], before: str, after: str) -> None:
    words = case["expression"]
    if words.startswith(("一点", "一點", "过", "過")):  # a bit, and having passed: times only by themselves
        return
    assert places(found(before + words + after, case), len(before)) == places(found(words, case))


@given(JUDGED, JUDGED, st.integers(0, 40), st.integers(0, 40), st.text(max_size=2), st.booleans())
@settings(deadline=None, max_examples=400)
def test_broken_sentences_are_survived(
    case: dict[str, str], other: dict[str, str], cut: int, resume: int, noise: str, early: bool
) -> None:
    text = case["text"][:cut] + noise + other["text"][resume:]
    now = datetime(1, 1, 1) if early else datetime(9999, 12, 31, 23, 59)
    for moment in (NOW, now):
        reached = 0
        for match in parse(text, moment, "past" if early else "future"):
            assert reached <= match.begin < match.finish <= len(text)
            assert match.start is None or match.end is None or match.start < match.end
            reached = match.finish
