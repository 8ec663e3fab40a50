"""Symptoms to departments by the hospital's own file (nlu_data/knowledge/triage.yml). Pure: never a diagnosis.

A sentence's findings each give points to departments; age, sex and pregnancy move them; the best three are told
with the words that led to them. Emergencies are looked for first, by nlu_data/red_flags.yml.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from actions import knowledge
from actions.problems import ActionError
from bot.nlu import complaints, red_flags
from chinese.text import normalise
from common.settings import ROOT

MOST = 3
SHARE = 0.3
"""A further department is told where it has at least this share of the best one's points."""
CHILD_BELOW = 15
AGAIN, MOST_AGAIN, ASKED = 0.25, 3, 0.35
"""What a finding gains by being said once more (up to so many times) and by being in the last clause."""
_CLAUSE = re.compile(r"[，。；！？,;!?\n]")
_NOT = re.compile(r"(?:没有?|不|无|未|否认|并不|不太|也没)(?:有|什么|任何|出现|感到|感觉|觉得|怎么|太|再)*$")
_AGE = re.compile(
    r"(?<![\d.])(\d{1,3})\s*(?:周?岁)|(?:今年|才|刚|已经|有)?([一二两三四五六七八九十]{1,3})\s*(?:周?岁)(?!月)"
)
_MONTHS = re.compile(r"(\d{1,2}|[一二两三四五六七八九十]{1,2})\s*个?多?月(?:大|的(?:宝宝|婴儿|孩子|小孩))")
_NUMERALS = {c: n for n, c in enumerate("零一二三四五六七八九十")} | {"两": 2}
_VAGUE = {"fever": "fever", "belly": "belly", "dizzy": "dizzy", "fatigue": "fatigue"}


