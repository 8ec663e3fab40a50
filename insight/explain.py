"""Why a number changed, where the flow is held up, which days are out of line, and how values are spread."""

import math
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

from chinese import holidays
from chinese.holidays import HolidayError
from insight.answer import units
from insight.answer.run import Result, Row, Runner
from insight.answer.sentence import metric_name, notes, subject
from insight.interpretation import Interpretation, TimeRange

CANDIDATES = (
    "department",
    "campus",
    "channel",
    "doctor",
    "visit_type",
    "clinic_room",
    "hour",
    "insurance",
    "age_band",
    "doctor_title",
)
BASELINE_DAYS = 28
HISTORY_WEEKS = 8
OUTLIER = 4.0
"""Robust standard deviations from which a day is called out of line."""

Explained = tuple[Result, str, Interpretation]


def explain(runner: Runner, i: Interpretation) -> Explained:
    """Rows, sentence and the interpretation as carried out, for kinds why, bottleneck and anomaly."""
    if i.kind == "why":
        return _why(runner, i)
    return _bottleneck(runner, i) if i.kind == "bottleneck" else _anomaly(runner, i)


# -- why


def _why(runner: Runner, i: Interpretation) -> Explained:
    """The dimension whose parts explain the change best, each part with its contribution.

    contribution = share_now · (value_now − whole_before) − share_before · (value_before − whole_before), which
    adds up to the whole change for means and rates; for counts and sums it is the part's own change.
    """
    catalogue = runner.catalogue
    metric = catalogue.metrics[i.metric or ""]
    bare = i.with_(kind="query", group_by=(), order=None, limit=None)
    now = runner.values(bare, i.time)
    before = runner.values(bare, i.compare)
    if not now or not before or now[0]["value"] is None or before[0]["value"] is None:
        return Result([], "", facts={"no_data": True}), "", i
    total, previous = now[0], before[0]
    change = total["value"] - previous["value"]
    found: list[tuple[float, str, list[Row]]] = []
    if metric.key == "flow_minutes":
        found.append(_stages(runner, i, change))
    for name in i.group_by or CANDIDATES:
        if len(i.filters.get(name, ())) == 1 or name == "stage":
            continue
        rows = _parts(runner, i, name, total, previous, metric.is_additive or metric.key == "patients")
        if rows:
            found.append((_excess(rows), name, rows))
    found.sort(key=lambda item: -item[0])
    if not found:
        return Result([], "", facts={"no_data": True}), "", i
    _, name, rows = found[0]
    result = Result(
        [
            {name: r[name], **{k: r[k] for k in ("value", "n", "previous", "change", "contribution")}}
            for r in rows[:8]
        ],
        ";\n".join(runner.statements),
    )
    i = i.with_(group_by=(name,))
    head = subject(i.with_(kind="query"), metric, catalogue)
    tops = [_top(found_name, found_rows, runner) for _, found_name, found_rows in found[:3]]
    moved = "上升" if change > 0 else "下降"
    text = (
        f"{head}为 {units.number(total['value'], metric.unit)}，比{units.span(i.compare)}的 "
        f"{units.number(previous['value'], metric.unit)} {moved} {units.number(abs(change), metric.unit)}。主要来自{tops[0]}"
        + (f"；另看{'、'.join(tops[1:])}" if len(tops) > 1 else "")
        + "。"
    )
    if i.direction and (change > 0) != (i.direction == "up"):
        text = f"实际上并没有{'上升' if i.direction == 'up' else '下降'}：" + text
    return result, text + notes(i, result, catalogue), i


def _stages(runner: Runner, i: Interpretation, change: float) -> tuple[float, str, list[Row]]:
    """The flow's change by stage: minutes of each stage per visit that went through the flow."""
    now = runner.fetch(runner.compiler.stage_totals(i, i.time))[0]
    before = runner.fetch(runner.compiler.stage_totals(i, i.compare))[0]
    rows: list[Row] = []
    for key in runner.catalogue.stages:
        parts = []
        for totals in (now, before):
            mean = totals[f"{key}_sum"] / totals[f"{key}_n"] / 60 if totals[f"{key}_n"] else 0.0
            # A stage that not every visit has weighs as often as it occurs.
            parts.append((mean, mean * min(1.0, totals[f"{key}_n"] / max(1, totals["flow_n"]))))
        rows.append(
            {
                "stage": key, "value": parts[0][0], "n": now[f"{key}_n"], "previous": parts[1][0],
                "change": parts[0][0] - parts[1][0],
                "contribution": (parts[0][1] - parts[1][1]) / change if change else 0.0, "_base": 1 / len(runner.catalogue.stages),
            }
        )  # fmt: skip
    rows.sort(key=lambda row: -row["contribution"])
    return _excess(rows), "stage", rows


