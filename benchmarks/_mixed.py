"""The questions of the corpus with a year for their time, answered whole: one manager, and several at once."""

import random
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psutil
from sqlalchemy import create_engine

from insight import corpus
from insight.catalogue import get
from insight.compile.dialects import render
from insight.compile.permissions import Viewer, parse_viewer
from insight.compile.query import Compiler
from insight.engine import Insight
from insight.interpretation import SHANGHAI, Interpretation

NOW = datetime(2026, 11, 22, 9, tzinfo=SHANGHAI)
DIRECTOR = Viewer("director", subject="benchmark")
YEAR = "近一年"
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of the corpus. `year`: its time was made a year; `kind` and `metric`: what it was taken to mean."""

    text: str
    viewer: Viewer
    year: bool
    kind: str
    metric: str


def questions(insight: Insight) -> list[Asked]:
    """The first questions of the corpus's talks that are answered, each with its time made a year where it says one.

    Times that lie ahead (forecasts), the present (real-time) and comparisons of two named times are left as they are.
    """
    machine, out = insight.understander(), []
    for talk in corpus.load().talks:
        turn = talk.turns[0]
        if turn.answer != "answered":
            continue
        before = machine.understand(turn.ask, NOW).interpretation
        if before is None or not before.metric and before.kind != "anomaly":
            continue
        text = _with_year(turn.ask, before)
        after = machine.understand(text, NOW).interpretation if text else None
        year = after is not None and _same(before, after) and _is_year(after)
        i = after if year and after is not None else before
        out.append(
            Asked(text if year and text else turn.ask, parse_viewer(talk.role), year, i.kind, i.metric or "")
        )
    return out


def _with_year(text: str, i: Interpretation) -> str | None:
    if i.time is None or i.kind in ("realtime", "forecast") or (i.time.start and i.time.start > NOW):
        return None
    if i.time.default or not i.time.text:
        return YEAR + text
    return text.replace(i.time.text, YEAR, 1) if i.time.text in text else None


def _same(a: Interpretation, b: Interpretation) -> bool:
    return (a.kind, a.metric, a.aggregation, a.group_by, a.filters, a.where) == (
        b.kind, b.metric, b.aggregation, b.group_by, b.filters, b.where,
    )  # fmt: skip


def _is_year(i: Interpretation) -> bool:
    return bool(i.time and i.time.start and i.time.end and i.time.end - i.time.start >= timedelta(364))


def milliseconds(times: Sequence[float]) -> dict[str, float]:
    ordered = sorted(times)
    return {
        "p50_ms": round(statistics.median(ordered) * 1000, 1),
        "p95_ms": round(ordered[int(0.95 * (len(ordered) - 1))] * 1000, 1),
        "max_ms": round(ordered[-1] * 1000, 1),
    }


@contextmanager
def peak_memory(out: dict[str, Any]) -> Iterator[None]:
    """Puts the most memory that this process held meanwhile into `out`, in MB."""
    me, done, seen = psutil.Process(), threading.Event(), [0]

    def watch() -> None:
        while not done.wait(0.1):
            seen[0] = max(seen[0], me.memory_info().rss)

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        yield
    finally:
        done.set()
        watching.join()
        out["peak_memory_mb"] = round(max(seen[0], me.memory_info().rss) / 1e6)


def understanding(insight: Insight, asked: Sequence[Asked]) -> dict[str, Any]:
    """Understanding and compiling alone, with the words of the records that are there."""
    machine, dialect = insight.understander(), create_engine("sqlite://").dialect
    compiler, times = Compiler(get(), DIRECTOR, NOW, True), []
    spent = []
    for one in asked:
        began, used = time.perf_counter(), time.process_time()
        i = machine.understand(one.text, NOW).interpretation
        if i and i.metric and i.kind == "query":
            render(compiler.query(i), dialect)
        times.append(time.perf_counter() - began)
        spent.append(time.process_time() - used)
    return milliseconds(times) | {"processor_time": milliseconds(spent), "questions": len(times)}


def answers(insight: Insight, asked: Sequence[Asked], rounds: int, tell: Tell) -> dict[str, Any]:
    """Whole answers, one after the other, in another order each round; what was slowest and how often what came.

    `processor_time` adds up what all cores spent on an answer: it tells little of other work on the machine.
    """
    out: dict[str, Any] = {"questions": len(asked), "of_a_year": sum(one.year for one in asked)}
    took: dict[Asked, list[float]] = {one: [] for one in asked}
    spent: list[float] = []
    outcomes: dict[str, int] = {}
    rng = random.Random(1)
    with peak_memory(out):
        for number in range(rounds):
            for one in rng.sample(list(asked), len(asked)):
                began, used = time.perf_counter(), time.process_time()
                status = insight.ask(one.text, one.viewer, NOW)["status"]
                took[one].append(time.perf_counter() - began)
                spent.append(time.process_time() - used)
                outcomes[status] = outcomes.get(status, 0) + 1
            tell(f"回答第 {number + 1}/{rounds} 轮")
    out |= {"outcomes": outcomes, "all": milliseconds([t for times in took.values() for t in times])}
    out["processor_time"] = milliseconds(spent)
    out["year"] = milliseconds([t for one, times in took.items() if one.year for t in times])
    slow = sorted(took, key=lambda one: -statistics.median(took[one]))[:8]
    out["slowest"] = {one.text: round(statistics.median(took[one]) * 1000) for one in slow}
    return out


def together(insight: Insight, asked: Sequence[Asked], managers: int, each: int) -> dict[str, Any]:
    """Several managers who ask at once, each question after question."""
    out: dict[str, Any] = {"managers": managers}

    def manage(number: int) -> list[float]:
        rng, times = random.Random(number), []
        for one in rng.sample(list(asked), min(each, len(asked))):
            began = time.perf_counter()
            insight.ask(one.text, one.viewer, NOW)
            times.append(time.perf_counter() - began)
        return times

    with peak_memory(out), ThreadPoolExecutor(managers) as pool:
        times = [t for found in pool.map(manage, range(managers)) for t in found]
    return out | milliseconds(times)
