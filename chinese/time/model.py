"""What the parser gives back, and the span that its nodes hand to each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

Prefer = Literal["future", "past"]
Kind = Literal["date_time", "duration", "recurrence"]
Grain = Literal["minute", "hour", "part", "day", "week", "month", "quarter", "half_year", "year"]


@dataclass(frozen=True, slots=True)
class Match:
    """One time expression of a sentence.

    `start` and `end` are the half-open interval in Asia/Shanghai; None on one side means open. Both are None
    for durations and recurrences, and for a date that cannot be told (`note` then says why: a holiday
    arrangement that is not published yet). A clock time starts at the moment and ends with its hour or minute.
    `begin`, `finish`: character offsets of `text` in the sentence.
    `seconds`, `months`: the length of a duration; None where it is unknown (一会儿) or counted in the other.
    `rule`: for recurrences {"freq", "interval", "weekday", "month", "monthday", "time", "until", "part"} as far as
    said, a list where there may be several; day 31 is the last one of any month. `within` [21, 31]: the days that
    月底 may mean; `nth` with a weekday: the n-th in the month; `week`, `workday`: the n-th of the month; `festival`:
    a day of the year by its name; `calendar` "lunar": the days are the moon's. For a stretch of days with a part
    of the day (下周上午) {"daily": ["00:00", "12:00"]}.
    """

    text: str
    start: datetime | None
    end: datetime | None
    grain: Grain
    kind: Kind
    begin: int
    finish: int
    seconds: float | None = None
    months: int | None = None
    rule: dict[str, Any] | None = field(default=None, hash=False)
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """From where time is counted (naive local), and which way a bare date is meant."""

    now: datetime
    prefer: Prefer


@dataclass(frozen=True, slots=True)
class Span:
    """An interval in naive local time.

    `part`: the part of the day that a clock time still has to follow. `loose`: a day that was counted (两周后),
    so that a weekday or a day of the month after it picks from its week or month. `daily`: hours of each day.
    `moment`: only the start was named (a clock time).
    """

    start: datetime
    end: datetime
    grain: Grain
    part: str | None = None
    moment: bool = False
    loose: bool = False
    daily: tuple[str, str] | None = None
    note: str | None = None

    @property
    def is_one_day(self) -> bool:
        """Whether the span lies within one calendar day and starts with it."""
        return self.end - self.start <= timedelta(days=1)


class Unresolvable(Exception):
    """The words were understood but the date cannot be told; the message is for the person."""
