"""Which day a chain of nodes means: the frames in which it recurs, and the choice among its occurrences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from chinese import calendar
from chinese.calendar import Unit
from chinese.time.chain import Chain
from chinese.time.clock import Clock, PartOfDay
from chinese.time.model import Context, Span, Unresolvable
from chinese.time.nodes import Node, span_of

# A leap month comes back after nineteen years, 29 February after eight at most.
_REACH = 20
EVENING = 18


def resolve_chain(chain: Chain, here: Context) -> Span | None:
    """The span that is meant: of several occurrences the next or the last, one that holds now before both."""
    if chain.nodes[0].cycle is None:
        return _fold(chain.nodes, None, here)
    return choose((span for span in occurrences(chain.nodes, here)), here, by_day=_names_a_date(chain))


def _names_a_date(chain: Chain) -> bool:
    """20号上午九点 said on the 20th is that day's at any hour; 周五上午 and 九点 that are over are the next ones."""
    return chain.nodes[0].cycle not in ("day", "week")


def choose(spans: Iterator[Span], here: Context, *, by_day: bool) -> Span | None:
    """The first occurrence that is not over (future), or the first that has begun (past, coming backwards).

    `by_day`: an hour of today counts, whether it is over or to come.
    """
    now = calendar.midnight(here.now) if by_day else here.now
    begun = now + timedelta(days=1) if by_day else now
    for span in spans:
        if here.prefer == "future" and not _is_over(span, now):
            return span
        if here.prefer == "past" and (span.start < begun or span.start == here.now):
            return span
    return None


def _is_over(span: Span, now: datetime) -> bool:
    if span.moment:
        return span.start < now.replace(second=0, microsecond=0)
    if span.grain in ("part", "hour", "minute"):
        return span.end <= now
    return span.end <= calendar.midnight(now)


def occurrences(nodes: tuple[Node, ...], here: Context) -> Iterator[Span]:
    """The spans of a recurring chain: forwards from about now for the future, backwards for the past."""
    cycle = nodes[0].cycle
    if cycle is None:
        span = _fold(nodes, None, here)
        if span:
            yield span
        return
    if here.prefer == "past":
        offsets = range(1, -_REACH - 1, -1)
    else:
        # What began yesterday evening is not what is coming; a week or year may have begun before now.
        offsets = range(0 if cycle == "day" else -1, _REACH + 1)
    for offset in offsets:
        frame = span_of(cycle, here.now, offset)
        try:
            span = _fold(nodes, frame, here)
        except Unresolvable:
            # A year on the other side of now is not the one that is asked for.
            if frame.start > here.now if here.prefer == "past" else frame.end <= here.now:
                continue
            raise
        if span is not None:
            yield span


def _fold(nodes: tuple[Node, ...], frame: Span | None, here: Context) -> Span | None:
    span = frame
    for node in nodes:
        span = node.at(span, here)
        if span is None:
            return None
    return span


def resolve_range(left: Chain, right: Chain, here: Context, *, later: Unit | None = None) -> Span | None:
    """The span from the start of one chain to the end of another (the moment itself where that is a clock time).

    `later`: the end lies in the day (次日) or year (次年) after the start's.
    """
    if left.nodes[0].cycle is None:
        first = _fold(left.nodes, None, here)
        return first and _join(first, left, right, here, later)
    if right.nodes[0].cycle is None:
        last = _fold(right.nodes, None, here)
        if last is None:
            return None
        first = resolve_chain(left, Context(last.start, "past"))
        return first and _join(first, left, right, here, later)
    return choose(_nearest(_joined(left, right, here, later), here), here, by_day=_names_a_date(left))


def _nearest(spans: Iterator[Span], here: Context) -> Iterator[Span]:
    """周一到20号: of several that have begun and are not over, the one that began last."""
    held: Span | None = None
    try:
        for span in spans:
            if held is not None and not (here.prefer == "future" and held.start < span.start <= here.now):
                yield held
            held = span
    except Unresolvable:
        if held is not None:
            yield held
        raise  # reached only where that one is over
    if held is not None:
        yield held


def _joined(left: Chain, right: Chain, here: Context, later: Unit | None) -> Iterator[Span]:
    for first in occurrences(left.nodes, here):
        try:
            span = _join(first, left, right, here, later)
        except Unresolvable:
            if first.start > here.now if here.prefer == "past" else first.end <= here.now:
                continue
            raise
        if span is not None:
            yield span


def _join(first: Span, left: Chain, right: Chain, here: Context, later: Unit | None) -> Span | None:
    if first.daily:
        return daily_until(first, left, right, here)
    last = _right_end(first, left, right, here, later)
    if last is None:
        return None
    end = last.start if last.moment else last.end
    if end <= first.start:
        return None
    grain = min((first.grain, last.grain), key=_GRAINS.index)
    return Span(first.start, end, grain, note=first.note or last.note)


_GRAINS = ("minute", "hour", "part", "day", "week", "month", "quarter", "half_year", "year")


def _right_end(first: Span, left: Chain, right: Chain, here: Context, later: Unit | None) -> Span | None:
    nodes = _as_written(first, left, right.nodes)
    if later:
        return _fold(nodes, span_of(later, first.start, 1), here)
    if nodes[0].cycle is None:
        return _fold(nodes, None, here)
    after = Context(first.start, "future")
    for candidate in _readings_of_right(left, nodes):
        last = next((span for span in occurrences(candidate, after) if _closes(first, span)), None)
        if last is not None and (candidate is nodes or last.end - first.start <= timedelta(hours=13)):
            return last
    return None


def _as_written(first: Span, left: Chain, nodes: tuple[Node, ...]) -> tuple[Node, ...]:
    """22:00 to 6:00, 今晚十点到明天六点: after the 24-hour clock or an evening a small hour is the morning's."""
    clock, start = nodes[-1], left.nodes[-1]
    if not isinstance(clock, Clock) or any(isinstance(node, PartOfDay) for node in nodes):
        return nodes
    written = isinstance(start, Clock) and (start.hour > 12 or start.hour == 0)
    overnight = first.moment and first.start.hour >= EVENING and len(nodes) > 1
    return (*nodes[:-1], replace(clock, exact=True)) if written or overnight else nodes


def _readings_of_right(left: Chain, nodes: tuple[Node, ...]) -> Iterator[tuple[Node, ...]]:
    """上午九点到十一点: the second clock time is first read in the first one's part of the day."""
    part = next((node for node in reversed(left.nodes) if isinstance(node, PartOfDay)), None)
    if part is not None and isinstance(nodes[0], Clock):
        yield (part, *nodes)
    yield nodes


def _closes(first: Span, last: Span) -> bool:
    return last.start > first.start if last.moment else last.end > first.start


def daily_until(first: Span, left: Chain, right: Chain, here: Context) -> Span | None:
    """近30天上午8点|到10点: the same hours of each day."""
    if first.daily is None or not isinstance(right.nodes[-1], Clock):
        return None
    for nodes in _readings_of_right(left, right.nodes):
        last = _fold(nodes, span_of("day", first.start), here)
        if last is not None and last.moment and (until := f"{last.start:%H:%M}") > first.daily[0]:
            return replace(first, daily=(first.daily[0], until))
    return None


def with_hours(days: Span, hours: tuple[Node, ...], here: Context) -> Span | None:
    """A stretch of days with the hours of each (周一到周五|上午)."""
    return _fold(hours, days, here)


def until_today_end(span: Span, here: Context) -> Span:
    """From the span's start to the end of today."""
    return replace(span, end=calendar.midnight(here.now) + timedelta(days=1), moment=False)
