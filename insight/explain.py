"""Why a number changed, and where the flow is held up."""

from datetime import timedelta

from insight.anomaly import anomaly
from insight.answer import units
from insight.answer.run import Result, Row, Runner
from insight.answer.sentence import notes, subject
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

Explained = tuple[Result, str, Interpretation]


def explain(runner: Runner, i: Interpretation) -> Explained:
    """Rows, sentence and the interpretation as carried out, for kinds why, bottleneck and anomaly."""
    if i.kind == "why":
        return _why(runner, i)
    return _bottleneck(runner, i) if i.kind == "bottleneck" else anomaly(runner, i)


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
    additive = metric.is_additive or metric.key == "patients"
    names = [n for n in i.group_by or CANDIDATES if len(i.filters.get(n, ())) != 1 and n != "stage"]
    lists = [(name,) for name in names]
    parts = zip(names, runner.parts(i, lists, i.time), runner.parts(i, lists, i.compare), strict=True)
    for name, after, earlier in parts:
        rows = _parts(name, after, earlier, total, previous, additive)
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
    name: str, after: list[Row], before: list[Row], total: Row, previous: Row, additive: bool
) -> list[Row]:
    """The parts by one dimension with their contributions, the greatest first; none where there is but one part."""
    now = {r[name]: r for r in after if r["n"]}
    old = {r[name]: r for r in before if r["n"]}
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