def _parts(
    runner: Runner, i: Interpretation, name: str, total: Row, previous: Row, additive: bool
) -> list[Row]:
    now = {r[name]: r for r in runner.fetch(runner.compiler.parts(i, [name], i.time)) if r["n"]}
    old = {r[name]: r for r in runner.fetch(runner.compiler.parts(i, [name], i.compare)) if r["n"]}
    if len(now | old) < 2:
        return []
    change = total["value"] - previous["value"]
    rows: list[Row] = []
    for key in now | old:
        a, b = now.get(key), old.get(key)
        va, vb = (a or {}).get("value") or 0, (b or {}).get("value") or 0
        na, nb = (a or {}).get("n", 0), (b or {}).get("n", 0)
        if additive:
            part = va - vb
        else:
            part = na / total["n"] * (va - previous["value"] if a else 0) - nb / previous["n"] * (
                vb - previous["value"] if b else 0
            )
        rows.append(
            {
                name: key, "value": va if a else None, "n": na, "previous": vb if b else None,
                "change": va - vb if a and b else None, "contribution": part / change if change else 0.0,
                "_base": (na / total["n"] + nb / previous["n"]) / 2,
            }
        )  # fmt: skip
    rows.sort(key=lambda row: -row["contribution"])
    return rows


def _excess(rows: list[Row]) -> float:
    """How much more of the change the first part explains than its size would."""
    top = rows[0]
    return min(top["contribution"], 1.2) - top["_base"]


def _top(name: str, rows: list[Row], runner: Runner) -> str:
    top = rows[0]
    dimension = runner.catalogue.dimensions[name].name
    return f"{dimension}「{units.label(name, top[name], runner.catalogue)}」（贡献 {top['contribution'] * 100:.0f}%）"


# -- bottleneck


def _bottleneck(runner: Runner, i: Interpretation) -> Explained:
    """Each stage's mean, its share of the flow, and its change against the 28 days before."""
    catalogue = runner.catalogue
    time = i.time
    assert time is not None and time.start is not None
    baseline = TimeRange(time.start - timedelta(BASELINE_DAYS), time.start, f"之前{BASELINE_DAYS}天")
    now = runner.fetch(runner.compiler.stage_totals(i, time))[0]
    before = runner.fetch(runner.compiler.stage_totals(i, baseline))[0]
    whole = sum(now[f"{key}_sum"] for key in catalogue.stages)
    if not now["n"] or not whole:
        return Result([], "", facts={"no_data": True}), "", i
    rows = []
    for key in catalogue.stages:
        count = now[f"{key}_n"]
        if not count:
            continue
        value = now[f"{key}_sum"] / count / 60
        old = before[f"{key}_sum"] / before[f"{key}_n"] / 60 if before[f"{key}_n"] else None
        rows.append(
            {
                "stage": key, "value": value, "n": count, "share": now[f"{key}_sum"] / whole,
                "previous": old, "change": value - old if old is not None else None,
            }
        )  # fmt: skip
    rows.sort(key=lambda row: -row["share"])
    top = rows[0]
    who = units.filters(i.filters, i.exclude, catalogue)
    text = (
        f"{units.span(time)}{'，' + who if who else ''}，瓶颈在{catalogue.stage_name(top['stage'])}环节："
        f"平均 {units.number(top['value'], 'minutes')}，占流程的 {units.number(top['share'], 'rate')}"
    )
    if top["change"] is not None:
        text += f"，比之前 {BASELINE_DAYS} 天 {units.change(top['change'], 'minutes')}"
    worse = [
        r
        for r in rows[1:]
        if r["change"] is not None and r["previous"] and r["change"] / r["previous"] > 0.15
    ]
    if worse:
        text += "；" + "、".join(
            f"{catalogue.stage_name(r['stage'])}变慢 {units.number(r['change'], 'minutes')}" for r in worse
        )
    i = i.with_(metric="stage_minutes", aggregation="mean", group_by=("stage",), order="desc")
    result = Result(rows, ";\n".join(runner.statements), facts={"unit": "minutes"})
    result.facts["definition"] = (
        "各环节的平均时长；占比＝该环节总时长 ÷ 四个环节总时长；变化与所选时间之前 28 天比"
    )
    return result, text + "。" + notes(i, result, catalogue), i


# -- anomaly


