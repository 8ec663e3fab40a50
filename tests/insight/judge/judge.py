"""Asks a set of questions and marks each answer against the reference: right, asked back, or confidently wrong."""

import itertools
import json
import math
import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml

from insight.compile.permissions import parse_viewer
from insight.engine import Insight
from insight.interpretation import SHANGHAI

from . import form
from .reference import STAGES, Reference, Row, Span, numbers
from .report import Mark, Score

EXTRA = ("value", "n", "previous", "change", "change_rate", "share", "lo", "hi")
CHINESE = "零一二三四五六七八九十"


class Judge:
    """One set of records, its hidden facts, and the machine that is judged."""

    def __init__(self, insight: Insight, reference: Reference, facts: dict[str, Any], now: datetime) -> None:
        self.insight, self.reference, self.now = insight, reference, now
        self.fresh = itertools.count()
        self.words = {
            "{slow}": facts["slow_department"]["department"],
            "{slow_stage}": facts["slow_department"]["stage"],
            "{unhappy}": facts["satisfaction_dip"]["department"],
            "{absent}": facts["fewer_visits"]["department"],
            "{outage_date}": facts["outage"]["date"],
            "{outage_campus}": facts["outage"]["campus"],
            "{family}": reference.family(),
        }

    def judge(self, path: Path) -> Score:
        """Asks every case of a file."""
        data = read(path)
        score, times = Score(), data.get("times", {})
        for number, (tag, case) in enumerate(cases(data)):
            case = self.filled(case)
            for turn in case.get("turns") or [case]:
                viewer = case.get("as", "director")
                answer = self._ask(turn["ask"], viewer, f"{path.stem}-{number}")
                mark = self.mark(turn, answer, times)
                if mark.verdict == "right" and data.get("form"):
                    problem = self._form(turn, answer, times, viewer)
                    if problem:
                        mark.verdict, mark.reason, mark.why = "form", problem.split()[0], problem
                mark.tag = tag
                score.marks.append(mark)
        return score

    def _ask(self, question: str, viewer: str, conversation: str) -> dict[str, Any]:
        moment = self.now.replace(tzinfo=SHANGHAI)
        answer: dict[str, Any] = self.insight.ask(question, parse_viewer(viewer), moment, conversation)
        return answer

    def filled(self, case: Any) -> Any:
        """A case with {slow}, {doctor:骨科} and the like replaced by what the records hold."""
        if isinstance(case, dict):
            return {k: self.filled(v) for k, v in case.items()}
        if isinstance(case, list):
            return [self.filled(v) for v in case]
        if isinstance(case, str) and "{" in case:
            for word, value in self.words.items():
                case = case.replace(word, value)
            return re.sub(r"\{doctor:(\w+)\}", lambda m: self.reference.doctors[m[1]][0], case)
        return case

    def mark(self, turn: dict[str, Any], answer: dict[str, Any], times: dict[str, str]) -> Mark:
        wanted, got = turn.get("status", "answered"), answer["status"]

        def marked(verdict: str, reason: str = "", why: str = "") -> Mark:
            return Mark(turn["ask"], verdict, why, reason=reason, due=wanted, got=got)

        if got in turn.get("accept", []):
            return marked("right")
        told = f"{got}: {answer['answer'][:70]}"
        asked = any(name in turn for name in ("any", "m", "values", "beyond"))
        if wanted != got and not (got == "answered" and asked):
            if got == "answered":
                return marked(
                    "leak" if wanted == "forbidden" else "wrong", "status", f"{told} {_short(answer)}"
                )
            return marked("asked" if got == "clarify" else "refused", "status", told)
        if got != "answered":
            return marked("right")
        problems = [self._problem(option, answer, times) for option in turn.get("any") or [turn]]
        if None in problems:
            return marked("right")
        why = f"{problems[0]}; {answer['answer'][:70]} {_short(answer)}"
        return marked("leak" if turn.get("guard") else "wrong", reason(problems[0] or ""), why)

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
            share = self.reference.beyond(want, span(want["t"], times))
            if not any(_close(share, x) for x in numbers(rows)):
                return f"no {share} in the rows"
        elif "rank" in want:
            return self._placed(want, answer, times)
        elif "m" in want:
            before = span(want["c"], times) if want.get("c") else None
            gold = self.reference.rows(want, span(want.get("t", "今天"), times), before)
            if want["m"] in ("waiting_now", "seen_today") and want.get("by"):
                rows = [r for r in rows if r["value"]]  # whether nobody gets a row is left open
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
                stages = {"m": "stage_minutes", "by": ["stage"], "f": want.get("f")}
                means = self.reference.groups(stages, span(want["t"], times))
                value = max(means, key=lambda k: means[k][0] or 0)[0]
                assert value in STAGES
            if not (rows and rows[0].get(name) == value) and not _said(value, answer):
                return f"first {name} is not {value}"
        if "total" in want:
            values = self.reference.durations(want["total"], span(want["total"]["t"], times))
            if problem := spread(values, rows):
                return problem
        if "hour_in" in want and not (rows and rows[0].get("hour") in want["hour_in"]):
            return "hour is not one of the busiest"
        if "near" in want:
            usual = self.reference.usual(want["near"]["m"], want["near"]["weekday"])
            if not rows or abs(rows[0]["value"] / usual - 1) > 0.15:
                return f"value not near {usual}"
        return None

    def _placed(self, want: dict[str, Any], answer: dict[str, Any], times: dict[str, str]) -> str | None:
        """A place that is said, or seen in rows that are ranked."""
        place = self.reference.place(want, span(want["t"], times))
        tens = ("" if place < 20 else CHINESE[place // 10]) + "十" if place > 10 else ""
        written = CHINESE[place] if place <= 10 else tens + CHINESE[place % 10].replace("零", "")
        if re.search(rf"第\s*(?:{place}(?!\d)|{written}(?!十))", answer["answer"]):
            return None
        ((name, value),) = want["rank"].items()
        rows = answer["rows"]
        at = next((i for i, row in enumerate(rows) if row.get(name) == value), None)
        if at is None or len(rows) < 2 or rows[at]["value"] != rows[place - 1]["value"]:
            return f"place is not {place}"
        return None

    # -- what else has to be told

    def _form(
        self, turn: dict[str, Any], answer: dict[str, Any], times: dict[str, str], viewer: str
    ) -> str | None:
        if answer["status"] == "clarify":
            needed = turn.get("status") == "clarify" and not turn.get("accept")
            if problem := form.of_options(answer, needed):
                return problem
            for option in answer["options"]:
                again = self._ask(option, viewer, f"option-{next(self.fresh)}")
                if again["status"] != "answered":
                    return f"option {option} is {again['status']}"
        if answer["status"] != "answered":
            return None
        if "says" in turn and not any(word in answer["answer"] for word in turn["says"]):
            return f"unsaid {turn['says']}"
        problems = []
        for option in turn.get("any") or [turn]:
            if self._problem(option, answer, times) is None:
                at = span(option["t"], times) if "t" in option else None
                if "m" in option and not {"c", "rank"} & option.keys():
                    plain = option | {"agg": None} if option.get("agg") == "perday" else option
                    problems.append(form.of_query(plain, answer, at, self.now, viewer == "director"))
                else:
                    problems.append(form.of_kind(option, answer, self.reference, at))
        return None if None in problems or not problems else problems[0]


def read(path: Path) -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return data


def cases(data: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(kind of question, case) of a file: one list of `cases`, or lists by kind under `sections`."""
    for tag, each in data.get("sections", {"": data.get("cases")}).items():
        for case in each:
            yield tag, case


def reason(problem: str) -> str:
    """A word for a problem that says nothing of the question."""
    if re.match(r"\d+ rows", problem):
        return "number of rows"
    return "number" if re.match(r"no [\d.]+ in", problem) else problem.split()[0].rstrip(":")


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


def spread(values: list[float], rows: list[Row]) -> str | None:
    """How the rows of a distribution are not that of the values. Either end of a bucket may belong to it."""
    if sum(row["value"] for row in rows) != len(values):
        return f"total is not {len(values)}"
    for row in rows:
        low = -math.inf if row.get("from") is None else row["from"]
        high = math.inf if row.get("to") is None else row["to"]
        counts = {sum(low <= v < high for v in values), sum(low < v <= high for v in values)}
        if low <= 0:
            counts.add(sum(v <= high for v in values))
        if row["value"] not in counts:
            return f"bucket {row}, not {sorted(counts)}"
        if not _close(row["value"] / len(values), row.get("share")):
            return f"share of {row}"
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
    """The days of a name of the file or of START/END; an END with a clock time ends there."""
    first, last = times.get(text, text).split("/")
    end = datetime.fromisoformat(last) if "T" in last else date.fromisoformat(last)
    return date.fromisoformat(first), end
