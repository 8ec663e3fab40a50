"""For whom: the caller, or one of the family, by what was said."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from actions.turn import Caller, Dependent, Json, option
from common.settings import ROOT

SELF = "SEL"
PERSONS: Path = ROOT / "nlu_data" / "vocabulary" / "persons.yml"


@lru_cache
def relations() -> dict[str, Json]:
    """The relations of the vocabulary by code."""
    return {each["code"]: each for each in yaml.safe_load(PERSONS.read_text(encoding="utf-8"))["persons"]}


def relation_name(code: str) -> str:
    """母亲, 儿子 …; 家人 for a code that the vocabulary does not have."""
    known = relations()
    if code in known:
        return known[code]["name"]
    for each in known.values():
        if code in each.get("includes", ()):
            return each["name"]
    return code if any("\u4e00" <= c <= "\u9fff" for c in code) else "家人"


def matching(caller: Caller, said: str) -> list[Dependent]:
    """The dependents whom a relation's code (or word) may mean."""
    known = relations()
    entry = known.get(said) or next(
        (r for r in known.values() if said == r["name"] or said in r["words"]), None
    )
    codes = {entry["code"], *entry.get("includes", ())} if entry else {said}
    names = {entry["name"], *entry["words"]} if entry else {said}
    return [d for d in caller.dependents if d.relation in codes or d.relation in names]


def myself(caller: Caller) -> Json:
    """The caller as a value of the slot `patient`."""
    return {"id": caller.patient, "name": caller.name, "relation": SELF}


def as_value(dependent: Dependent) -> Json:
    return {"id": dependent.id, "name": dependent.name, "relation": dependent.relation}


def resolve(caller: Caller, said: Any) -> tuple[Json | None, str]:
    """The person and, where there is none, why: `none` (no such family member is bound) or `several`."""
    if not said or said == SELF:
        return myself(caller), ""
    found = matching(caller, str(said))
    if len(found) == 1:
        return as_value(found[0]), ""
    return None, "several" if found else "none"


def options(caller: Caller) -> list[Json]:
    """Whom one can choose: oneself and the family."""
    everyone = [(myself(caller), "本人")] + [
        (as_value(d), relation_name(d.relation)) for d in caller.dependents
    ]
    return [
        option(
            f"patient-{person['id']}",
            f"{word} {person['name']}",
            {"patient": person},
            [word, person["name"], *_words(person["relation"])],
        )
        for person, word in everyone
    ]


def _words(code: str) -> list[str]:
    entry = relations().get(code)
    return list(entry["words"]) if entry else []


def said_of(person: Json) -> str:
    """How a sentence names the person: 您 for the caller, else the relation with the masked name."""
    if person.get("relation") == SELF:
        return "您"
    return f"{relation_name(str(person.get('relation') or ''))}（{person.get('name', '')}）"
