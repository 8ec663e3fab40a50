"""Time ranges of an answer: the default, the elapsed part, and what a range is compared with."""

from datetime import datetime, timedelta

from chinese import calendar
from insight.interpretation import TimeRange


def midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def default_range(now: datetime, days: int) -> TimeRange:
    """The last whole days up to yesterday."""
    end = midnight(now)
    return TimeRange(end - timedelta(days), end, f"近{days}天", default=True)


def closed(time: TimeRange, now: datetime, first: datetime | None = None) -> TimeRange:
    """Open ends closed: up to the end of today, from the first record on (or ten years back)."""
    start = time.start or first or calendar.add_months(midnight(now), -120)
    end = time.end or midnight(now) + timedelta(1)
    return TimeRange(start, end, time.text, time.grain, time.default)


def elapsed(time: TimeRange, now: datetime) -> TimeRange:
    """The part of a running period that is over; the range itself where all of it is."""
    if time.start is None or time.end is None or not time.start < now < time.end:
        return time
    return TimeRange(time.start, now, time.text, time.grain, time.default, elapsed=True)


def compared(time: TimeRange, kind: str, now: datetime) -> tuple[TimeRange, TimeRange]:
    """(the range, what it is compared with) for `mom` or `yoy`; of a running period the part that is over."""
    start, end = time.start, time.end
    if start is None or end is None:
        raise ValueError("an open range cannot be compared")
    if kind == "yoy":
        before = calendar.same_period_last_year(start, end)
        word = "去年同期"
    else:
        before = calendar.previous_period(start, end)
        word = "上一期"
    own = elapsed(time, now)
    if own.elapsed:
        cut = before[0] + (now - start)
        if kind == "yoy" and calendar.unit_of(start, end) != "week":
            cut = calendar.add_months(now, -12)
        before = (before[0], min(cut, before[1]))
    return own, TimeRange(before[0], before[1], word, time.grain, elapsed=own.elapsed)


def trend_grain(time: TimeRange, now: datetime) -> str:
    """The bucket in which a trend over the range reads best."""
    days = time.days(now) or 30
    if days <= 1:
        return "hour"
    if days <= 62:
        return "date"
    return "week" if days <= 180 else "month" if days <= 1100 else "year"


def union(ranges: tuple[TimeRange, ...]) -> TimeRange | None:
    """One range over several that follow each other without a gap; None where they do not."""
    ordered = sorted(ranges, key=lambda r: (r.start is not None, r.start))
    for one, two in zip(ordered, ordered[1:], strict=False):
        if one.end is None or two.start is None or one.end != two.start:
            return None
    return TimeRange(ordered[0].start, ordered[-1].end, "、".join(r.text for r in ranges), ordered[0].grain)


def same_grain(ranges: tuple[TimeRange, ...]) -> str | None:
    """The dimension whose buckets the ranges are, where each is one such bucket."""
    names = {"day": "date", "week": "week", "month": "month", "quarter": "quarter", "year": "year"}
    units = {calendar.unit_of(r.start, r.end) if r.start and r.end else None for r in ranges}
    unit = units.pop() if len(units) == 1 else None
    return names.get(unit or "")