def _anomaly(runner: Runner, i: Interpretation) -> Explained:
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
        for by in [[], *[[d] for d in dims if d not in ("date", "stage")]]:
            daily = runner.fetch(runner.compiler.parts(one, ["date", *by], history))
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
    groups: dict[Any, dict[date, Row]] = {}
    for row in daily:
        if row["value"] is not None:
            groups.setdefault(row[by[0]] if by else None, {})[date.fromisoformat(row["date"])] = row
    out: list[Row] = []
    first, last = time.start.date(), min(time.end - timedelta(microseconds=1), now - timedelta(days=1)).date()
    for key, days in groups.items():
        residuals = _residuals(days, mean)
        scale = 1.4826 * median([abs(r) for r in residuals]) if len(residuals) >= 10 else None
        day = first
        while day <= last:
            row = days.get(day)
            expected = _expected(days, day)
            if row and expected is not None and scale and (row["n"] >= 10 or not mean):
                gap = row["value"] - expected
                noise = max(scale, 0.05 * abs(expected), math.sqrt(max(expected, 1)) if not mean else 0)
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
            day += timedelta(1)
    return out


def _ordinary(day: date) -> bool:
    """Whether a day can be compared with others of its weekday: no holiday, no make-up day."""
    try:
        return holidays.is_workday(day) == (day.weekday() < 5)
    except HolidayError:
        return True


def _expected(days: dict[date, Row], day: date) -> float | None:
    """The median of the same weekday in the weeks before; None where fewer than three are known."""
    if not _ordinary(day):
        return None
    before = [day - timedelta(weeks=n) for n in range(1, HISTORY_WEEKS + 1)]
    values = [days[d]["value"] for d in before if d in days and _ordinary(d)]
    return float(median(values)) if len(values) >= 3 else None


def _residuals(days: dict[date, Row], mean: bool) -> list[float]:
    """How far ordinary days lie from the median of their weekday."""
    by_weekday: dict[int, list[float]] = {}
    for day, row in days.items():
        if _ordinary(day) and (row["n"] >= 5 or not mean):
            by_weekday.setdefault(day.weekday(), []).append(row["value"])
    return [value - median(values) for values in by_weekday.values() if len(values) >= 3 for value in values]


def _said(row: Row, unit: str | None, runner: Runner) -> str:
    catalogue = runner.catalogue
    metric = catalogue.metrics.get(row.get("metric", ""))
    dims = [units.label(k, v, catalogue) for k, v in row.items() if k in catalogue.dimensions and k != "date"]
    unit = unit or (metric.unit if metric else "visits")
    return (
        f"{units.label('date', row['date'], catalogue)}{' '.join(dims)}{metric.name if metric else ''} "
        f"{units.number(row['value'], unit)}（预期 {units.number(row['expected'], unit)}）"
    )


# -- distribution


WIDTHS = {
    "minutes": (1, 2, 5, 10, 15, 20, 30, 60, 120, 240),
    "yuan": (20, 50, 100, 200, 500, 1000, 2000),
    "score": (1,),
}


def distribution(runner: Runner, i: Interpretation) -> tuple[Result, str]:
    """Equal bins `from` ≤ x < `to`, about ten of them; the last is open where few lie far out."""
    catalogue = runner.catalogue
    metric = catalogue.metrics[i.metric or ""]
    widths = WIDTHS.get(metric.unit, (1,))
    finest = runner.fetch(runner.compiler.histogram(i, widths[0]))
    total = sum(row["value"] for row in finest)
    if not total:
        return Result([], "", facts={"no_data": True}), ""
    reach, seen = finest[-1]["bin"], 0
    for row in finest:
        seen += row["value"]
        if seen >= 0.98 * total:
            reach = row["bin"] + widths[0]
            break
    width = next((w for w in widths if reach / w <= 12), widths[-1])
    counts: dict[float, int] = {}
    last = math.ceil(reach / width) * width if metric.unit != "score" else finest[-1]["bin"] + 1
    for row in finest:
        edge = min(math.floor(row["bin"] / width) * width, last)
        counts[edge] = counts.get(edge, 0) + row["value"]
    first = min(counts)
    rows: list[Row] = []
    edge = first
    while edge <= max(counts):
        count = counts.get(edge, 0)
        to = edge if metric.unit == "score" else None if edge >= last else edge + width
        rows.append({"from": edge, "to": to, "value": count, "share": count / total})
        edge += width
    top = max(rows, key=lambda row: row["value"])
    unit = units.SUFFIX[metric.unit]
    where = (
        f"{top['from']:g}–{top['to']:g} {unit}"
        if top["to"] not in (None, top["from"])
        else f"{top['from']:g} {unit}{'' if top['to'] is not None else '以上'}"
    )
    head = subject(i.with_(aggregation=None), metric, catalogue)
    result = Result(rows, ";\n".join(runner.statements), facts={"unit": "visits"})
    result.facts["definition"] = (
        f"{metric.definition}；每次就诊按其{metric_name(i.with_(aggregation=None), metric)}分组，含下限不含上限"
    )
    text = f"{head}的分布：共 {total:,} 次，最多的在 {where}（{units.number(top['share'], 'rate')}）。"
    return result, text + notes(i, result, catalogue)
