"""Asks a set of questions and marks each answer against the reference: right, asked back, or confidently wrong."""

import itertools
import json
import math
import re
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml

from insight.compile.permissions import parse_viewer
from insight.engine import Insight
from insight.interpretation import SHANGHAI

from .reference import STAGES, Reference, Row, numbers

EXTRA = ("value", "n", "previous", "change", "change_rate", "share", "lo", "hi")
Span = tuple[date, date]


@dataclass
class Mark:
    ask: str
    verdict: str
    """right, clarify (asked back or refused where an answer was due), wrong (answered, not so) or leak."""
    why: str = ""


@dataclass
class Score:
    marks: list[Mark] = field(default_factory=list)

    def count(self, verdict: str) -> int:
        return sum(m.verdict == verdict for m in self.marks)

    def line(self) -> str:
        parts = [f"{name} {self.count(name)}" for name in ("right", "clarify", "wrong", "leak")]
        return f"{len(self.marks)} turns: " + ", ".join(parts)


class Judge:
    """One set of records, its hidden facts, and the machine that is judged."""

    def __init__(self, insight: Insight, reference: Reference, facts: dict[str, Any], now: datetime) -> None:
        self.insight, self.reference, self.now = insight, reference, now
        self.words = {
            "{slow}": facts["slow_department"]["department"],
            "{slow_stage}": facts["slow_department"]["stage"],
            "{unhappy}": facts["satisfaction_dip"]["department"],
            "{absent}": facts["fewer_visits"]["department"],
            "{outage_date}": facts["outage"]["date"],
            "{outage_campus}": facts["outage"]["campus"],
        }

    def judge(self, path: Path) -> Score:
        """Asks every case of a file."""
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        score, times = Score(), data.get("times", {})
        for number, case in enumerate(data["cases"]):
            case = self._filled(case)
            viewer = parse_viewer(case.get("as", "director"))
            moment = self.now.replace(tzinfo=SHANGHAI)
            for turn in case.get("turns") or [case]:
                answer = self.insight.ask(turn["ask"], viewer, moment, f"{path.stem}-{number}")
                verdict, why = self.mark(turn, answer, times)
                score.marks.append(Mark(turn["ask"], verdict, why))
        return score

    def _filled(self, case: Any) -> Any:
        if isinstance(case, dict):
            return {k: self._filled(v) for k, v in case.items()}
        if isinstance(case, list):
            return [self._filled(v) for v in case]
        if isinstance(case, str) and "{" in case:
            for word, value in self.words.items():
                case = case.replace(word, value)
            return re.sub(r"\{doctor:(\w+)\}", lambda m: self.reference.doctors[m[1]][0], case)
        return case

    def mark(self, turn: dict[str, Any], answer: dict[str, Any], times: dict[str, str]) -> tuple[str, str]:
        wanted, got = turn.get("status", "answered"), answer["status"]
        if got in turn.get("accept", []):
            return "right", ""
        if wanted != got:
            told = f"{got}: {answer['answer'][:70]}"
            if got == "answered":
                return (
                    "leak" if wanted == "forbidden" else "wrong"
                ), f"{wanted} was due; {told} {_short(answer)}"
            return "clarify", told
        if got != "answered":
            return "right", ""
        options = turn.get("any") or [turn]
        problems = [self._problem(option, answer, times) for option in options]
        if None in problems:
            return "right", ""
        return "wrong", f"{problems[0]}; {answer['answer'][:70]} {_short(answer)}"

    # -- what is wrong with an answer, None where nothing is

    def _problem(self, want: dict[str, Any], answer: dict[str, Any], times: dict[str, str]) -> str | None:
        rows = answer["rows"]
        meant = answer["interpretation"] or {}
        for check in (self._kinds, self._special):
            if problem := check(want, answer, times):
                return problem
        if "values" in want:
            found = numbers(rows)
            for each in want["values"]:
                value = self.reference.value(each, span(each["t"], times))
                if not any(_close(value, x) for x in found):
                    return f"no {value} in the rows"
        elif "beyond" in want:
            share = self.reference.beyond(*want["beyond"], want, span(want["t"], times))
            if not any(_close(share, x) for x in numbers(rows)):
                return f"no {share} in the rows"
        elif "m" in want:
            before = span(want["c"], times) if want.get("c") else None
            gold = self.reference.rows(want, span(want.get("t", "今天"), times), before)
            ordered = bool(want.get("order")) and not want.get("anyorder")
            if problem := differs(gold, rows, ordered):
                return problem
        if want.get("chart") and want["chart"] not in json.dumps(answer["chart"]):
            return f"chart is not {want['chart']}"
        return None if meant.get("kind", "query") else "no kind"

    def _kinds(self, want: dict[str, Any], answer: dict[str, Any], times: dict[str, str]) -> str | None:
        kind = (answer["interpretation"] or {}).get("kind")
        if "kind" in want and kind != want["kind"]:
            return f"kind {kind}"
        if "schedule" in want:
            kept = (answer.get("subscription") or {}).get("schedule") or {}
            for name, value in want["schedule"].items():
                if kept.get(name) != value:
                    return f"schedule {kept}"
        if want.get("export") and not answer.get("export"):
            return "nothing to download"
        return None

    def _special(self, want: dict[str, Any], answer: dict[str, Any], times: dict[str, str]) -> str | None:
        rows = answer["rows"]
        if "words" in want and not any(_said(w, answer) for w in want["words"]):
            return f"not said: {want['words']}"
        for name, value in (want.get("first") or {}).items():
            if value == "bottleneck":
                means = self.reference.groups({"m": "stage_minutes", "by": ["stage"]}, span(want["t"], times))
                value = max(means, key=lambda k: means[k][0] or 0)[0]
                assert value in STAGES
            if not (rows and rows[0].get(name) == value) and not _said(value, answer):
                return f"first {name} is not {value}"
        if "total" in want:
            each = want["total"]
            count = self.reference.groups(each, span(each["t"], times))[()][1]
            if sum(r["value"] for r in rows) != count:
                return f"total is not {count}"
        if "hour_in" in want and not (rows and rows[0].get("hour") in want["hour_in"]):
            return "hour"
        if "near" in want:
            usual = self.reference.usual(want["near"]["m"], want["near"]["weekday"])
            if not rows or abs(rows[0]["value"] / usual - 1) > 0.15:
                return f"not near {usual}"
        return None


