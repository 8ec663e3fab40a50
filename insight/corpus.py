"""The corpus of questions with what they must be taken to mean (`questions.yml`): a hospital adds its own."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from insight.catalogue import Catalogue
from insight.compile.permissions import NotAllowed, check, parse_viewer
from insight.errors import CatalogueError
from insight.interpretation import Interpretation
from insight.understand.engine import Understander, Understanding
from insight.understand.lexicon import build
from insight.understand.repair import Repairer, phrases_of

PATH = Path(__file__).with_name("questions.yml")


@dataclass(frozen=True, slots=True)
class Turn:
    ask: str
    means: dict[str, Any] | None
    answer: str


@dataclass(frozen=True, slots=True)
class Talk:
    """One question, or a conversation. `role` as in `--as`."""

    role: str
    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class Corpus:
    now: datetime
    values: dict[str, list[str]]
    owners: dict[str, dict[str, set[str]]]
    talks: tuple[Talk, ...]


@dataclass(slots=True)
class Outcome:
    """What came of a turn: `status` as in the answer, `means` in the corpus's own form."""

    ask: str
    status: str
    means: dict[str, Any] = field(default_factory=dict)


def load(path: Path = PATH) -> Corpus:
    """Raises CatalogueError that names the entry that is wrong."""
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        values = {name: list(map(str, found)) for name, found in raw["hospital"].items()}
        doctors = {who: {where} for where, people in raw["doctors"].items() for who in people}
        rooms = {room: {where} for where, found in raw["rooms"].items() for room in found}
        talks = tuple(_talk(entry) for entry in raw["questions"])
        now = datetime.fromisoformat(str(raw["now"]))
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise CatalogueError(f"问句集 {path.name} 有误：{error}", detail=str(error)) from error
    values |= {"doctor": sorted(doctors), "clinic_room": sorted(rooms)}
    return Corpus(now, values, {"doctor": doctors, "clinic_room": rooms}, talks)


def _talk(entry: dict[str, Any]) -> Talk:
    turns = entry.get("talk") or [entry]
    return Talk(
        entry.get("as", "director"),
        tuple(Turn(t["ask"], t.get("means"), t.get("answer", "answered")) for t in turns),
    )


def understander(corpus: Corpus, catalogue: Catalogue) -> Understander:
    lexicon = build(catalogue, corpus.values)
    return Understander(catalogue, lexicon, Repairer(phrases_of(lexicon)))


def run(talk: Talk, corpus: Corpus, machine: Understander) -> Iterator[Outcome]:
    """What each turn of a conversation is taken to mean."""
    viewer = parse_viewer(talk.role)
    if viewer.role == "doctor":
        viewer = viewer.__class__("doctor", "", viewer.doctor, talk.role)
    catalogue, before = machine.catalogue, None
    for turn in talk.turns:
        got = machine.understand(turn.ask, corpus.now, before)
        status = {"ok": "answered"}.get(got.status, got.status)
        try:
            _check(got, viewer, catalogue, corpus)
        except NotAllowed:
            status = "forbidden"
        yield Outcome(turn.ask, status, meaning(got) if got.interpretation else {})
        if status == "answered":
            before = got.draft


def _check(got: Understanding, viewer: Any, catalogue: Catalogue, corpus: Corpus) -> None:
    if got.interpretation is not None and got.interpretation.kind not in ("suggestions", "definition"):
        check(got.interpretation, viewer, catalogue, corpus.owners, got.whole)


def meaning(got: Understanding) -> dict[str, Any]:
    """An interpretation in the corpus's short form: only what was said, dates without times where whole."""
    i = got.interpretation
    assert i is not None
    full = i.as_json()
    out: dict[str, Any] = {}
    for name in (
        "kind",
        "metric",
        "aggregation",
        "group_by",
        "filters",
        "having",
        "order",
        "limit",
        "where",
        "order_by",
        "share",
        "further",
        "moved",
        "place",
        "standing",
        "run",
    ):
        value = full.get(name)
        if value in (None, [], {}) or (name, value) in (("kind", "query"), ("aggregation", "mean")):
            continue
        out[name] = value
    for name in ("filters", "exclude"):
        values = full.get(name) or {}
        kept = {k: f"{len(v)} days" if k == "day" else v for k, v in values.items()}
        if kept:
            out[name] = kept
    if i.parts:
        out["parts"] = [part.label for part in i.parts]
    if i.within:
        out["within"] = _brief(i.within)
    if i.also:
        out["also"] = [_brief(other) for other in i.also]
    for name in ("time", "compare"):
        if full.get(name) and not (name == "time" and i.time and i.time.default):
            out[name] = [_short(full[name]["start"]), _short(full[name]["end"])]
    return out


def _brief(i: Interpretation) -> str:
    """A further metric, or the ranking that groups are taken from: satisfaction, wait_minutes desc 3."""
    how = i.aggregation if i.aggregation not in (None, "mean") else None
    return " ".join(str(word) for word in (i.metric, how, i.order, i.limit) if word)


def _short(moment: str | None) -> str | None:
    return moment[:10] if moment and moment[11:16] == "00:00" else moment[:16] if moment else None


def failures(corpus: Corpus, catalogue: Catalogue) -> list[str]:
    """One line for every turn that is not taken as the corpus says."""
    machine = understander(corpus, catalogue)
    out = []
    for talk in corpus.talks:
        for turn, got in zip(talk.turns, run(talk, corpus, machine), strict=True):
            if got.status != turn.answer:
                out.append(f"{turn.ask}：{got.status}，应为 {turn.answer}")
            elif turn.means is not None and got.means != turn.means:
                wrong = {
                    k: got.means.get(k)
                    for k in got.means.keys() | turn.means.keys()
                    if got.means.get(k) != turn.means.get(k)
                }
                out.append(f"{turn.ask}：理解为 {wrong}，应为 { {k: turn.means.get(k) for k in wrong} }")
    return out
