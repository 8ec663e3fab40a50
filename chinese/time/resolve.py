"""Which day a chain of nodes means: the frames in which it recurs, and the choice among its occurrences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from chinese import calendar
from chinese.time.chain import Chain
from chinese.time.clock import Clock, PartOfDay
from chinese.time.model import Context, Span
from chinese.time.nodes import Node, span_of

# 29 February may be eight years away.
_REACH = 9


def resolve_chain(chain: Chain, here: Context) -> Span | None:
    """The span that is meant: of several occurrences the next or the last, one that holds now before both."""
    if chain.nodes[0].cycle is None:
        return _fold(chain.nodes, None, here)
    return choose((span for span in occurrences(chain.nodes, here)), here)


def choose(spans: Iterator[Span], here: Context) -> Span | None:
    """From occurrences in their order: the first that is not over, or the last that has begun."""
    last: Span | None = None
    for span in spans:
        if here.prefer == "future" and not _is_over(span, here.now):
            return span
        if here.prefer == "past":
            if span.start > here.now:
                break
            last = span
    return last


def _is_over(span: Span, now: datetime) -> bool:
    if span.moment:
        return span.start < now.replace(second=0, microsecond=0)
    if span.grain in ("part", "hour", "minute"):
        return span.end <= now
    return span.end <= calendar.midnight(now)


def occurrences(nodes: tuple[Node, ...], here: Context) -> Iterator[Span]:
    """The spans of a recurring chain around now, in their order."""
    cycle = nodes[0].cycle
    if cycle is None:
        span = _fold(nodes, None, here)
        if span:
            yield span
        return
    start = -_REACH if here.prefer == "past" else -1
    for offset in range(start, _REACH + 1):
        span = _fold(nodes, span_of(cycle, here.now, offset), here)
        if span is not None:
            yield span


def _fold(nodes: tuple[Node, ...], frame: Span | None, here: Context) -> Span | None:
    span = frame
    for node in nodes:
        span = node.at(span, here)
        if span is None:
            return None
    return span


def resolve_range(left: Chain, right: Chain, here: Context, *, next_day: bool = False) -> Span | None:
    """The span from the start of one chain to the end of another (the moment itself where that is a clock time)."""
    if left.nodes[0].cycle is None:
        first = _fold(left.nodes, None, here)
        return first and _join(first, left, right, here, next_day)
    if right.nodes[0].cycle is None:
        last = _fold(right.nodes, None, here)
        if last is None:
            return None
        first = resolve_chain(left, Context(last.start, "past"))
        return first and _join(first, left, right, here, next_day)
    joined = (
        span
        for first in occurrences(left.nodes, here)
        if (span := _join(first, left, right, here, next_day)) is not None
    )
    return choose(joined, here)


def _join(first: Span, left: Chain, right: Chain, here: Context, next_day: bool) -> Span | None:
    last = _right_end(first, left, right, here, next_day)
    if last is None:
        return None
    end = last.start if last.moment else last.end
    if end <= first.start:
        return None
    grain = last.grain if last.grain == first.grain else min((first.grain, last.grain), key=_GRAINS.index)
    return Span(first.start, end, grain, note=first.note or last.note)


_GRAINS = ("minute", "hour", "part", "day", "week", "month", "quarter", "half_year", "year")


def _right_end(first: Span, left: Chain, right: Chain, here: Context, next_day: bool) -> Span | None:
    nodes = right.nodes
    if next_day:
        return _fold(nodes, span_of("day", first.start, 1), here)
    if nodes[0].cycle is None:
        return _fold(nodes, None, here)
    part = next((node for node in reversed(left.nodes) if isinstance(node, PartOfDay)), None)
    candidates = [nodes]
    if part is not None and isinstance(nodes[0], Clock):
        # 上午九点到十一点: the second clock time is read in the first one's part of the day, where that works.
        candidates.insert(0, (part, *nodes))
    after = Context(first.start, "future")
    for candidate in candidates:
        last = next((span for span in occurrences(candidate, after) if _closes(first, span)), None)
        if last is not None and (candidate is nodes or last.end - first.start <= timedelta(hours=13)):
            return last
    return None


def _closes(first: Span, last: Span) -> bool:
    return last.start > first.start if last.moment else last.end > first.start


def until_today_end(span: Span, here: Context) -> Span:
    """From the span's start to the end of today."""
    return replace(span, end=calendar.midnight(here.now) + timedelta(days=1), moment=False)
