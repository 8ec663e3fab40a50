"""Days that are far from what the same weekday had in the weeks before."""

import math
from datetime import date, datetime, timedelta
from functools import lru_cache
from statistics import median
from typing import Any

from chinese import holidays
from chinese.holidays import HolidayError
from insight.answer import units
from insight.answer.run import Result, Row, Runner
from insight.answer.sentence import notes
from insight.interpretation import Interpretation, TimeRange

HISTORY_WEEKS = 8
OUTLIER = 4.0
"""Robust standard deviations from which a day is called out of line."""


def anomaly(runner: Runner, i: Interpretation) -> tuple[Result, str, Interpretation]:
    """Days of the range that are far from what the same weekday had in the eight weeks before."""
    catalogue = runner.catalogue
    time = i.time
    assert time is not None and time.start is not None and time.end is not None
    keys = (
        [i.metric]
        if i.metric
        else [
            k
            for k in ("visits", "wait_minutes", "flow_minutes", "satisfaction", "no_show_rate")
            if k in catalogue.metrics
        ]
    )
    if i.metric is None:
        allowed = catalogue.roles[runner.compiler.viewer.role]
        keys = [k for k in keys if allowed.may_ask(k)]
    dims = list(i.group_by) or [d for d in ("campus", "department") if len(i.filters.get(d, ())) != 1]
    history = TimeRange(time.start - timedelta(weeks=HISTORY_WEEKS), time.end)
    rows: list[Row] = []
    seen = False
    for key in keys:
        one = i.with_(metric=key, aggregation="mean" if catalogue.metrics[key or ""].is_duration else None)
        lists = [[], *[[d] for d in dims if d not in ("date", "stage")]]
        for by, daily in zip(lists, runner.parts(one, [("date", *by) for by in lists], history), strict=True):
            seen = seen or any(row["date"] >= time.start.date().isoformat() for row in daily)
            for row in _outliers(daily, by, time, runner.now, catalogue.metrics[key or ""].is_mean):
                rows.append({**({"metric": key} if not i.metric else {}), **row})
    if not seen:
        return Result([], "", facts={"no_data": True}), "", i
    rows.sort(key=lambda row: -row["_score"])
    shown = [{k: v for k, v in row.items() if k != "_score"} for row in rows[:10]]
    what = catalogue.metrics[i.metric].name if i.metric else "主要指标"
    unit = catalogue.metrics[i.metric].unit if i.metric else None
    head = f"{units.span(time)}，{what}"
    if not shown:
        text = f"{head}没有发现异常（与前 {HISTORY_WEEKS} 周同一星期几相比）。"
    else:
        parts = [_said(row, unit, runner) for row in shown[:3]]
        text = f"{head}有 {len(shown)} 处异常：{'；'.join(parts)}。"
    result = Result(shown, ";\n".join(runner.statements), facts={"unit": unit or "visits"})
    result.facts["definition"] = (
        f"每天的值与此前 {HISTORY_WEEKS} 周同一星期几的中位数比，偏离超过 {OUTLIER:g} 个稳健标准差算异常；节假日不作参照"
    )
    return result, text + notes(i, result, catalogue), i


def _outliers(daily: list[Row], by: list[str], time: TimeRange, now: datetime, mean: bool) -> list[Row]:
    """Rows of the range that lie far from the median of earlier days like them."""
    assert time.start is not None and time.end is not None
    groups: dict[Any, dict[int, Row]] = {}
    for row in daily:
        if row["value"] is not None:
            day = date.fromisoformat(row["date"]).toordinal()
            groups.setdefault(row[by[0]] if by else None, {})[day] = row
    out: list[Row] = []
    first = time.start.date().toordinal()
    last = min(time.end - timedelta(microseconds=1), now - timedelta(days=1)).date().toordinal()
    for key, days in groups.items():
        residuals = _residuals(days, mean)
        scale = 1.4826 * median([abs(r) for r in residuals]) if len(residuals) >= 10 else None
        values = {day: row["value"] for day, row in days.items() if _ordinary(day)}
        for day in range(first, last + 1) if scale else ():
            row = days.get(day, {})
            expected = _expected(values, day) if row and (row["n"] >= 10 or not mean) else None
            if expected is not None:
                gap = row["value"] - expected
                noise = max(scale or 0, 0.05 * abs(expected), math.sqrt(max(expected, 1)) if not mean else 0)
                score = abs(gap) / noise
                if score >= OUTLIER and abs(gap) >= 0.2 * abs(expected):
                    out.append(
                        {
                            "date": row["date"],
                            **({by[0]: key} if by else {}),
                            "value": row["value"],
                            "n": row["n"],
                            "expected": expected,
                            "_score": score,
                        }
                    )
    return out


@lru_cache(maxsize=4096)
def _ordinary(number: int) -> bool:
    """Whether a day (as an ordinal) can be compared with others of its weekday: no holiday, no make-up day."""
    day = date.fromordinal(number)
    try:
        if holidays.is_workday(day):
            return day.weekday() < 5
        return day.weekday() >= 5 and holidays.holiday_of(day) is None
    except HolidayError:
        return True


def _expected(values: dict[int, float], day: int) -> float | None:
    """The median of the same weekday in the weeks before; None where fewer than three are known.

    `values` are those of ordinary days: a year of a few dozen groups asks for tens of thousands of medians.
    """
    if day not in values:
        return None
    before = [values[d] for d in range(day - 7 * HISTORY_WEEKS, day, 7) if d in values]
    return float(median(before)) if len(before) >= 3 else None


def _residuals(days: dict[int, Row], mean: bool) -> list[float]:
    """How far ordinary days lie from the median of their weekday."""
    by_weekday: dict[int, list[float]] = {}
    for day, row in days.items():
        if _ordinary(day) and (row["n"] >= 5 or not mean):
            by_weekday.setdefault(day % 7, []).append(row["value"])
    out = []
    for values in by_weekday.values():
        if len(values) >= 3:
            middle = median(values)
            out += [value - middle for value in values]
    return out


def _said(row: Row, unit: str | None, runner: Runner) -> str:
    catalogue = runner.catalogue
    metric = catalogue.metrics.get(row.get("metric", ""))
    dims = [units.label(k, v, catalogue) for k, v in row.items() if k in catalogue.dimensions and k != "date"]
    unit = unit or (metric.unit if metric else "visits")
    return (
        f"{units.label('date', row['date'], catalogue)}{' '.join(dims)}{metric.name if metric else ''} "
        f"{units.number(row['value'], unit)}（预期 {units.number(row['expected'], unit)}）"
    )
