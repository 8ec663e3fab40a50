"""Management questions: accuracy on gold, understanding time, answers over many visits, import, other databases, forecast."""

import argparse
import json
import math
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from insight import corpus, forecast
from insight.catalogue import get
from insight.compile.dialects import render
from insight.compile.permissions import Viewer, parse_viewer
from insight.compile.query import Compiler
from insight.engine import Insight
from insight.interpretation import SHANGHAI, Interpretation, TimeRange
from insight.records.importing import import_csv
from insight.records.schema import VISITS
from insight.records.store import Store

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data" / "visits"
NOW = datetime(2026, 11, 22, 9, tzinfo=SHANGHAI)
DIRECTOR = Viewer("director", subject="benchmark")
UNITS = {"count": {"visits", "patients", "doctors", "complaints"}, "fraction": {"rate"}}
POSTGRES = "postgresql+psycopg://postgres@127.0.0.1:5432/"
MIXED = (
    "昨天门诊量是多少", "今年每月爽约率趋势", "今年各科室候诊时间", "今年候诊时间的90分位", "今年各时段候诊时间中位数", "今年门诊收入最高的十位医生",
    "上个月门诊量环比", "今年各院区各渠道挂号量", "今年候诊超过30分钟的占比", "上周候诊最久的三个诊室", "今年各科室就诊人数", "今年每天门诊收入",
)  # fmt: skip


def close(a: Any, b: Any) -> bool:
    if isinstance(a, bool | str) or isinstance(b, bool | str) or a is None or b is None:
        return a == b
    return math.isclose(a, b, rel_tol=1e-4, abs_tol=1e-6)


def differs(gold: list[dict[str, Any]], rows: list[dict[str, Any]], ordered: bool) -> bool:
    """Whether rows are not those of the gold; groups in any order unless they are ranked."""
    extra = ("value", "n", "previous", "change", "change_rate", "share", "lo", "hi")
    dims = [k for k in (gold[0] if gold else {}) if k not in extra]
    if len(gold) != len(rows):
        return True
    if not ordered:
        gold, rows = ([*sorted(r, key=lambda x: tuple(str(x.get(d)) for d in dims))] for r in (gold, rows))
    return any(
        not close(v, row.get(k))
        for want, row in zip(gold, rows, strict=True)
        for k, v in want.items()
        if k not in ("lo", "hi")
    )


def wrong(case: dict[str, Any], turn: dict[str, Any], answer: dict[str, Any]) -> str | None:
    """Why an answer is not right; None where it is. Gold's `count` and `fraction` stand for the spec's units."""
    gold, rows = turn["gold"], answer["rows"]
    if answer["status"] not in gold.get("accept", [gold["status"]]):
        return f"status {answer['status']}"
    if gold.get("rows") is not None:
        ordered = bool((gold.get("interpretation") or {}).get("order"))
        if all(differs(g, rows, ordered) for g in [gold["rows"], *gold.get("alternatives", [])]):
            return "rows"
        unit = gold.get("unit")
        if unit and answer["unit"] != unit and answer["unit"] not in UNITS.get(unit, ()):
            return f"unit {answer['unit']}"
    numbers = [x for row in rows for x in row.values() if isinstance(x, int | float)]
    shown = answer["answer"] + json.dumps(rows, ensure_ascii=False)
    for fact in case.get("facts", []):
        if (
            "pick" in fact
            and not (rows and rows[0].get(fact["pick"]) in fact["is"])
            and not any(str(w) in shown for w in fact["is"])
        ):
            return "fact"
        if "words" in fact and not any(word in shown for word in fact["words"]):
            return "fact"
    if any(not any(close(v, x) for x in numbers) for _, v in gold.get("values", [])):
        return "values"
    if "total" in gold and sum(row["value"] for row in rows) != gold["total"]:
        return "total"
    if "hour_in" in gold and not (rows and rows[0].get("hour") in gold["hour_in"]):
        return "hour"
    if "near" in gold and not (rows and abs(rows[0]["value"] / gold["near"] - 1) < case.get("within", 0.15)):
        return "near"
    return None