def _said(word: str, answer: dict[str, Any]) -> bool:
    return word in answer["answer"] + json.dumps(answer["rows"], ensure_ascii=False, default=str)


def _short(answer: dict[str, Any]) -> str:
    i = answer["interpretation"] or {}
    kept = {k: v for k, v in i.items() if v and k not in ("used",)}
    return (
        json.dumps(kept, ensure_ascii=False, default=str)
        + f" {len(answer['rows'])} rows {answer['rows'][:2]}"
    )


def _close(a: Any, b: Any) -> bool:
    if isinstance(a, bool | str) or isinstance(b, bool | str) or a is None or b is None:
        return a == b
    return math.isclose(a, b, rel_tol=1e-4, abs_tol=1e-6)


def differs(gold: list[Row], rows: list[Row], ordered: bool) -> str | None:
    """How rows are not those of the reference; groups in any order unless they are ranked."""
    dims = [k for k in (gold[0] if gold else {}) if k not in EXTRA]
    if len(gold) != len(rows):
        return f"{len(rows)} rows, not {len(gold)}"
    if not ordered:
        gold, rows = (sorted(r, key=lambda x: _name(x, dims)) for r in (gold, rows))
    else:
        gold, rows = _settled(gold, dims), _settled(rows, dims)
    for want, row in zip(gold, rows, strict=True):
        for name, value in want.items():
            if not _close(value, row.get(name)):
                return f"{name} is {row.get(name)}, not {value} in {row}"
    return None


def _name(row: Row, dims: list[str]) -> tuple[str, ...]:
    return tuple(str(row.get(d)) for d in dims)


def _settled(rows: list[Row], dims: list[str]) -> list[Row]:
    """Rows in their order, but neighbours of one value by name: the order of a tie means nothing."""
    out: list[Row] = []
    for _, tied in itertools.groupby(rows, key=lambda r: (r.get("value"), r.get("change"))):
        out += sorted(tied, key=lambda x: _name(x, dims))
    return out


def span(text: str, times: dict[str, str]) -> Span:
    """The days of a name of the file or of START/END."""
    first, last = times.get(text, text).split("/")
    return date.fromisoformat(first), date.fromisoformat(last)
