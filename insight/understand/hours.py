"""Hours, parts of the day and weekdays of a question: what filters a range rather than being one."""

import re
from collections.abc import Sequence

from chinese.numbers import parse_number

PARTS = {
    "凌晨": (0, 6), "黎明": (0, 6), "后半夜": (0, 6), "早上": (6, 9), "早晨": (6, 9), "早间": (6, 9), "清晨": (6, 9), "清早": (6, 9),
    "一大早": (6, 9), "上午": (0, 12), "中午": (11, 13), "正午": (11, 13), "晌午": (11, 13), "下午": (12, 24), "午后": (12, 24),
    "傍晚": (17, 19), "黄昏": (17, 19), "晚上": (18, 24), "晚间": (18, 24), "夜间": (18, 24), "夜晚": (18, 24), "夜里": (22, 30),
    "半夜": (22, 30), "深夜": (22, 30), "午夜": (22, 30), "大半夜": (22, 30), "三更半夜": (22, 30),
}  # fmt: skip
"""Hours of each part of the day; beyond 24 they are the small hours. 夜间 is the evening: 夜间门诊 ends at midnight."""
SMALL = ("凌晨", "黎明", "后半夜")
NIGHT = (
    "晚上",
    "晚间",
    "夜间",
    "夜晚",
    "夜里",
    "半夜",
    "深夜",
    "午夜",
    "大半夜",
    "三更半夜",
)
"""Parts whose twelve is midnight and whose small hours are those after it."""
MORNING = ("早上", "早晨", "早间", "清晨", "清早", "一大早", "上午")
LATE = ("下午", "午后", "傍晚", "黄昏")
NOON = ("中午", "正午", "晌午")
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
PART = "|".join(sorted(PARTS, key=len, reverse=True))
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
    r"(?:(?P<to>到|至|-|~)(?:周|星期|礼拜)?(?P<b>[一二三四五六日天])|(?P<more>(?:[、和及与,，]?(?:周|星期|礼拜)?[一二三四五六日天])+(?![个月年天周号日点共起直下般定样律致次些半旦方边切]))?)"
)
_WEEKEND = re.compile(
    r"(?:每个?)?(?:周末|双休日|(?:周|星期|礼拜)六[、和及与,，]?(?:(?:周|星期|礼拜))?[日天])"
)
_DATED = re.compile(r"(?:上上?个?|下下?个?|这个?|本|前一?个?|大)$")


def _named_part(text: str) -> str | None:
    return next((name for name in sorted(PARTS, key=len, reverse=True) if name in text), None)


def _number(text: str) -> int | None:
    digits = re.search(NUMBER, text.replace(_named_part(text) or "", "", 1))
    number = parse_number(digits.group()) if digits else None
    return int(number.value) if number is not None and 0 <= number.value <= 24 else None


def _on_the_clock(hour: int, part: str | None) -> int:
    """The hour of the day, 0–23 or 24: 半夜12点 is 0, 夜里两点 2, 下午三点 15."""
    if part is None:
        return hour + 12 if 1 <= hour <= 6 else hour  # a clinic's 五点 is in the afternoon
    if part in SMALL:
        return hour % 12 if hour <= 12 else hour
    if part in NIGHT:
        return 0 if hour in (0, 12, 24) else hour + 12 if 5 <= hour < 12 else hour
    if part in LATE and hour < 12 or part in NOON and hour < 10:
        return hour + 12
    return hour


def _hour(text: str) -> int | None:
    number = _number(text)
    return None if number is None else _on_the_clock(number, _named_part(text))


def _span_hours(hit: re.Match[str]) -> tuple[int, ...] | None:
    """The hours from one clock time to another; past midnight they go on with the small hours (晚上10点到凌晨2点)."""
    a, b = _number(hit["a"]), _number(hit["b"])
    part_a, part_b = _named_part(hit["a"]), _named_part(hit["b"])
    if a is None or b is None:
        return None
    if part_a is None and part_b in (*SMALL, *NIGHT, *MORNING):
        later = part_b in SMALL and 6 <= a < 12 or part_b in NIGHT and 5 <= a < 12 and 5 <= b <= 12
        first = a % 12 if part_b in SMALL and a == 12 else a + 12 if later else a
    else:
        first = 0 if a == 0 else _on_the_clock(a, part_a)
    if part_b is not None:
        last = _on_the_clock(b, part_b)
    elif part_a in (*SMALL, *MORNING) or a == 0:
        last = b if b > first else b + 12
    elif part_a in NIGHT:
        last = b if first < 12 and b != 12 else _on_the_clock(b, part_a)
    elif part_a is None:
        last = b + 12 if (1 <= b <= 6 or b <= first) and b < 12 else b
    else:
        last = b + 12 if b <= first and b < 12 else b
    wraps = last <= first and (part_a in NIGHT or part_b in (*SMALL, *NIGHT) or last == 0)
    if wraps:
        return tuple(sorted({*range(first, 24), *range(last)}))
    return tuple(range(first, min(last, 24))) if last > first else None


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
        before = "前" in hit["side"]
        if hour is not None and (0 < hour < 24 or hour == 0 and not before):
            small = hour < 6 and _named_part(hit["a"]) in NIGHT  # 半夜12点以后: until the morning
            hours = tuple(range(hour)) if before else tuple(range(hour, 6 if small else 24))
            out.append((hit.start(), hit.end(), hours))
            covered = mask(covered, hit.start(), hit.end())
    for hit in _PARTS.finditer(covered):
        low, high = PARTS[hit["part"]]
        out.append((hit.start(), hit.end(), tuple(sorted(hour % 24 for hour in range(low, high)))))
    return out


def daily_hours(daily: Sequence[str]) -> tuple[int, ...] | None:
    """The hours of ["22:00", "06:00"], each day's of a longer stretch; None where it is no whole hours."""
    (first, a), (last, b) = (map(int, clock.split(":")) for clock in daily)
    if a or b:
        return None
    first, last = first % 24, last % 24 or 24
    return tuple(range(first, last)) if first < last else tuple(sorted({*range(first, 24), *range(last)}))


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
