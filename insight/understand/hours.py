"""Hours, parts of the day and weekdays of a question: what filters a range rather than being one."""

import re

from chinese.numbers import parse_number

PARTS = {
    "凌晨": (0, 6), "早上": (6, 9), "早晨": (6, 9), "早间": (6, 9), "上午": (0, 12), "中午": (11, 13), "下午": (12, 24),
    "傍晚": (17, 19), "晚上": (18, 24), "晚间": (18, 24), "夜间": (18, 24), "夜里": (22, 24),
}  # fmt: skip
DAYS = {
    "一": 1,
    "二": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "日": 7,
    "天": 7,
    "1": 1,
    "2": 2,
    "3": 3,
    "4": 4,
    "5": 5,
    "6": 6,
    "7": 7,
}
PART = "|".join(PARTS)
NUMBER = r"(?:\d{1,2}|[零一二三四五六七八九十两]{1,3})"
_CLOCK = rf"(?:{PART})?(?:的)?{NUMBER}(?:点|时|[:：]00)(?:整|钟)?"
_HOURS = re.compile(
    rf"(?P<a>{_CLOCK}|(?:{PART})?{NUMBER})\s*(?:到|至|-|~|—|－|～)\s*(?P<b>{_CLOCK})(?:之间|间|这个时段|时段)?"
)
_BEFORE_AFTER = re.compile(rf"(?P<a>{_CLOCK})(?P<side>以前|之前|前|以后|之后|后)")
_PARTS = re.compile(
    rf"(?:每天|每日)?(?:的)?(?P<part>{PART})(?!\d|[零一二三四五六七八九十两]+[点时])(?:时段|的时候|时间段)?"
)
_WEEKDAYS = re.compile(
    r"(?P<every>每个?|逢|各个?)?(?:周|星期|礼拜)(?P<a>[一二三四五六日天])"
    r"(?:(?P<to>到|至|-|~)(?:周|星期|礼拜)?(?P<b>[一二三四五六日天])|(?P<more>(?:[、和及与,，]?(?:周|星期|礼拜)?[一二三四五六日天])+(?![个月年天周号日点]))?)"
)
_WEEKEND = re.compile(
    r"(?:每个?)?(?:周末|双休日|(?:周|星期|礼拜)六[、和及与,，]?(?:(?:周|星期|礼拜))?[日天])"
)
_DATED = re.compile(r"(?:上上?个?|下下?个?|这个?|本|前一?个?|大)$")


def _hour(text: str) -> int | None:
    part = next((name for name in PARTS if name in text), None)
    digits = re.search(NUMBER, text.replace(part or "", "", 1))
    number = parse_number(digits.group()) if digits else None
    if number is None:
        return None
    hour = int(number.value)
    if part is None and 1 <= hour <= 6:
        hour += 12  # a clinic's 五点 is in the afternoon
    if part in ("下午", "傍晚", "晚上", "晚间", "夜间", "夜里") and hour < 12:
        hour += 12
    if part == "中午" and hour < 10:
        hour += 12
    return hour if 0 <= hour <= 24 else None


def _span_hours(hit: re.Match[str]) -> tuple[int, ...] | None:
    first, last = _hour(hit["a"]), _hour(hit["b"])
    if first is None or last is None:
        return None
    part_a = next((p for p in PARTS if p in hit["a"]), None)
    if (
        part_a in ("下午", "晚上", "傍晚")
        and last < 12 <= first
        or part_a is None
        and last <= first
        and last < 12
    ):
        last += 12
    return tuple(range(first, last)) if last > first else None


def mask(text: str, start: int, end: int) -> str:
    """The text with a span put out of sight, its length kept."""
    return text[:start] + "，" * (end - start) + text[end:]


def hour_hits(text: str) -> list[tuple[int, int, tuple[int, ...]]]:
    """(start, end, hours) of every stretch of the day that is named."""
    out = []
    for hit in _HOURS.finditer(text):
        hours = _span_hours(hit)
        if hours:
            out.append((hit.start(), hit.end(), hours))
    covered = text
    for start, end, _ in out:
        covered = mask(covered, start, end)
    for hit in _BEFORE_AFTER.finditer(covered):
        hour = _hour(hit["a"])
        if hour is not None and 0 < hour < 24:
            hours = tuple(range(hour)) if "前" in hit["side"] else tuple(range(hour, 24))
            out.append((hit.start(), hit.end(), hours))
            covered = mask(covered, hit.start(), hit.end())
    for hit in _PARTS.finditer(covered):
        low, high = PARTS[hit["part"]]
        out.append((hit.start(), hit.end(), tuple(range(low, high))))
    return out


def weekday_hits(text: str) -> tuple[list[tuple[int, int, tuple[int, ...]]], bool]:
    """Weekdays that belong to no calendar week of their own (上周三 is a date)."""
    out: list[tuple[int, int, tuple[int, ...]]] = []
    every = False
    for hit in _WEEKEND.finditer(text):
        if not _DATED.search(text[: hit.start()]):
            out.append((hit.start(), hit.end(), (6, 7)))
            text = mask(text, hit.start(), hit.end())
    for hit in _WEEKDAYS.finditer(text):
        if _DATED.search(text[: hit.start()]):
            continue
        first = DAYS[hit["a"]]
        days = [first]
        if hit["to"]:
            last = DAYS[hit["b"]]
            days = list(range(first, last + 1)) if last >= first else [*range(first, 8), *range(1, last + 1)]
        elif hit["more"]:
            days += [DAYS[c] for c in hit["more"] if c in DAYS]
        every = every or bool(hit["every"])
        out.append((hit.start(), hit.end(), tuple(days)))
    return out, every
