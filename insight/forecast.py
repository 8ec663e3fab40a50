"""Forecasts: the mean of the last four days (or hours) like the one asked for, with empirical intervals.

That simple mean had the lowest error of the methods compared (docs/decisions); holidays are left out of what
ordinary days are forecast from, and a holiday is forecast from the holidays before it.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from chinese import holidays
from chinese.holidays import HolidayError
from insight.answer import units
from insight.answer.run import Result, Row, Runner
from insight.answer.sentence import notes
from insight.interpretation import Interpretation, TimeRange

SLOTS = 4
HISTORY_DAYS = 400
FARTHEST = 92
LOW, HIGH = 0.1, 0.9


def is_ahead(i: Interpretation, now: datetime) -> bool:
    """Whether a question's range lies wholly ahead."""
    return (
        i.time is not None
        and i.time.start is not None
        and i.time.start > now
        and i.metric not in ("bookings_made",)
    )


def kind_of(day: date) -> str:
    """work, rest or holiday; make-up days are working days. Unknown years: by the weekday alone."""
    try:
        worked = holidays.is_workday(day)
        named = holidays.holiday_of(day)
    except HolidayError:
        worked, named = day.weekday() < 5, None
    if named and not worked:
        return "holiday"
    return "work" if worked else "rest"


def like(day: date, history: Iterable[date]) -> list[date]:
    """The last days that `day` is forecast from: ordinary ones of its weekday, or holidays for a holiday."""
    kind = kind_of(day)
    out = []
    for other in sorted(history, reverse=True):
        if other >= day:
            continue
        if kind == "holiday":
            fits = kind_of(other) == "holiday"
        elif kind == "work" and day.weekday() >= 5:
            fits = kind_of(other) == "work" and other.weekday() == 4
        else:
            fits = kind_of(other) == kind and other.weekday() == day.weekday()
        if fits:
            out.append(other)
            if len(out) == SLOTS:
                break
    return out


def predict(day: date, history: dict[date, float]) -> float | None:
    """The mean of the days like this one; None where none is known."""
    days = like(day, history)
    return sum(history[d] for d in days) / len(days) if days else None


def errors(history: dict[date, float], last: int = 84) -> list[float]:
    """Relative errors of one-step forecasts over the last days of the history, for intervals and the back-test."""
    out = []
    for day in sorted(history)[-last:]:
        earlier = {d: v for d, v in history.items() if d < day}
        expected = predict(day, earlier)
        if expected:
            out.append(history[day] / expected - 1)
    return sorted(out)


def wape(history: dict[date, float], last: int = 84) -> float | None:
    """Weighted absolute percentage error of one-step forecasts over the last days."""
    gap = total = 0.0
    for day in sorted(history)[-last:]:
        expected = predict(day, {d: v for d, v in history.items() if d < day})
        if expected is not None:
            gap += abs(history[day] - expected)
            total += history[day]
    return gap / total if total else None


def answer(runner: Runner, i: Interpretation) -> tuple[Result, str, Interpretation]:
    """Rows with date (and hour), value, low, high; the first is the answer where the busiest is asked for."""
    catalogue = runner.catalogue
    metric = catalogue.metrics[i.metric or ""]
    time = _ahead(i.time, runner.now)
    i = i.with_(kind="forecast", time=time, aggregation="mean" if metric.is_duration else None)
    i = _whole_days(i)
    time = i.time or time
    if time.start and time.end and (time.end - runner.now).days > FARTHEST:
        note = f"预测最多到 {FARTHEST} 天以后。"
        return Result([], "", notes=[note], facts={"no_data": True}), note, i
    by_hour = "hour" in i.group_by
    others = [d for d in i.group_by if d not in ("hour", "date", "week", "month", "weekday")]
    midnight = runner.now.replace(hour=0, minute=0, second=0, microsecond=0)
    past = TimeRange(midnight - timedelta(HISTORY_DAYS), midnight)
    grouped = runner.fetch(runner.compiler.parts(i, ["date", *(["hour"] if by_hour else []), *others], past))
    series = _series(grouped, by_hour, others, not metric.is_mean)
    days = _days(time)
    rows = _rows(series, days, by_hour, others, not metric.is_mean)
    if not rows:
        return Result([], "", facts={"no_data": True}), "", i
    rows = _ordered(rows, i, days, by_hour, others)
    result = Result(rows, ";\n".join(runner.statements), facts={"unit": metric.unit})
    result.facts["definition"] = (
        f"{metric.definition}；预测取最近 {SLOTS} 个同类日（同一星期几，节假日另算）的平均，区间为历史误差的 10%–90% 分位"
    )
    return result, _text(i, rows, metric.unit, runner, by_hour) + notes(i, result, catalogue), i