class TriageError(ActionError):
    """The knowledge file refers to something that it does not have."""

    code = "knowledge"
    message = "导诊资料有误。"


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of whom it is about; None where it is not said."""

    age: float | None = None
    sex: str | None = None
    pregnant: bool = False
    child: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """An entry of the knowledge file, compiled."""

    id: str
    name: str
    pattern: re.Pattern[str]
    to: Mapping[str, float]
    only: str
    urgent: bool


@dataclass(slots=True)
class Ranked:
    """A department with its points and the findings behind it."""

    department: str
    score: float = 0.0
    because: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Knowledge:
    """The compiled file."""

    findings: Sequence[Finding]
    people: Mapping[str, re.Pattern[str]]
    ask: Mapping[str, str]
    departments: Mapping[str, Mapping[str, Any]]


def compile_knowledge(table: Mapping[str, Any]) -> Knowledge:
    """Raises TriageError where a word group or a department is used that the file does not have."""
    words = {name: complaints.longest_first(found) for name, found in table["words"].items()}
    findings = []
    for entry in table["findings"]:
        unknown = [name for name in entry["to"] if name not in table["departments"]]
        if unknown:
            raise TriageError(f"导诊资料 {entry['id']}：没有科室 {'、'.join(unknown)}")
        pattern = re.compile("|".join(_regex(str(p), words, entry["id"]) for p in entry["patterns"]))
        findings.append(
            Finding(
                entry["id"],
                entry["name"],
                pattern,
                entry["to"],
                entry.get("only", ""),
                bool(entry.get("urgent")),
            )
        )
    people = {kind: re.compile("|".join(map(re.escape, said))) for kind, said in table["people"].items()}
    return Knowledge(findings, people, table["ask"], table["departments"])


def _regex(pattern: str, words: Mapping[str, Sequence[str]], where: str) -> str:
    try:
        return complaints.expression(pattern, words, where)
    except complaints.ComplaintsError as error:
        raise TriageError(str(error)) from None


_compiled: list[tuple[Any, Knowledge]] = []


def current() -> Knowledge:
    """The file as it is now, compiled again when it was changed."""
    table = knowledge.load("triage")
    if not _compiled or _compiled[0][0] is not table:
        _compiled[:] = [(table, compile_knowledge(table))]
    return _compiled[0][1]


@lru_cache(maxsize=1)
def _flags() -> red_flags.RedFlags:
    return red_flags.load(ROOT / "nlu_data" / "red_flags.yml")


def warm() -> None:
    """Reads and compiles the files. Raises KnowledgeError, TriageError, RedFlagsError."""
    current()
    _flags()


def person_of(text: str, known: Knowledge) -> Person:
    """Age, sex, pregnancy, as far as the sentence says."""
    age = age_of(text)
    child = _is_child(text, known) if age is None else age < CHILD_BELOW
    pregnant = bool(known.people["pregnant"].search(text)) and not known.people["not_pregnant"].search(text)
    female, male = known.people["female"].search(text), known.people["male"].search(text)
    sex = "female" if female and not male else "male" if male and not female else None
    return Person(age, "female" if pregnant else sex, pregnant and not child, child)


def _is_child(text: str, known: Knowledge) -> bool:
    """A child is spoken of, beside those that are only wished for or lived with."""
    return bool(known.people["child"].search(known.people["not_child"].sub("＿", text)))


def age_of(text: str) -> float | None:
    """The first age that the sentence tells, in years."""
    if months := _MONTHS.search(text):
        return _number(months.group(1)) / 12
    found = _AGE.search(text)
    return float(_number(found.group(1) or found.group(2))) if found else None


def _number(text: str) -> int:
    if text.isdecimal():
        return int(text)
    tens, ten, units = text.rpartition("十")
    if not ten:
        return _NUMERALS.get(text[-1], 0)
    return (_NUMERALS.get(tens, 1) if tens else 1) * 10 + (_NUMERALS.get(units, 0) if units else 0)


def find(text: str, known: Knowledge, person: Person) -> list[tuple[Finding, float]]:
    """The findings that the sentence affirms, and how much it is about each: said again, or asked about at the
    end, counts more."""
    found = []
    asked = _last_clause(text)
    for finding in known.findings:
        if finding.only and not _applies(finding.only, person):
            continue
        hits = [
            h
            for h in finding.pattern.finditer(text)
            if not _NOT.search(text[max(0, h.start() - 8) : h.start()])
        ]
        if hits:
            weight = 1 + AGAIN * (min(len(hits), MOST_AGAIN) - 1) + ASKED * (hits[-1].end() > asked)
            found.append((finding, weight))
    return found


def _last_clause(text: str) -> int:
    """Where the last clause that says something begins: there most people ask what they came for."""
    ends = [hit.end() for hit in _CLAUSE.finditer(text[:-4])]
    return ends[-1] if ends else 0


def _applies(only: str, person: Person) -> bool:
    if only in ("child", "adult"):
        return person.child == (only == "child")
    return person.sex in (None, only)


def rank(found: Sequence[tuple[Finding, float]], person: Person) -> list[Ranked]:
    """Departments by points, best first."""
    ranked: dict[str, Ranked] = {}
    for finding, weight in found:
        for department, points in finding.to.items():
            each = ranked.setdefault(department, Ranked(department))
            each.score += points * weight
            each.because.append(finding.name)
    _adjust(ranked, person)
    return sorted((r for r in ranked.values() if r.score > 0), key=lambda r: -r.score)


def _adjust(ranked: dict[str, Ranked], person: Person) -> None:
    """Children are seen by 儿科, pregnant women by 产科 too; men not by 妇科, women not by 男科."""
    best = max((r.score for r in ranked.values()), default=0.0)
    if person.child and best:
        child = ranked.setdefault("儿科", Ranked("儿科"))
        child.score = max(child.score, best * 0.9 + child.score * 0.1) + 1
        child.because = child.because or ["年龄在14岁及以下"]
        ranked.pop("产科", None)
    elif person.age is not None:
        ranked.pop("儿科", None)
    elif "儿科" in ranked:
        ranked["儿科"].score *= 0.5
    if person.pregnant and best:
        obstetric = ranked.setdefault("产科", Ranked("产科"))
        obstetric.score = max(obstetric.score, best * 0.8)
        obstetric.because = obstetric.because or ["在孕期"]
    if person.sex == "male" and not person.pregnant:
        for department in ("妇科", "产科"):
            if department in ranked:
                ranked[department].score *= 0.3
    if person.sex == "female":
        ranked.pop("男科", None)


def triage(text: str, more: Person | None = None) -> dict[str, Any]:
    """`{"text", "emergency", "level", "departments": [{"department", "score", "reason"}], "ask"}`.

    `level` 1 is an emergency, 3 to be seen today, 4 an ordinary visit, None where nothing was understood.
    `more`: what is known of the person beside the sentence. Raises KnowledgeError, TriageError.
    """
    known = current()
    plain = normalise(text).replace(" ", "")
    flag = _flags().find(text)
    said = person_of(plain, known)
    person = _merged(said, more)
    found = find(plain, known, person)
    ranked = rank(found, person)
    told = [r for r in ranked if r.score >= SHARE * ranked[0].score][:MOST]
    level = 1 if flag else 3 if any(f.urgent for f, _ in found) else 4 if found else None
    return {
        "text": text,
        "emergency": flag is not None,
        "level": level,
        "departments": [
            {"department": r.department, "score": round(r.score, 1), "reason": reason(r)} for r in told
        ],
        "ask": None if flag else question(found, known),
    }


def _merged(said: Person, more: Person | None) -> Person:
    if more is None:
        return said
    age = said.age if said.age is not None else more.age
    child = said.child or (said.age is None and more.child)
    return Person(age, said.sex or more.sex, said.pregnant or more.pregnant, child)


def reason(ranked: Ranked) -> str:
    """Why this department, in the person's own terms."""
    because = list(dict.fromkeys(ranked.because))[:3]
    return f"{'、'.join(because)}，一般看{ranked.department}"


def question(found: Sequence[tuple[Finding, float]], known: Knowledge) -> str | None:
    """The one question to ask where what was said is too vague to choose by; None where it is clear."""
    ids = {finding.id for finding, _ in found} - {"unwell", "checkup"}
    if not ids:
        return known.ask["vague"]
    if len(ids) == 1:
        kind = _VAGUE.get(next(iter(ids)))
        return known.ask[kind] if kind else None
    return None
