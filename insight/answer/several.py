"""Several numbers side by side (昨天挂号量和收入): each answered as if it were asked for alone, in one reply."""

from typing import TYPE_CHECKING, Any

from insight.answer import sentence, units
from insight.compile.permissions import default_scope
from insight.interpretation import Interpretation

if TYPE_CHECKING:
    from insight.answer.outcomes import Reply
    from insight.understand.engine import Understanding


def answer(reply: "Reply", i: Interpretation, understood: "Understanding") -> dict[str, Any]:
    """Rows of all of them, each with its `metric`, `unit` and, where these differ, `aggregation`."""
    from insight.answer.outcomes import alone

    pieces = [i.with_(also=()), *(_scoped(reply, other) for other in i.also)]
    answers = [alone(reply, piece, understood) for piece in pieces]
    told = [a for a in answers if a["status"] == "answered"]
    if not told:
        return answers[0]
    out = told[0] | {"interpretation": i.as_json()}
    out["answer"] = " ".join(
        _shortened(a["answer"], pieces[0], reply) if n else a["answer"] for n, a in enumerate(answers)
    )
    asked = understood.draft is not None and understood.draft.compare in ("difference", "ask")
    ends = len({p.metric for p in pieces}) == 1 and {p.order for p in pieces} == {"asc", "desc"}
    single = [a["rows"][0]["value"] for a in told if a["rows"]]
    if len(single) == 2 and (ends or asked) and told[0]["unit"] == told[1]["unit"]:
        out["answer"] += f" 相差 {units.number(abs(single[0] - single[1]), told[0]['unit'])}。"
    out["rows"] = [
        {**_head(piece, pieces), **row, "unit": single["unit"]}
        for piece, single in zip(pieces, answers, strict=True)
        for row in single["rows"]
    ]
    plain = all(p.group_by and not (p.order or p.compare or p.share or p.parts) for p in pieces)
    out["table"] = _wide(pieces, answers, reply) if plain else _long(pieces, answers, reply)
    out["definition"] = "；".join(dict.fromkeys(a["definition"] for a in told if a["definition"]))
    out["sql"] = ";\n".join(a["sql"] for a in told if a["sql"]) or None
    out["n"] = max(a.get("n") or 0 for a in told)
    if len({a["unit"] for a in told}) > 1:
        out["unit"] = None
    return out


def _head(piece: Interpretation, pieces: list[Interpretation]) -> dict[str, Any]:
    """What tells a row's number from the others: its metric, and what else differs."""
    head: dict[str, Any] = {"metric": piece.metric}
    if len({p.metric for p in pieces}) < len(pieces):
        if len({p.aggregation for p in pieces}) > 1:
            head["aggregation"] = piece.aggregation
        if len({p.order for p in pieces}) > 1:
            head["order"] = piece.order
    return head


def _wide(pieces: list[Interpretation], answers: list[dict[str, Any]], reply: "Reply") -> dict[str, Any]:
    """A line for each group, a column for each number."""
    names = pieces[0].group_by
    lines: dict[tuple[str, ...], dict[int, str]] = {}
    for number, single in enumerate(answers):
        table = single["table"] or {"columns": [], "rows": []}
        keys = [c["key"] for c in table["columns"]]
        for shown in table["rows"]:
            cells = dict(zip(keys, shown, strict=True))
            lines.setdefault(tuple(cells[name] for name in names), {})[number] = cells["value"]
    columns = [{"key": name, "title": reply.catalogue.dimensions[name].name} for name in names]
    columns += [{"key": f"value_{n + 1}", "title": _named(piece, reply)} for n, piece in enumerate(pieces)]
    rows = [[*group, *(found.get(n, "–") for n in range(len(pieces)))] for group, found in lines.items()]
    return {"columns": columns, "rows": rows}


def _long(pieces: list[Interpretation], answers: list[dict[str, Any]], reply: "Reply") -> dict[str, Any]:
    """The tables one below the other, each line with what it measures."""
    columns = [{"key": "metric", "title": "指标"}]
    lines: list[dict[str, str]] = []
    for piece, single in zip(pieces, answers, strict=True):
        table = single["table"] or {"columns": [], "rows": []}
        known = {c["key"] for c in columns}
        columns += [
            {"key": c["key"], "title": "数值" if c["key"] == "value" else c["title"]}
            for c in table["columns"]
            if c["key"] not in known
        ]
        keys = [c["key"] for c in table["columns"]]
        lines += [
            {"metric": _named(piece, reply), **dict(zip(keys, shown, strict=True))} for shown in table["rows"]
        ]
    return {"columns": columns, "rows": [[line.get(c["key"], "") for c in columns] for line in lines]}


def _named(piece: Interpretation, reply: "Reply") -> str:
    return sentence.metric_name(piece, reply.catalogue.metrics[piece.metric or ""])


def _scoped(reply: "Reply", piece: Interpretation) -> Interpretation:
    """The filter of a limited viewer who named none, as the first of the numbers has it."""
    for name, values in default_scope(reply.viewer, reply.catalogue).items():
        if name not in piece.filters and name not in piece.group_by:
            piece = piece.with_(filters={name: values, **piece.filters})
    return piece


def _shortened(text: str, first: Interpretation, reply: "Reply") -> str:
    """A further sentence without the dates and the notes that the first one has said."""
    head = f"{units.span(first.time)}，"
    who = units.filters(first.filters, first.exclude, reply.catalogue)
    text = text.removeprefix(head)
    text = text.removeprefix(f"{who}，") if who else text
    return text.replace(f"（没有说时间，按近 {reply.catalogue.default_days} 天计。）", "").replace(
        "（本期尚未结束，只比较已过去的部分。）", ""
    )
