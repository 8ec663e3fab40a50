"""Groups in which something happened so many times in a row: 连续三周下降的科室."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from chinese import calendar
from insight.answer import units
from insight.answer.parts import meets
from insight.answer.run import Result, Row, Runner
from insight.answer.sentence import notes, subject
from insight.interpretation import Interpretation, Run

NAMES = {"date": "天", "week": "周", "month": "个月", "quarter": "个季度", "year": "年"}
STEPS: dict[str, calendar.Unit] = {
    "date": "day", "week": "week", "month": "month", "quarter": "quarter", "year": "year",
}  # fmt: skip


def answer(runner: Runner, i: Interpretation) -> tuple[Result, str]:
    """Rows of the groups where it happened: the stretch's last `value`, the one before it began as `previous`.

    A question about no groups has a row for each bucket, and yes or no in the sentence.
    """
    assert i.run is not None
    run, catalogue = i.run, runner.catalogue
    metric = catalogue.metrics[i.metric or ""]
    plain = i.with_(run=None, having=None, group_by=(*i.group_by, run.unit))
    series: dict[tuple[Any, ...], list[Row]] = {}
    for row in runner.values(plain, i.time):
        if metric.is_mean and row["n"] < catalogue.small_group:
            continue  # a mean of few visits makes no run
        series.setdefault(tuple(row[name] for name in i.group_by), []).append(row)
    found: list[Row] = []
    for key, rows in series.items():
        rows.sort(key=lambda row: row[run.unit])
        stretch = _stretch(rows, run, i)
        if stretch and i.group_by:
            found.append(_row(dict(zip(i.group_by, key, strict=True)), stretch, run))
        elif not i.group_by:
            found = rows
    result = Result(found, ";\n".join(runner.statements), total=len(series), facts={"asked": True})
    head, what = subject(i, metric, catalogue), _what(i, metric.unit)
    if i.group_by:
        name = i.group_by[0]
        told = "；".join(
            f"{units.label(name, row[name], catalogue)} {units.number(row['previous'], metric.unit)} → {units.number(row['value'], metric.unit)}"
            if row.get("previous") is not None
            else f"{units.label(name, row[name], catalogue)} {units.number(row['value'], metric.unit)}"
            for row in found[:8]
        )
        more = f" 等 {len(found)} 个" if len(found) > 8 else ""
        none = f"没有{what}的{catalogue.dimensions[name].name}"
        text = f"{head}：{what}的有 {len(found)} 个，{told}{more}。" if found else f"{head}：{none}。"
    else:
        yes = any(_stretch(rows, run, i) for rows in series.values())
        told = "，".join(
            f"{units.label(run.unit, row[run.unit], catalogue)} {units.number(row['value'], metric.unit)}"
            for row in found[-8:]
        )
        text = f"{head}：{'是，' if yes else '没有'}{what}（{told}）。"
    return result, text + notes(i, result, catalogue)


def _what(i: Interpretation, unit: str) -> str:
    assert i.run is not None
    often = f"连续 {i.run.count} {NAMES[i.run.unit]}"
    if i.run.direction:
        return often + ("上升" if i.run.direction == "up" else "下降")
    assert i.having is not None
    word = {">": "超过", ">=": "不低于", "<": "低于", "<=": "不超过"}[i.having.op]
    return f"{often}{word} {units.number(i.having.value, unit)}"


def _stretch(rows: Sequence[Row], run: Run, i: Interpretation) -> list[Row]:
    """The latest rows of so many buckets in a row that meet the condition, led by the one they are compared with."""
    needed = run.count + int(run.direction is not None)
    for end in range(len(rows), needed - 1, -1):
        part = list(rows[end - needed : end])
        if all(_follows(a, b, run.unit) for a, b in zip(part, part[1:], strict=False)) and _met(part, run, i):
            return part
    return []


def _met(part: list[Row], run: Run, i: Interpretation) -> bool:
    values = [row["value"] for row in part]
    if None in values:
        return False
    if run.direction:
        pairs = zip(values, values[1:], strict=False)
        return all(b > a if run.direction == "up" else b < a for a, b in pairs)
    assert i.having is not None
    return all(meets(value, i.having.op, i.having.value) for value in values)


def _follows(one: Row, two: Row, unit: str) -> bool:
    """Whether two buckets lie beside each other: a week without visits breaks a run."""
    first = datetime.combine(date.fromisoformat(one[unit]), datetime.min.time())
    after = calendar.add(first, 1, STEPS[unit])
    return abs(datetime.combine(date.fromisoformat(two[unit]), datetime.min.time()) - after) < timedelta(1)


def _row(keys: Row, stretch: list[Row], run: Run) -> Row:
    row = {
        **keys,
        "value": stretch[-1]["value"],
        "n": stretch[-1]["n"],
        "since": stretch[int(run.direction is not None)][run.unit],
    }
    if run.direction:
        row |= {"previous": stretch[0]["value"], "change": stretch[-1]["value"] - stretch[0]["value"]}
    return row
