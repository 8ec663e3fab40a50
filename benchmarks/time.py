"""Measures the time parser: exact, wrong and missed per suite, JioNLP beside it, and microseconds a sentence.

A case counts as exact where a match that overlaps its expression gives the expected interval (only the start
for clock times and open ends), as none where no match overlaps it, else as wrong. JioNLP gets the expression
alone; `start` is how often at least its start is right, for its conventions about ends are others.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
import venv
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
JUDGED = ROOT / "tests" / "chinese" / "judge"
YARDSTICK = "jionlp==1.5.29"
ENVIRONMENT = ROOT / "var" / "bench" / "jionlp"
sys.path.insert(0, str(ROOT))

from chinese.time import Match, parse  # noqa: E402
from tests.chinese import judge  # noqa: E402

Case = dict[str, Any]
Interval = list[str | None]
SENTENCES = (
    "帮我挂明天上午心内科王建国主任的号",
    "下周三下午三点半到五点之间还有没有皮肤科的号，最好是女医生",
    "上个月各科室平均候诊时长和去年同期比怎么样",
    "近30天每天的门诊量走势，画成折线图",
    "我从前天晚上开始发烧，最高三十八度五，吃了两次布洛芬",
    "把后天上午九点的号改到国庆节后第一个工作日",
)


class NotMeasured(Exception):
    """What stands in the way, in one line."""


def load(folder: Path) -> list[Case]:
    """The cases of a folder: *.txt as in tests/chinese/judge, *.jsonl a case a line. Those not settled are left out."""
    cases: list[Case] = []
    for path in sorted(folder.glob("*.txt")):
        cases += judge.cases(path)
    for path in sorted(folder.glob("*.jsonl")):
        cases += (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    return [case for case in cases if settled(case)]


def expected(case: Case) -> list[Interval]:
    """The intervals that count as right: the specification's where it differs from the suite's."""
    return case.get("gold_spec") or case["gold"]


def settled(case: Case) -> bool:
    """Whether the specification settles the case."""
    return case["convention"] == "ok" or "gold_spec" in case


def suite_of(case: Case) -> str:
    """The suite's name; apart where the specification has another answer than the suite."""
    return f"{case['suite']}{'' if case['convention'] == 'ok' else ' (spec)'}"


def outcome(case: Case, matches: list[Match]) -> str:
    """exact, wrong or none."""
    text, words = case["text"], case["expression"]
    places = [place for place in range(len(text)) if text.startswith(words, place)]
    near = [m for m in matches if any(m.begin < place + len(words) and place < m.finish for place in places)]
    if not near:
        return "none"
    found = (
        [m.replace(tzinfo=None).isoformat() if m else None for m in (match.start, match.end)]
        for match in near
    )
    return "exact" if any(fits(span, gold) for span in found for gold in expected(case)) else "wrong"


def fits(found: Interval, gold: Interval) -> bool:
    """Whether it is the expected interval; where that has no end, only the start counts."""
    return found[0] == gold[0] and (gold[1] is None or found[1] == gold[1])


def measure(cases: Iterable[Case]) -> tuple[dict[str, Counter[str]], list[dict[str, Any]]]:
    """Outcomes per suite, and the cases that were not exact."""
    results: dict[str, Counter[str]] = defaultdict(Counter)
    misses: list[dict[str, Any]] = []
    for case in cases:
        matches = parse(case["text"], datetime.fromisoformat(case["now"]), case["prefer"])
        result = outcome(case, matches)
        results[suite_of(case)][result] += 1
        if result != "exact":
            found = [[m.text, str(m.start), str(m.end), m.kind] for m in matches]
            miss = {name: case[name] for name in ("id", "text", "now", "prefer")}
            misses.append(miss | {"expected": expected(case), "found": found, "outcome": result})
    return results, misses


def yardstick(cases: list[Case]) -> dict[str, Counter[str]]:
    """The same cases through JioNLP; NotMeasured where it does not install or run."""
    python = _environment()
    lines = "".join(
        json.dumps({"expression": case["expression"], "now": case["now"]}) + "\n" for case in cases
    )
    run = subprocess.run(
        [python, Path(__file__).with_name("_jionlp.py")],
        input=lines,
        capture_output=True,
        text=True,
        check=False,
    )
    answers = [json.loads(line) for line in run.stdout.splitlines()]
    if run.returncode or len(answers) != len(cases):
        raise NotMeasured(f"{YARDSTICK} does not run here: {_last_line(run.stderr)}")
    results: dict[str, Counter[str]] = defaultdict(Counter)
    for case, found in zip(cases, answers, strict=True):
        golds = expected(case)
        right = found and any(fits(found, gold) for gold in golds)
        counts = results[suite_of(case)]
        counts["none" if found is None else "exact" if right else "wrong"] += 1
        counts["start"] += bool(found) and any(found[0] == gold[0] for gold in golds)
    return results


