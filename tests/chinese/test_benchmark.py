"""The measuring script, and the accuracy that is promised where the development cases are at hand."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    spec = importlib.util.spec_from_file_location("benchmark_time", ROOT / "benchmarks" / "time.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_exact_wrong_and_none_are_told_apart(
    benchmark: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = {
        "suite": "own",
        "now": "2026-11-20T10:00:00",
        "prefer": "future",
        "kind": "date_time",
        "convention": "ok",
    }
    cases = [
        {"text": "明天去", "expression": "明天", "gold": [["2026-11-21T00:00:00", "2026-11-22T00:00:00"]]},
        {"text": "明天去", "expression": "明天", "gold": [["2026-11-25T00:00:00", "2026-11-26T00:00:00"]]},
        {"text": "很久以后再去", "expression": "再去", "gold": [["2026-11-21T00:00:00", None]]},
        {"text": "三点", "expression": "三点", "gold": [["2026-11-20T15:00:00", None]]},
        {
            "text": "三点",
            "expression": "三点",
            "gold": [["2026-11-20T03:00:00", None]],
            "convention": "differs",
        },
    ]
    path = tmp_path / "cases.jsonl"
    path.write_text("\n".join(json.dumps({"id": "x"} | base | case) for case in cases), encoding="utf-8")
    assert benchmark.main(["--cases", str(path), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["suites"] == {"own ok": {"exact": 2, "wrong": 1, "none": 1, "of": 4}}
    assert benchmark.main(["--cases", str(tmp_path / "missing.jsonl")]) == 2


def test_development_cases(benchmark: ModuleType) -> None:
    if not benchmark.DEFAULT.exists():
        pytest.skip("the development cases are not at hand")
    results, misses = benchmark.measure(benchmark.DEFAULT)
    for suite, counts in results.items():
        total = sum(counts.values())
        assert counts["exact"] >= 0.95 * total, (suite, misses)
        assert counts["wrong"] <= 0.03 * total, (suite, misses)
