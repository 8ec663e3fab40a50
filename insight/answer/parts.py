"""Rows of questions that are asked in pieces: stretches of time beside each other, and rankings looked into."""

from typing import TYPE_CHECKING, Any

from insight.answer import units
from insight.compile.measures import OPERATORS
from insight.interpretation import Interpretation

if TYPE_CHECKING:
    from insight.answer.run import Runner

Row = dict[str, Any]


def rows_of(runner: "Runner", i: Interpretation) -> tuple[list[Row], int]:
    """A row for each part (and group), keyed `part`; the second part against the first, or each one's share.

    Where shares are ranked, groups with too few visits are left out; how many comes with the rows.
    """
    whole = i.with_(parts=(), order=None, moved=None)
    all_of = runner.values(whole, i.time) if i.share else []
    small = [row for row in all_of if i.order and row["n"] < runner.catalogue.small_group]
    totals = {_key(row, i): row["value"] for row in all_of if row not in small}
    out: list[Row] = []
    first: dict[tuple[Any, ...], Any] = {}
    for number, part in enumerate(i.parts):
        filtered = whole.with_(filters={**i.filters, **part.filters})
        for row in runner.values(filtered, i.time):
            keys = {name: row[name] for name in i.group_by}
            made: Row = {
                **keys,
                "part": part.label,
                "value": row["value"],
                "n": row["n"],
            }
            if i.share and _key(row, i) not in totals:
                continue
            if i.share:
                total = totals.get(_key(row, i))
                made["share"] = row["value"] / total if total else None
            elif number == 0:
                first[_key(row, i)] = row["value"]
            elif _key(row, i) in first and row["value"] is not None:
                made |= changed(row["value"], first[_key(row, i)])
            if i.moved is None or meets(made.get(i.moved.by), i.moved.op, i.moved.value):
                out.append(made)
    return out, len(small)


def meets(value: Any, op: str, limit: float) -> bool:
    """Whether a value is known and within a limit."""
    return value is not None and bool(OPERATORS[op](value, limit))


def changed(value: Any, before: Any) -> Row:
    """`previous`, `change` and `change_rate` of one number against another."""
    if value is None or before is None:
        return {"previous": before, "change": None, "change_rate": None}
    return {
        "previous": before,
        "change": value - before,
        "change_rate": (value - before) / before if before else None,
    }


def picked(runner: "Runner", i: Interpretation) -> tuple[Interpretation, list[str]]:
    """The interpretation narrowed to the groups that its inner ranking finds, and a note that names them."""
    if i.within is None:
        return i, []
    name = i.within.group_by[0]
    rows = runner.run(runner.averaged(i.within)).rows
    metric = runner.catalogue.metrics[i.within.metric or ""]
    found = "、".join(
        f"{units.label(name, row[name], runner.catalogue)}（{units.number(row['value'], metric.unit)}）"
        for row in rows[:10]
    )
    word = "最高" if i.within.order == "desc" else "最低"
    note = f"{metric.name}{word}的{runner.catalogue.dimensions[name].name}：{found}" if rows else ""
    chosen = tuple(row[name] for row in rows)
    return i.with_(filters={**i.filters, name: chosen}), [note] if note else []


def _key(row: Row, i: Interpretation) -> tuple[Any, ...]:
    return tuple(row[name] for name in i.group_by)