def _ahead(time: TimeRange | None, now: datetime) -> TimeRange:
    """The days asked for; tomorrow where none were named."""
    tomorrow = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(1)
    if time is None or time.default or time.start is None or time.end is None:
        return TimeRange(tomorrow, tomorrow + timedelta(1), "明天")
    if time.end <= tomorrow - timedelta(1):
        return time
    return TimeRange(max(time.start, tomorrow - timedelta(1)), time.end, time.text, time.grain)


def _whole_days(i: Interpretation) -> Interpretation:
    """Parts of days become a filter by hour: the history of those hours is what they are forecast from."""
    time = i.time
    assert time is not None and time.start is not None and time.end is not None
    last = time.end - timedelta(microseconds=1)
    if time.start.date() != last.date() or (time.start.hour, time.end.hour) == (0, 0):
        return i
    first = time.start.replace(hour=0, minute=0, second=0, microsecond=0)
    hours = tuple(range(time.start.hour, last.hour + 1))
    whole = TimeRange(first, first + timedelta(1), time.text)
    return i.with_(time=whole, filters={**i.filters, "hour": hours})


def _days(time: TimeRange) -> list[date]:
    assert time.start is not None and time.end is not None
    out: list[date] = []
    day = time.start.date()
    while day <= (time.end - timedelta(microseconds=1)).date() and len(out) < 92:
        out.append(day)
        day += timedelta(1)
    return out


def _series(
    rows: list[Row], by_hour: bool, others: list[str], additive: bool
) -> dict[Any, dict[date, float]]:
    """(hour, other dimensions) → day → value; hours without visits on a day that had some count as nothing."""
    out: dict[Any, dict[date, float]] = {}
    days = {date.fromisoformat(row["date"]) for row in rows}
    for row in rows:
        if row["value"] is None:
            continue
        key = (row["hour"] if by_hour else None, *[row[o] for o in others])
        out.setdefault(key, {})[date.fromisoformat(row["date"])] = float(row["value"])
    if additive:
        for values in out.values():
            first = min(values)
            for day in days:
                if day >= first:
                    values.setdefault(day, 0.0)
    return out


def _rows(
    series: dict[Any, dict[date, float]], days: list[date], by_hour: bool, others: list[str], additive: bool
) -> list[Row]:
    rows: list[Row] = []
    for key, history in series.items():
        spread = errors(history)
        low = spread[int(LOW * (len(spread) - 1))] if len(spread) >= 10 else -0.3
        high = spread[int(HIGH * (len(spread) - 1))] if len(spread) >= 10 else 0.3
        for day in days:
            value = predict(day, history)
            if value is None:
                continue
            row: Row = {"date": day.isoformat()}
            if by_hour:
                row["hour"] = key[0]
            row |= dict(zip(others, key[1:], strict=True))
            row |= {
                "value": round(value, 2),
                "low": round(max(0.0, value * (1 + low)), 2),
                "high": round(value * (1 + high), 2),
            }
            rows.append(row)
    return rows


def _ordered(
    rows: list[Row], i: Interpretation, days: list[date], by_hour: bool, others: list[str]
) -> list[Row]:
    if i.order:
        rows.sort(key=lambda r: r["value"], reverse=i.order == "desc")
        return rows[: i.limit] if i.limit else rows
    rows.sort(key=lambda r: (r["date"], r.get("hour") or 0))
    return rows


def _text(i: Interpretation, rows: list[Row], unit: str, runner: Runner, by_hour: bool) -> str:
    catalogue = runner.catalogue
    name = catalogue.metrics[i.metric or ""].name
    who = units.filters(i.filters, i.exclude, catalogue)
    head = f"预计{units.span(i.time)}{'，' + who if who else ''}，"

    def label(row: Row) -> str:
        moment = date.fromisoformat(row["date"])
        text = f"{moment.month}月{moment.day}日（周{units.WEEKDAYS[moment.weekday()]}）"
        text += f"{row['hour']}点" if by_hour else ""
        return text + " ".join(str(row[d]) for d in i.group_by if d in row and d not in ("date", "hour"))

    def said(row: Row) -> str:
        return f"约 {units.number(round(row['value'], 1 if unit in ('minutes', 'score', 'rate') else 0), unit)}（{units.number(round(row['low'], 1), unit)}–{units.number(round(row['high'], 1), unit)}）"

    if i.order and rows:
        word = "最忙" if i.order == "desc" else "最闲"
        return f"{head}{word}的是{label(rows[0])}，{name}{said(rows[0])}。"
    if len(rows) == 1:
        return f"{head}{name}{said(rows[0])}。"
    total = (
        ""
        if catalogue.metrics[i.metric or ""].is_mean or len({tuple(r) for r in rows}) != 1
        else f"合计约 {units.number(round(sum(r['value'] for r in rows)), unit)}，"
    )
    top = max(rows, key=lambda r: r["value"])
    return f"{head}{name}{total}最高 {label(top)} {said(top)}。"