def accuracy(insight: Insight, path: Path) -> dict[str, Any]:
    """Right answers of a file of questions with gold, and those answered with confidence and wrong."""
    turns = right = confident = 0
    misses = []
    for line in path.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        viewer, now = parse_viewer(case["as"]), datetime.fromisoformat(case["now"])
        for turn in case.get("turns") or [case]:
            turns += 1
            answer = insight.ask(turn["question"], viewer, now, case["id"])
            problem = wrong(case, turn, answer)
            right += problem is None
            if problem:
                confident += answer["status"] == "answered"
                misses.append(f"{case['id']} {turn['question']}: {problem}")
    return {"turns": turns, "right": right, "confidently_wrong": confident, "misses": misses}


def milliseconds(times: list[float]) -> dict[str, float]:
    ordered = sorted(times)
    return {
        "p50_ms": round(statistics.median(ordered) * 1000, 2),
        "p95_ms": round(ordered[int(0.95 * (len(ordered) - 1))] * 1000, 2),
    }


def understanding() -> dict[str, float]:
    """Understanding and compiling of every question of the corpus."""
    known, catalogue = corpus.load(), get()
    machine = corpus.understander(known, catalogue)
    machine.repairer.warm()
    dialect = create_engine("sqlite://").dialect
    compiler, times = Compiler(catalogue, DIRECTOR, NOW), []
    for talk in known.talks:
        began = time.perf_counter()
        got = machine.understand(talk.turns[0].ask, NOW)
        i = got.interpretation
        if i and i.metric and i.kind == "query":
            render(compiler.query(i), dialect)
        times.append(time.perf_counter() - began)
    return milliseconds(times) | {"questions": len(times)}


def generated(visits: int, folder: Path) -> Path | None:
    """About `visits` records of 420 days from the generator, None where it is not there."""
    maker = DATA / "make_visits.py"
    if not maker.exists():
        return None
    out = folder / "visits.csv"
    command = [
        sys.executable,
        str(maker),
        "--days",
        "420",
        "--end",
        "2026-11-21",
        "--per-day",
        "300",
        "--seed",
        "7",
        str(out),
    ]
    subprocess.run(command, check=True)
    return out


def multiplied(store: Store, visits: int) -> int:
    """The records over and over, under other ids, until there are `visits`; returns how many there are."""
    derived = [c.name for c in VISITS.columns]
    columns = ", ".join(derived[1:])
    with store.engine.begin() as connection:
        have = connection.execute(text("SELECT count(*) FROM visits")).scalar_one()
        times = max(0, round(visits / max(have, 1)) - 1)
        if times:
            connection.execute(
                text(
                    f"INSERT INTO visits (visit_id, {columns}) SELECT visit_id || '-' || k, {columns} "
                    f"FROM visits, range(1, {times + 1}) AS r(k) ORDER BY appointment_start"
                )
            )
    store.changed()
    return have * (times + 1)


def answers(insight: Insight, rounds: int) -> dict[str, Any]:
    """Whole answers of mixed questions over a year, one manager and eight at once; memory after them."""
    insight.warm()
    for question in MIXED:
        insight.ask(question, DIRECTOR, NOW)

    def one(question: str) -> float:
        began = time.perf_counter()
        insight.ask(question, DIRECTOR, NOW)
        return time.perf_counter() - began

    alone = [one(question) for _ in range(rounds) for question in MIXED]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(one, MIXED * max(4, rounds)))
    return {
        "one": milliseconds(alone),
        "eight_at_once": milliseconds(together),
        "memory_mb": round(psutil.Process().memory_info().rss / 1e6),
    }