def _environment() -> Path:
    """The Python of JioNLP's own environment, made on the first run."""
    python = ENVIRONMENT / "bin" / "python"
    if not (ENVIRONMENT / "ready").exists():
        venv.create(ENVIRONMENT, with_pip=True, symlinks=True)
        install = subprocess.run(
            [python, "-m", "pip", "install", "--quiet", YARDSTICK],
            capture_output=True,
            text=True,
            check=False,
        )
        if install.returncode:
            raise NotMeasured(f"{YARDSTICK} does not install here: {_last_line(install.stderr)}")
        (ENVIRONMENT / "ready").touch()
    return python


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no reason given"])[-1]


def speed(cases: list[Case], rounds: int = 200) -> dict[str, float]:
    """Microseconds of processor time: the mean over what patients and managers say, the slowest of the cases."""
    now = datetime(2026, 11, 20, 10, 0)
    for sentence in SENTENCES:
        parse(sentence, now)
    begin = time.process_time()
    for _ in range(rounds):
        for sentence in SENTENCES:
            parse(sentence, now)
    mean = (time.process_time() - begin) / (rounds * len(SENTENCES))
    slowest = max((_once(case) for case in cases), default=0.0)
    return {"mean": round(mean * 1e6, 1), "slowest_case": round(slowest * 1e6, 1)}


def _once(case: Case) -> float:
    """The better of three, so that the machine's other work does not count."""
    now = datetime.fromisoformat(case["now"])
    taken = []
    for _ in range(3):
        begin = time.process_time()
        parse(case["text"], now, case["prefer"])
        taken.append(time.process_time() - begin)
    return min(taken)


def main(argv: list[str] | None = None) -> int:
    """Prints the measures; exit status 2 where the folder holds no cases."""
    parser = argparse.ArgumentParser(prog="time", description=__doc__)
    parser.add_argument("--suites", type=Path, default=JUDGED, metavar="FOLDER", help="*.txt and *.jsonl")
    parser.add_argument("--alone", action="store_true", help="without JioNLP")
    parser.add_argument("--misses", action="store_true", help="also print the cases that were not exact")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    cases = load(options.suites)
    if not cases:
        print(f"没有用例：{options.suites}", file=sys.stderr)
        return 2
    results, misses = measure(cases)
    other: dict[str, Counter[str]] = {}
    reason = "not asked for" if options.alone else None
    try:
        other = {} if options.alone else yardstick(cases)
    except NotMeasured as problem:
        reason = str(problem)
    totals = Counter(suite_of(case) for case in cases)
    report: dict[str, Any] = {
        "suites": {
            name: {
                "of": totals[name],
                "menzhen": dict(results[name]),
                "jionlp": dict(other[name]) if other else None,
            }
            for name in sorted(totals)
        },
        "jionlp": reason or YARDSTICK,
        "microseconds_per_sentence": speed(cases),
    }
    if options.misses:
        report["misses"] = misses
    if options.json:
        print(json.dumps(report, ensure_ascii=False))
    else:
        _show(report)
    return 0


def _show(report: dict[str, Any]) -> None:
    for name, suite in report["suites"].items():
        for who in ("menzhen", "jionlp"):
            if counts := suite[who]:
                shares = "  ".join(
                    f"{kind} {counts.get(kind, 0) / suite['of']:6.1%}"
                    for kind in ("exact", "none", "wrong", "start")
                    if kind != "start" or who == "jionlp"
                )
                print(f"{name:20}{who:9}{counts.get('exact', 0):5}/{suite['of']:<5} {shares}")
    print(f"JioNLP: {report['jionlp']}")
    figures = report["microseconds_per_sentence"]
    print(f"{figures['mean']} µs a sentence, the slowest case {figures['slowest_case']} µs")
    for miss in report.get("misses", []):
        print(json.dumps(miss, ensure_ascii=False))


if __name__ == "__main__":
    sys.exit(main())
