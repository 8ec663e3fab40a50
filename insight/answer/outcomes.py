"""Each outcome as the JSON of the specification: answered, asked back, refused, forbidden, no data."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from insight import explain, forecast
from insight.answer import charts, runs, sentence, several, units
from insight.answer.parts import picked
from insight.answer.run import Result, Runner
from insight.catalogue import Catalogue
from insight.compile.permissions import NotAllowed, Viewer, check
from insight.compile.query import Compiler
from insight.distribution import distribution
from insight.interpretation import Interpretation
from insight.records.store import Store
from insight.understand import clarify
from insight.understand.engine import Understanding

Tell = Callable[[str, str], None]
"""Hears how far an answer is: a stage's key, and in Chinese what is done."""


def silent(stage: str, text: str) -> None:
    """For those who only want the answer."""


@dataclass(slots=True)
class Reply:
    question: str
    catalogue: Catalogue
    store: Store
    viewer: Viewer
    now: datetime
    tell: Tell = silent

    def base(self, status: str, answer: str, i: Interpretation | None = None) -> dict[str, Any]:
        as_of = self.store.as_of()
        return {
            "question": self.question,
            "status": status,
            "answer": answer,
            "interpretation": i.as_json() if i else None,
            "unit": None,
            "rows": [],
            "definition": None,
            "as_of": as_of.replace(tzinfo=self.now.tzinfo).isoformat() if as_of else None,
            "sql": None,
            "chart": None,
            "table": None,
            "options": [],
            "suggestions": [],
        }

    def refused(self, understood: Understanding) -> dict[str, Any]:
        out = self.base("refused", understood.message)
        out["suggestions"] = list(clarify.EXAMPLES[:3])
        return out

    def forbidden(self, message: str, i: Interpretation | None = None) -> dict[str, Any]:
        return self.base("forbidden", message, i)

    def clarify(self, understood: Understanding) -> dict[str, Any]:
        options = [o for o in dict.fromkeys(understood.options) if o][:3]
        message = understood.message.rstrip("。？") + ("？" if understood.message.endswith("？") else "。")
        text = message + ("请选一个，或换个说法：" + "；".join(options) + "。" if options else "请换个说法。")
        out = self.base("clarify", text)
        out["options"] = options
        if understood.unused:
            out["unused"] = list(understood.unused)
        return out


def answer(reply: Reply, i: Interpretation, understood: Understanding) -> dict[str, Any]:
    """Runs what the question means. Rows of nothing at all are `no_data`, not an empty answer."""
    if i.also:
        return several.answer(reply, i, understood)
    return alone(reply, i, understood)


def alone(reply: Reply, i: Interpretation, understood: Understanding) -> dict[str, Any]:
    """The answer where one number, list or table is asked for."""
    store = reply.store
    compiler = Compiler(reply.catalogue, reply.viewer, reply.now, store.rollups(), store.patients())
    with store.engine.connect() as connection:
        runner = Runner(connection, compiler, reply.catalogue)
        if i.kind in ("why", "bottleneck", "anomaly"):
            result, text, i = explain.explain(runner, i)
        elif i.kind == "forecast" or (i.kind == "query" and forecast.is_ahead(i, reply.now)):
            result, text, i = forecast.answer(runner, i)
        elif i.run:
            result, text = runs.answer(runner, i)
        elif i.kind == "distribution":
            result, text = distribution(runner, i)
        else:
            i, found = picked(runner, i)
            i = runner.averaged(i)
            result = runner.run(i)
            result.notes += [*found, *_coverage(reply, i)]
            text = sentence.answer(i, result, reply.catalogue)
        if _is_empty(i, result, runner):
            return _no_data(reply, i, runner)
    return _answered(reply, i, result, text, understood)


def _coverage(reply: Reply, i: Interpretation) -> list[str]:
    """What is said where the records begin only within a range: a part is no whole."""
    span = reply.store.span() if i.kind != "realtime" else None
    out = []
    for time, name in ((i.time, "所选时间"), (i.compare, "对照期")):
        if span and time and time.start and time.end and time.start.date() < span[0] < time.end.date():
            out.append(f"记录从{units.day(span[0])}才开始，{name}的数据不完整")
    return out


def _is_empty(i: Interpretation, result: Result, runner: Runner) -> bool:
    """Whether nothing at all lies behind the answer, rather than nothing that meets a threshold."""
    if result.facts.get("no_data"):
        return True
    if i.kind == "realtime":
        return not runner.covered(i, i.time)
    if result.rows:
        return False
    if i.having is not None or i.run or i.moved or i.place or i.standing or i.kind == "anomaly":
        return not runner.covered(i, i.time)
    if i.where and not i.beyond:
        return not runner.covered(i, i.time)
    return not result.small


def _no_data(reply: Reply, i: Interpretation, runner: Runner) -> dict[str, Any]:
    span = reply.store.span()
    who = units.filters(i.filters, i.exclude, reply.catalogue)
    text = f"{units.span(i.time)}{'，' + who if who else ''}没有就诊记录。"
    if span and not runner.covered(i, i.time):
        text += f"现有记录从{units.day(span[0])}到{units.day(span[1])}。"
    out = reply.base("no_data", text, i)
    out["sql"] = ";\n".join(runner.statements)
    return out


def _answered(
    reply: Reply, i: Interpretation, result: Result, text: str, understood: Understanding
) -> dict[str, Any]:
    catalogue = reply.catalogue
    reply.tell("drawing", "正在整理答案和图")
    metric = catalogue.metrics.get(i.metric or "")
    unit = result.facts.get("unit") or (sentence.unit_of(i, metric) if metric else None)
    if understood.repairs:
        text = "，".join(f"「{said}」按「{meant}」理解" for said, meant in understood.repairs) + "。" + text
    out = reply.base("answered", text, i)
    out["unit"] = unit
    out["rows"] = result.rows
    out["definition"] = result.facts.get("definition") or (
        sentence.definition(i, metric, catalogue) if metric else None
    )
    out["sql"] = result.sql or None
    out["n"] = sum(row.get("n") or 0 for row in result.rows) if result.rows else 0
    shown = i.with_(group_by=(*i.group_by, "part")) if i.parts else i
    out["table"] = sentence.table(i, result.rows, unit or "visits", catalogue)
    out["chart"] = charts.option(shown, result.leading or result.rows, unit or "visits", catalogue)
    out["repairs"] = [{"said": said, "meant": meant} for said, meant in understood.repairs]
    out["suggestions"] = next_questions(reply, i)
    return out


def next_questions(reply: Reply, i: Interpretation) -> list[str]:
    """The likely next questions in this conversation, among those that the viewer may ask."""
    out: list[str] = []
    metric = reply.catalogue.metrics.get(i.metric or "")
    if metric is None or i.kind not in ("query", "realtime"):
        return ["那上周呢", "按科室看"][:1]
    if i.compare is None:
        out += ["环比", "同比"]
    for name in ("department", "doctor", "campus", "hour"):
        if name in i.group_by or name in i.filters or metric.realtime:
            continue
        try:
            check(i.with_(group_by=(name,)), reply.viewer, reply.catalogue, reply.store.owners())
        except NotAllowed:
            continue
        out.append(f"按{reply.catalogue.dimensions[name].name}看")
        if len(out) == 3:
            break
    if metric.is_duration and "stage" not in i.group_by:
        out.append("瓶颈在哪个环节")
    return [*out[:4], "导出"]
