"""The measuring script, and what the judged sentences get."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import time as benchmark
from tests.chinese import judge

CASE = {
    "id": "x",
    "suite": "own",
    "now": "2026-11-20T10:00:00",
    "prefer": "future",
    "kind": "date_time",
    "convention": "ok",
}


def case(text: str, expression: str, *gold: str | None, **more: Any) -> dict[str, Any]:
    return CASE | {"text": text, "expression": expression, "gold": [list(gold)]} | more


def test_exact_wrong_and_none_are_told_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cases = [
        case("明天去", "明天", "2026-11-21T00:00:00", "2026-11-22T00:00:00"),
        case("明天去", "明天", "2026-11-25T00:00:00", "2026-11-26T00:00:00"),
        case("很久以后再去", "再去", "2026-11-21T00:00:00", None),
        case("三点", "三点", "2026-11-20T15:00:00", None),
        case("三点", "三点", "2026-11-20T03:00:00", None, convention="differs"),
        case(
            "三点",
            "三点",
            "2026-11-20T03:00:00",
            None,
            convention="differs",
            gold_spec=[["2026-11-20T15:00:00", None]],
        ),
    ]
    (tmp_path / "cases.jsonl").write_text("\n".join(map(json.dumps, cases)), encoding="utf-8")
    (tmp_path / "mine.txt").write_text(
        "@ 2026-11-20T10:00\n2026-11-21 = 【明天】去；后天\n", encoding="utf-8"
    )
    assert benchmark.main(["--suites", str(tmp_path), "--alone", "--json"]) == 0
    suites = json.loads(capsys.readouterr().out)["suites"]
    assert suites["own"] == {"of": 4, "menzhen": {"exact": 2, "wrong": 1, "none": 1}, "jionlp": None}
    assert suites["own (spec)"]["menzhen"] == {"exact": 1}
    assert suites["mine"]["menzhen"] == {"exact": 1, "wrong": 1}


def test_a_folder_without_cases_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert benchmark.main(["--suites", str(tmp_path)]) == 2
    assert str(tmp_path) in capsys.readouterr().err


def test_the_forms_of_a_judged_line(tmp_path: Path) -> None:
    path = tmp_path / "some.txt"
    path.write_text(
        "# about\n@ 2026-11-20T10:00\np 2026-10..2026-11-05 = 从【十月】起；五号\n", encoding="utf-8"
    )
    first, second = judge.cases(path)
    assert (first["text"], first["expression"], first["prefer"]) == ("从十月起", "十月", "past")
    assert (second["text"], second["expression"], second["now"]) == ("五号", "五号", "2026-11-20T10:00:00")
    assert first["gold"] == [["2026-10-01T00:00:00", "2026-11-06T00:00:00"]]
    assert judge.interval("2028-02") == ["2028-02-01T00:00:00", "2028-03-01T00:00:00"]
    assert judge.interval("2026") == ["2026-01-01T00:00:00", "2027-01-01T00:00:00"]
    assert judge.interval("2026-11-20T15:30") == ["2026-11-20T15:30:00", None]
    assert judge.interval("..2026-11-20") == [None, "2026-11-20T00:00:00"]
    assert judge.interval("2026-11-20..") == ["2026-11-20T00:00:00", None]


def test_judged_sentences() -> None:
    cases = benchmark.load(benchmark.JUDGED)
    suites = {
        name: sum(case["suite"] == name for case in cases) for name in ("duckling", "jionlp", "recognizers")
    }
    assert min(suites.values()) >= 400
    assert benchmark.measure(cases)[1] == []
