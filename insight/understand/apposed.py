"""A length said after the time that has it: 上周末两天, 10月1号到7号这七天, 上个月一整个月. It is no time of its own."""

import re
from datetime import datetime, timedelta

from chinese import calendar
from chinese.numbers import parse_number
from chinese.time import parse
from insight.understand.hours import NUMBER, weekday_hits

_LENGTH = re.compile(
    rf"(?:的)?(?:这|那)?(?:前后|一共|总共|整整)?(?P<n>{NUMBER})整?"
    r"(?P<unit>天|个?(?:周|星期|礼拜)(?![一二三四五六日天末])|个月|整月|个季度|个季|年(?!来|前|内|级))(?:整|的?时间|工夫|下来|里面?|之?内|当中)*"
)
_UNITS: dict[str, calendar.Unit] = {"月": "month", "度": "quarter", "季": "quarter", "年": "year"}


def lengths(text: str, now: datetime, prefer: str) -> list[tuple[int, int]]:
    """Spans of lengths that only say again how long the time before them is.

    `text` with names put out of sight; `prefer`: past or future, for bare dates. A length that differs (上周三天) is
    none of them.
    """
    out = []
    for hit in _LENGTH.finditer(text):
        number = parse_number(hit["n"])
        head = text[: hit.start()]
        if number is not None and head and _as_long(head, int(number.value), hit["unit"], now, prefer):
            out.append(hit.span())
    return out


def _as_long(head: str, count: int, unit: str, now: datetime, prefer: str) -> bool:
    """Whether the time at the end of `head` is `count` units long."""
    days, _ = weekday_hits(head)
    if unit == "天" and any(end == len(head) and len(named) == count for _, end, named in days):
        return True
    wanted = "future" if prefer == "future" else "past"
    for match in parse(head, now, prefer=wanted):  # type: ignore[arg-type]
        if match.kind != "date_time" or match.finish != len(head) or not match.start or not match.end:
            continue
        if unit == "天":
            return bool(match.end - match.start == timedelta(count))
        if unit[-1] in _UNITS:
            return bool(calendar.add(match.start, count, _UNITS[unit[-1]]) == match.end)
        return bool(match.end - match.start == timedelta(7 * count))
    return False
