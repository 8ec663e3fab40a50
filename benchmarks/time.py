"""Measures the time parser: exact, wrong and missed per suite of a case file, and microseconds a sentence.

A case counts as exact where a match that overlaps its expression gives the expected interval (only the start
for clock times), as none where no match overlaps it, else as wrong.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter, defaultdict
from datetime import datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DEFAULT = ROOT.parent / "shared" / "data" / "time" / "dev.jsonl"
sys.path.insert(0, str(ROOT))

from chinese.time import Match, parse  # noqa: E402

SENTENCES = (
    "帮我挂明天上午心内科王建国主任的号",
    "下周三下午三点半到五点之间还有没有皮肤科的号，最好是女医生",
    "上个月各科室平均候诊时长和去年同期比怎么样",
    "近30天每天的门诊量走势，画成折线图",
    "我从前天晚上开始发烧，最高三十八度五，吃了两次布洛芬",
    "把后天上午九点的号改到国庆节后第一个工作日",
)


def expected(case: dict[str, Any]) -> list[list[str | None]]:
    """The intervals that count as right: the specification's where it differs from the suite's."""
    return case.get("gold_spec") or case["gold"]


def judged(case: dict[str, Any]) -> bool:
    """Whether the specification settles the case."""
    return case["convention"] == "ok" or "gold_spec" in case


def outcome(case: dict[str, Any], matches: list[Match]) -> str:
    """exact, wrong or none."""
    text, words = case["text"], case["expression"]
    places = [place for place in range(len(text)) if text.startswith(words, place)]
    near = [m for m in matches if any(m.begin < place + len(words) and place < m.finish for place in places)]
    if not near:
        return "none"
    return "exact" if any(fits(match, gold) for match in near for gold in expected(case)) else "wrong"


def fits(match: Match, gold: list[str | None]) -> bool:
    """Whether the match is the expected interval; where that has no end, only the start counts."""
    start, end = gold
    found = [moment and moment.replace(tzinfo=None).isoformat() for moment in (match.start, match.end)]
    return found[0] == start and (end is None or found[1] == end)


def measure(path: Path) -> tuple[dict[str, Counter[str]], list[dict[str, Any]]]:
    """Outcomes per suite, and the cases that were not exact."""
    results: dict[str, Counter[str]] = defaultdict(Counter)
    misses: list[dict[str, Any]] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        if not judged(case):
            continue
        matches = parse(case["text"], datetime.fromisoformat(case["now"]), case["prefer"])
        result = outcome(case, matches)
        suite = f"{case['suite']} {'ok' if case['convention'] == 'ok' else 'spec'}"
        results[suite][result] += 1
        if result != "exact":
            found = [[m.text, str(m.start), str(m.end), m.kind] for m in matches]
            misses.append(
                {"id": case["id"], "text": case["text"], "now": case["now"], "prefer": case["prefer"]}
            )
            misses[-1] |= {"expected": expected(case), "found": found, "outcome": result}
    return results, misses


def yardstick(path: Path) -> Counter[str] | None:
    """The same cases (start only) through JioNLP, where it is installed."""
    try:
        import jionlp  # type: ignore[import-not-found]
    except ImportError:
        return None
    counts: Counter[str] = Counter()
    for line in path.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        if not judged(case):
            continue
        try:
            found = jionlp.parse_time(
                case["expression"], time_base=datetime.fromisoformat(case["now"]).timestamp()
            )
            start = found["time"][0].replace(" ", "T")
            counts["exact" if any(start == gold[0] for gold in expected(case)) else "wrong"] += 1
        except Exception:  # a yardstick that fails on a case has not read it
            counts["none"] += 1
    return counts


def speed(rounds: int = 200) -> float:
    """Mean microseconds of processor time a sentence over sentences as patients and managers say them."""
    now = datetime(2026, 11, 20, 10, 0)
    for sentence in SENTENCES:
        parse(sentence, now)
    begin = time.process_time()
    for _ in range(rounds):
        for sentence in SENTENCES:
            parse(sentence, now)
    return (time.process_time() - begin) / (rounds * len(SENTENCES)) * 1e6


def main(argv: list[str] | None = None) -> int:
    """Prints the measures; exit status 2 where the case file is missing."""
    parser = argparse.ArgumentParser(prog="time", description=__doc__)
    parser.add_argument("--cases", type=Path, default=DEFAULT, help="case file, JSON lines")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--misses", action="store_true", help="also print the cases that were not exact")
    options = parser.parse_args(argv)
    report: dict[str, Any] = {"microseconds_per_sentence": round(speed(), 1)}
    if options.cases.exists():
        results, misses = measure(options.cases)
        report["suites"] = {
            name: dict(counts) | {"of": sum(counts.values())} for name, counts in sorted(results.items())
        }
        if options.misses:
            report["misses"] = misses
        if (other := yardstick(options.cases)) is not None:
            report["jionlp_start_only"] = dict(other)
    elif options.cases != DEFAULT:
        print(f"没有这个用例文件：{options.cases}", file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps(report, ensure_ascii=False))
        return 0
    for name, counts in report.get("suites", {}).items():
        total = counts["of"]
        print(
            f"{name:18} {counts.get('exact', 0):4}/{total:<4} exact {counts.get('exact', 0) / total:6.1%}  "
            f"wrong {counts.get('wrong', 0) / total:5.1%}  none {counts.get('none', 0) / total:5.1%}"
        )
    if "jionlp_start_only" in report:
        print("JioNLP (start only)", report["jionlp_start_only"])
    print(f"{report['microseconds_per_sentence']} µs a sentence")
    for miss in report.get("misses", []):
        print(json.dumps(miss, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
