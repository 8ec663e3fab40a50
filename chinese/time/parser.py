"""From a sentence to its matches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from chinese import calendar
from chinese.calendar import SHANGHAI
from chinese.text import fold
from chinese.time.grammar import STOP, Reading, Starts, read
from chinese.time.lists import read_weekdays
from chinese.time.model import Context, Match, Prefer, Span
from chinese.time.quantity import Quantity
from chinese.time.words import relative_offset

LONGEST = 400
"""Characters of a text that are looked at; what patients and managers say is far shorter."""


def parse(text: str, now: datetime, prefer: Prefer = "future") -> list[Match]:
    """The time expressions of a text, from left to right, never overlapping.

    `now` is taken as Shanghai's where it carries no zone. `prefer` says which way a bare date or weekday is
    meant: patients mostly mean the future, managers the past. Never raises on any text.
    """
    local = now.astimezone(SHANGHAI) if now.tzinfo else now
    here = Context(local.replace(tzinfo=None, microsecond=0), prefer)
    folded = fold(text[:LONGEST])
    readings = _resolve_same_periods(_readings(folded, here), here)
    return [_match(text, reading) for reading in readings if not reading.nothing]


def _readings(folded: str, here: Context) -> list[Reading]:
    readings: list[Reading] = []
    stops = {hit.start(): hit.end() for hit in STOP.finditer(folded)}
    starts = Starts(folded)
    place = 0
    while (start := starts.next(place)) is not None:
        stop = next((finish for begin, finish in stops.items() if begin <= start < finish), None)
        if stop is not None:
            place = stop
            continue
        found = _try(folded, start, here, readings[-1] if readings else None)
        readings += found
        place = found[-1].finish if found else start + 1
    return readings


def _try(folded: str, start: int, here: Context, before: Reading | None) -> list[Reading]:
    try:
        found = read_weekdays(folded, start, here)
        if not found and (one := read(folded, start, here, before)):
            found = [one]
    except (OverflowError, ValueError):
        # A date beyond the years that exist (三万年后): not a time that anybody can meet.
        return []
    return [] if any(map(_is_empty, found)) else found


def _is_empty(reading: Reading) -> bool:
    span = reading.span
    return bool(span and span.start >= span.end and not (reading.open_start or reading.open_end))


def _resolve_same_periods(readings: list[Reading], here: Context) -> list[Reading]:
    """去年同期 is the other interval of the sentence a year earlier; alone, the year to date a year earlier."""
    resolved: list[Reading] = []
    for place, reading in enumerate(readings):
        if reading.same_period is None:
            resolved.append(reading)
            continue
        others = [other.span for other in (*readings[:place][::-1], *readings[place + 1 :]) if other.span]
        try:
            start, end = (
                (others[0].start, others[0].end) if others else _to_date(reading.same_period, here.now)
            )
            earlier = _earlier(start, end, reading.same_period)
        except (OverflowError, ValueError):
            continue  # before the first year or after the last
        grain = others[0].grain if others else "day"
        resolved.append(replace(reading, span=Span(*earlier, grain)))
    return resolved


def _to_date(word: str, now: datetime) -> calendar.Interval:
    tomorrow = calendar.midnight(now) + timedelta(days=1)
    return calendar.floor(now, _unit(word)), tomorrow


def _unit(word: str) -> calendar.Unit:
    if "半年" in word:
        return "half_year"
    if "年" in word:
        return "year"
    if "季度" in word:
        return "quarter"
    return "month" if "月" in word else "week"


def _earlier(start: datetime, end: datetime, word: str) -> calendar.Interval:
    if word in ("去年", "上年"):
        return calendar.same_period_last_year(start, end)
    count = -2 if word == "前年" else relative_offset(word)
    return calendar.add(start, count, _unit(word)), calendar.add(end, count, _unit(word))


def _match(text: str, reading: Reading) -> Match:
    begin, finish = reading.begin, reading.finish
    words = text[begin:finish]
    if reading.recurrence is not None:
        recurrence = reading.recurrence
        return Match(words, None, None, recurrence.grain, "recurrence", begin, finish, rule=recurrence.rule)
    if reading.length is not None:
        return _duration(words, reading, reading.length.quantity)
    span = reading.span
    if span is None:
        return Match(words, None, None, "day", "date_time", begin, finish, note=reading.note)
    rule: dict[str, Any] | None = {"daily": list(span.daily)} if span.daily else None
    start = None if reading.open_start else span.start.replace(tzinfo=SHANGHAI)
    last = span.start if reading.open_start else span.end
    end = None if reading.open_end else last.replace(tzinfo=SHANGHAI)
    return Match(words, start, end, span.grain, "date_time", begin, finish, rule=rule, note=span.note)


def _duration(words: str, reading: Reading, quantity: Quantity | None) -> Match:
    seconds = months = None
    grain: Any = "minute"
    if quantity is not None:
        grain = {"second": "minute"}.get(quantity.unit, quantity.unit)
        if quantity.exact:
            months = quantity.months or None
            seconds = quantity.seconds if quantity.seconds or not months else None
    return Match(words, None, None, grain, "duration", reading.begin, reading.finish, seconds, months)


def cli_lines(lines: Iterable[str], now: datetime, prefer: Prefer = "future") -> list[dict[str, Any]]:
    """What `./menzhen time --json` prints: for each line {"text", "matches": [{"text", "start", "end", "grain", "kind"}]}.

    Durations add "seconds" or "months", recurrences "rule", and what cannot be told "note".
    """
    return [{"text": line, "matches": [_json(match) for match in parse(line, now, prefer)]} for line in lines]


def _json(match: Match) -> dict[str, Any]:
    found: dict[str, Any] = {
        "text": match.text,
        "start": match.start.isoformat() if match.start else None,
        "end": match.end.isoformat() if match.end else None,
        "grain": match.grain,
        "kind": match.kind,
    }
    extra = {"seconds": match.seconds, "months": match.months, "rule": match.rule, "note": match.note}
    return found | {name: value for name, value in extra.items() if value is not None}
