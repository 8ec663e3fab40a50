"""Management questions over many visits: import, understanding, whole answers, eight managers, other databases, forecast.

The records are invented (`benchmarks/_visits.py`), the questions are those of `insight/questions.yml` with a year for their
time. `--gold FOLDER` also measures accuracy on questions whose right rows are known.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import func, select

from benchmarks import _gold, _mixed, _visits, _yardsticks
from benchmarks._mixed import NOW
from insight import forecast
from insight.engine import Insight
from insight.records.importing import import_csv
from insight.records.schema import VISITS
from insight.records.store import Store

BEGAN = time.perf_counter()


def tell(what: str) -> None:
    """Progress, on standard error."""
    print(f"  {time.perf_counter() - BEGAN:6.0f} 秒  {what}", file=sys.stderr, flush=True)


def imported(store: Store, source: Path) -> dict[str, Any]:
    """A first import of the whole file, then the same file once more where it is not too large."""
    out: dict[str, Any] = {}
    me = psutil.Process()
    before = me.cpu_times()
    with _mixed.peak_memory(out):
        report = import_csv(store, source, NOW, lambda stage, rows: tell(f"导入：{stage} {rows:,}"))
    after = me.cpu_times()
    spent = after.user + after.system - before.user - before.system
    return out | {
        "rows": report.inserted,
        "seconds": report.seconds,
        "rows_per_second": round(report.inserted / report.seconds),
        "cpu_seconds": round(spent, 1),
        "rows_per_second_of_two_free_cores": round(report.inserted / spent * 2),
    }


def back_test(store: Store) -> dict[str, Any]:
    """Error of one-day forecasts of the last twelve weeks, against the mean of the last four same weekdays."""
    query = (
        select(VISITS.c.visit_date, func.count())
        .where(VISITS.c.status != "cancelled")
        .group_by(VISITS.c.visit_date)
    )
    with store.engine.connect() as connection:
        history: dict[date, float] = {day: float(count) for day, count in connection.execute(query)}
    gap = total = 0.0
    for day in sorted(history)[-84:]:
        weeks = [date.fromordinal(day.toordinal() - 7 * n) for n in range(1, 5)]
        before = [history[d] for d in weeks if d in history]
        if before:
            gap += abs(history[day] - sum(before) / len(before))
            total += history[day]
    return {"wape": round(forecast.wape(history) or 0, 4), "wape_plain_mean": round(gap / total, 4)}


def measure(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    out: dict[str, Any] = {"visits": options.visits, "days": options.days}
    source = folder / "visits.csv"
    tell(f"生成 {options.visits:,} 条就诊记录，{options.days} 天")
    _visits.write(source, options.visits, span=options.days)
    store = Store(str(folder / "visits.duckdb"))
    try:
        out["import"] = imported(store, source)
        source.unlink()
        out["import"]["store_mb"] = round((folder / "visits.duckdb").stat().st_size / 1e6)
        insight = Insight(store)
        began = time.perf_counter()
        insight.warm()
        asked = _mixed.questions(insight)
        out["start_seconds"] = round(time.perf_counter() - began, 2)
        tell("理解")
        out["understanding"] = _mixed.understanding(insight, asked)
        out["answers"] = _mixed.answers(insight, asked, options.rounds, tell)
        tell("八位管理者同时提问")
        out["at_once"] = _mixed.together(insight, asked, 8, options.each)
        out["forecast"] = back_test(store)
        tell("一年的 SQL")
        out["sql_on_all_visits"] = _yardsticks.timed(store)
    finally:
        store.close()
    if options.yardstick_visits:
        _visits.write(source, options.yardstick_visits, span=options.days)
        out["same_sql"] = _yardsticks.measure(source, folder, tell)
    if options.gold:
        tell("准确率")
        out["accuracy"] = _gold.measure(options.gold)
    return out


def lines(result: dict[str, Any], head: str = "") -> list[str]:
    out = []
    for key, value in result.items():
        if isinstance(value, dict):
            out += lines(value, f"{head}{key}.")
        else:
            out.append(f"{(head + key).replace('_', ' '):<44}{value}")
    return out


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="menzhen bench insight", description=__doc__)
    parser.add_argument("--visits", type=int, default=2_000_000, help="records of the store that is asked")
    parser.add_argument("--days", type=int, default=1096, help="days over which they lie")
    parser.add_argument("--rounds", type=int, default=2, help="how often each question is asked")
    parser.add_argument("--each", type=int, default=40, help="questions of each of the eight managers")
    parser.add_argument(
        "--yardstick-visits",
        type=int,
        default=300_000,
        help="records in each of the three databases, 0 for none",
    )
    parser.add_argument("--gold", type=Path, help="a folder with questions_dev.jsonl and make_visits.py")
    parser.add_argument("--folder", type=Path, help="where the files are made (20 million visits need 9 GB)")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        result = measure(options, Path(name))
    print(json.dumps(result, ensure_ascii=False) if options.json else "\n".join(lines(result)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
