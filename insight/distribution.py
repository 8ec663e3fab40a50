"""How single values are spread: a histogram of about ten bins."""

import math

from insight.answer import units
from insight.answer.run import Result, Row, Runner
from insight.answer.sentence import metric_name, notes, subject
from insight.interpretation import Interpretation

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
