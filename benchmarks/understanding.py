"""Measures language understanding: accuracy by skill, rejection of what is out of scope, emergencies, entities.

The judging sentences are written apart from the training sentences. A sentence counts as right where the skill
is the labelled one or one of those that `accept` lists. Managers' sentences are read as a manager's.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SENTENCES = ROOT / "tests" / "nlu" / "judge" / "sentences.jsonl"
sys.path.insert(0, str(ROOT))

from cli.services import BOT_PYTHON  # noqa: E402

NOW = "2026-11-23T09:00:00"
"""The Monday on which the sentences are said, Asia/Shanghai; their dates are resolved against it."""
MANAGERS = "management_question"


@dataclass(frozen=True)
class Judged:
    """A labelled sentence and what was understood."""

    case: dict[str, Any]
    parse: dict[str, Any]

    @property
    def right(self) -> bool:
        return self.understood in (self.label, *self.case.get("accept", []))

    @property
    def label(self) -> str:
        return str(self.case["skill"])

    @property
    def understood(self) -> str:
        return str(self.parse["skill"])


def understand(texts: Sequence[str], role: str) -> list[dict[str, Any]]:
    """What the trained assistant makes of the sentences, in their order. Raises RuntimeError."""
    if not texts:
        return []
    run = subprocess.run(
        [str(BOT_PYTHON), "-m", "bot.parse", "--json", "--as", role, "--now", NOW],
        input="".join(f"{text}\n" for text in texts),
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    parses = [json.loads(line) for line in run.stdout.splitlines()]
    if run.returncode or len(parses) != len(texts):
        raise RuntimeError(run.stderr.strip() or f"{len(parses)} answers for {len(texts)} sentences")
    return parses


def judge(cases: list[dict[str, Any]]) -> list[Judged]:
    """All sentences, each read in the role of the person who says it."""
    roles = ["manager" if case["skill"] == MANAGERS else "patient" for case in cases]
    parses = {
        role: iter(understand([c["text"] for c, r in zip(cases, roles, strict=True) if r == role], role))
        for role in ("patient", "manager")
    }
    return [Judged(case, next(parses[role])) for case, role in zip(cases, roles, strict=True)]


def holds(kind: str, wanted: Any, entities: list[dict[str, Any]]) -> bool:
    """Whether the wanted value is among the entities.

    department, doctor: the hospital's name, of a doctor also among the candidates; date: the day on which it starts,
    or [start, end) to the minute; person: part of the words; ordinal: the number.
    """
    found = [e for e in entities if e["entity"] == ("date_time" if kind == "date" else kind)]
    if kind == "date":
        begin, end = (wanted, None) if isinstance(wanted, str) else wanted
        return any(
            str(e["value"].get("start")).startswith(begin)
            and (end is None or str(e["value"].get("end")).startswith(end))
            for e in found
        )
    if kind == "person":
        return any(wanted in e["text"] for e in found)
    if kind == "ordinal":
        return any(e["value"] == wanted for e in found)
    return any(
        wanted in (e["value"].get("name"), *(c["name"] for c in e["value"].get("candidates") or []))
        for e in found
    )


def share(part: int, whole: int) -> dict[str, Any]:
    return {"right": part, "of": whole, "rate": round(part / whole, 4) if whole else None}


def rate(judged: list[Judged]) -> dict[str, Any]:
    return share(sum(j.right for j in judged), len(judged))


def grouped(judged: list[Judged]) -> dict[str, dict[str, Any]]:
    """Rates by skill, in alphabetical order."""
    groups: dict[str, list[Judged]] = defaultdict(list)
    for one in judged:
        groups[one.label].append(one)
    return {skill: rate(groups[skill]) for skill in sorted(groups)}


def by_tag(judged: list[Judged]) -> dict[str, dict[str, Any]]:
    """Rates by manner of speaking (dialect, asr, rambling …)."""
    tags = sorted({tag for one in judged for tag in one.case.get("tags", [])})
    return {tag: rate([one for one in judged if tag in one.case.get("tags", [])]) for tag in tags}


def entities(judged: list[Judged]) -> dict[str, dict[str, Any]]:
    """Rates of the labelled values by kind."""
    right: Counter[str] = Counter()
    whole: Counter[str] = Counter()
    for one in judged:
        for kind, wanted in one.case.get("entities", {}).items():
            whole[kind] += 1
            right[kind] += holds(kind, wanted, one.parse["entities"])
    return {kind: share(right[kind], whole[kind]) for kind in sorted(whole)}


def figures(judged: list[Judged]) -> dict[str, Any]:
    """All figures; a false alarm is an emergency seen where neither label nor `accept` has one."""
    inside = [one for one in judged if one.label != "out_of_scope"]
    calm = [one for one in judged if "emergency" not in (one.label, *one.case.get("accept", []))]
    near = [one for one in calm if "near_emergency" in one.case.get("tags", [])]
    alarmed = [one for one in calm if one.understood == "emergency"]
    return {
        "all": rate(judged),
        "in_scope": rate(inside),
        "in_scope_rejected": share(
            sum(one.understood == "out_of_scope" and not one.right for one in inside), len(inside)
        ),
        "out_of_scope_rejected": rate([one for one in judged if one.label == "out_of_scope"]),
        "emergency_recall": rate([one for one in judged if one.label == "emergency"]),
        "false_alarms": share(len(alarmed), len(calm)),
        "false_alarms_near": share(sum(one in near for one in alarmed), len(near)),
        "skills": grouped(judged),
        "manners": by_tag(judged),
        "entities": entities(judged),
        "wrong": [
            {
                "text": one.case["text"],
                "skill": one.label,
                "understood": one.understood,
                "confidence": one.parse["confidence"],
            }
            for one in judged
            if not one.right
        ],
        "entities_missed": [
            {"text": one.case["text"], "wanted": {kind: wanted}, "found": one.parse["entities"]}
            for one in judged
            for kind, wanted in one.case.get("entities", {}).items()
            if not holds(kind, wanted, one.parse["entities"])
        ],
    }


TITLES = {
    "all": "全部正确",
    "in_scope": "业务内正确",
    "in_scope_rejected": "业务内误拒",
    "out_of_scope_rejected": "范围外拒识",
    "emergency_recall": "急症识别",
    "false_alarms": "误报急症（全部非急症）",
    "false_alarms_near": "误报急症（近似说法）",
}


def line(name: str, one: dict[str, Any]) -> str:
    return f"  {name:<26}{one['right']:>5} / {one['of']:<5}" + (f"{one['rate']:>7.1%}" if one["of"] else "")


def show(result: dict[str, Any], quiet: bool) -> None:
    for key, title in TITLES.items():
        print(line(title, result[key]))
    for key, title in (("skills", "按业务"), ("manners", "按说法"), ("entities", "按实体")):
        print(title)
        for name, one in result[key].items():
            print(line(name, one))
    if quiet:
        return
    print("理解错的")
    for one in result["wrong"]:
        print(f"  {one['skill']:<22} → {one['understood']:<22}{one['confidence']:.2f}  {one['text']}")
    print("没有认出的值")
    for one in result["entities_missed"]:
        print(f"  {json.dumps(one['wanted'], ensure_ascii=False)}  {one['text']}")


def main(argv: list[str]) -> int:
    """Prints the figures; exit status 1 where the assistant could not be asked (e.g. it is not trained)."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", nargs="?", default=str(SENTENCES), help="judging sentences, JSON Lines")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quiet", action="store_true", help="figures without the sentences that went wrong")
    options = parser.parse_args(argv)
    cases = [json.loads(row) for row in Path(options.file).read_text(encoding="utf-8").splitlines() if row]
    try:
        result = figures(judge(cases))
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    if options.json:
        shown = {k: v for k, v in result.items() if not (options.quiet and isinstance(v, list))}
        print(json.dumps(shown, ensure_ascii=False, indent=1))
    else:
        show(result, options.quiet)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
