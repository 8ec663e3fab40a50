"""Management questions whose right rows are known: how many are answered so, and how many with confidence and wrong."""

import json
import math
import subprocess
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

from insight.compile.permissions import parse_viewer
from insight.engine import Insight
from insight.records.importing import import_csv
from insight.records.store import Store

UNITS = {"count": {"visits", "patients", "doctors", "complaints"}, "fraction": {"rate"}}
RECORDS = ("--days", "420", "--end", "2026-11-21", "--per-day", "300", "--seed", "7")


def close(a: Any, b: Any) -> bool:
    if isinstance(a, bool | str) or isinstance(b, bool | str) or a is None or b is None:
        return bool(a == b)
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


def measure(folder: Path) -> dict[str, Any]:
    """Accuracy on `questions_dev.jsonl` of a folder, over the records that its `make_visits.py` writes."""
    with tempfile.TemporaryDirectory() as name:
        source = Path(name) / "visits.csv"
        subprocess.run([sys.executable, str(folder / "make_visits.py"), *RECORDS, str(source)], check=True)
        store = Store(str(Path(name) / "visits.duckdb"))
        try:
            import_csv(store, source, datetime(2026, 11, 22, 9))
            return accuracy(Insight(store), folder / "questions_dev.jsonl")
        finally:
            store.close()