YARDSTICK = Interpretation(
    metric="wait_minutes", aggregation="mean", group_by=("department",),
    time=TimeRange(datetime(2026, 1, 1, tzinfo=SHANGHAI), datetime(2027, 1, 1, tzinfo=SHANGHAI)),
)  # fmt: skip


def yardsticks(source: Path, store: Store) -> dict[str, Any]:
    """One year's mean wait by department on the same records: DuckDB, SQLite, PostgreSQL."""
    compiler = Compiler(get(), DIRECTOR, NOW)
    query = compiler.query(YARDSTICK)
    out: dict[str, Any] = {"duckdb_ms": _timed(store, query)}
    with tempfile.TemporaryDirectory() as folder:
        lite = Store(f"sqlite:///{folder}/visits.db")
        import_csv(lite, source, NOW)
        out["sqlite_ms"] = _timed(lite, query)
        lite.close()
    name = "menzhen_insight_bench"
    admin = create_engine(POSTGRES + "postgres", isolation_level="AUTOCOMMIT")
    try:
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
            connection.execute(text(f"CREATE DATABASE {name}"))
        other = Store(POSTGRES + name)
        import_csv(other, source, NOW)
        out["postgresql_ms"] = _timed(other, query)
        other.close()
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    except SQLAlchemyError as error:
        out["postgresql_ms"] = f"not measured: {type(error).__name__}"
    return out


def _timed(store: Store, query: Any) -> float:
    times = []
    for _ in range(5):
        began = time.perf_counter()
        with store.engine.connect() as connection:
            connection.execute(query).all()
        times.append(time.perf_counter() - began)
    return round(min(times) * 1000, 2)


def back_test(store: Store) -> dict[str, Any]:
    """Error of one-day forecasts of the last twelve weeks, against the plain mean of four same weekdays."""
    with store.engine.connect() as connection:
        rows = connection.execute(
            text("SELECT visit_date, count(*) FROM visits WHERE status <> 'cancelled' GROUP BY visit_date")
        ).all()
    history: dict[date, float] = {day: float(count) for day, count in rows}
    gap = total = 0.0
    for day in sorted(history)[-84:]:
        before = [
            history[d] for n in range(1, 5) if (d := date.fromordinal(day.toordinal() - 7 * n)) in history
        ]
        if before:
            gap += abs(history[day] - sum(before) / len(before))
            total += history[day]
    return {"wape": round(forecast.wape(history) or 0, 4), "wape_plain_mean": round(gap / total, 4)}


def measure(options: argparse.Namespace) -> dict[str, Any]:
    out: dict[str, Any] = {"understanding": understanding()}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = generated(options.visits, folder)
        if source is None:
            out["skipped"] = f"没有数据生成器 {DATA / 'make_visits.py'}，只测理解"
            return out
        store = Store(str(folder / "visits.duckdb"))
        report = import_csv(store, source, NOW)
        out["import"] = {
            "rows": report.inserted,
            "seconds": report.seconds,
            "rows_per_second": round(report.inserted / report.seconds),
        }
        if options.questions.exists():
            out["accuracy"] = accuracy(Insight(store), options.questions)
        out["forecast"] = back_test(store)
        out["one_query"] = yardsticks(source, store)
        out["visits"] = multiplied(store, options.visits)
        out["answers"] = answers(Insight(store), options.rounds)
        store.close()
    return out


def lines(result: dict[str, Any], head: str = "") -> list[str]:
    out = []
    for key, value in result.items():
        if isinstance(value, dict):
            out += lines(value, f"{head}{key}.")
        else:
            out.append(f"{re.sub('_', ' ', head + key):<34}{value}")
    return out


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="menzhen bench insight", description=__doc__)
    parser.add_argument("--visits", type=int, default=200_000, help="records for the timing of answers")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--questions", type=Path, default=DATA / "questions_dev.jsonl", help="questions with gold"
    )
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    result = measure(options)
    print(json.dumps(result, ensure_ascii=False) if options.json else "\n".join(lines(result)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
