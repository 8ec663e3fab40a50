"""Searches: limited to what the bearer may see, asked of every system that serves them, put into one Bundle."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from common.errors import MenzhenError
from connectors.adapter import BackendError, BackendUnavailable, Resource, Search
from connectors.facade import matching, params, reading
from connectors.facade.access import DIRECTORY
from connectors.facade.core import Call, Facade
from connectors.facade.outcome import NotFound, issue, outcome, status_of
from connectors.facade.params import Query
from connectors.facade.references import patients as patients_of
from connectors.facade.systems import System

CURSOR = "_cursor"
MAX_OFFSET = 5_000


@dataclass(slots=True)
class Found:
    """What the systems answered: resources with the facade's ids, and the systems that did not answer."""

    resources: list[dict[str, Any]] = field(default_factory=list)
    included: list[dict[str, Any]] = field(default_factory=list)
    failures: list[tuple[System, MenzhenError]] = field(default_factory=list)
    complete: bool = True
    """Whether no system held back more than was asked for."""


async def search(facade: Facade, call: Call, type: str, pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The searchset Bundle. Raises Invalid, Forbidden, BackendUnavailable (only if every system failed)."""
    facade.need(call, type, "search")
    pairs, offset, count = list(pairs), 0, None
    cursor = next((value for name, value in pairs if name == CURSOR), None)
    if cursor is not None:
        pairs, count, offset = facade.cursors.open(type, cursor, call.bearer)
    query = params.read_query(type, pairs, lenient=call.lenient)
    query.count = count or query.count
    if type == "Patient" and not call.access.all:
        found = await _own_patients(facade, call, query)
    elif type == "AuditEvent":
        found = await _audit(facade, query, offset)
    else:
        wanted = MAX_OFFSET if query.summary == "count" else offset + query.count + 1
        found = await ask_all(facade, call, query, wanted)
    return await _bundle(facade, call, query, found, offset)


async def _own_patients(facade: Facade, call: Call, query: Query) -> Found:
    """A patient's search for patients: among self and dependents, without asking about anybody else."""
    wanted = query.params.get("_id")
    for id in wanted or ():
        call.patients.add(id)
        call.access.check_patient(facade.ids.canonical(id))
    people = sorted({facade.ids.canonical(id) for id in wanted} if wanted else call.access.own)
    answers = await asyncio.gather(
        *(reading.fetch(facade, call, "Patient", id) for id in people), return_exceptions=True
    )
    found = Found()
    for answer in answers:
        if isinstance(answer, NotFound):
            continue
        if isinstance(answer, BaseException):
            raise answer
        if matching.patient(answer, query.params):
            found.resources.append(answer)
    return found


async def _audit(facade: Facade, query: Query, offset: int) -> Found:
    low, high = matching.window(query.params.get("date", ()))
    patient = query.params.get("patient", [("", "")])[0][1]
    agent = str(query.params.get("agent", [""])[0]).rpartition("|")[2]
    asked = offset + query.count + 1

    def ask() -> list[dict[str, Any]]:
        return facade.audit.search(patient=patient, agent=agent, start=low, end=high, limit=asked)

    events = await asyncio.to_thread(ask)
    return Found(events, complete=len(events) < asked)


def _limit_to_compartment(facade: Facade, call: Call, query: Query) -> None:
    """Check whose data are asked for; where nobody is named, the patient's own and the dependents'."""
    if query.type in DIRECTORY or query.type == "Patient":
        return
    named = query.params.get("patient")
    if named:
        people = [facade.ids.canonical(id) for _, id in named]
        call.patients.update(people)
        for person in people:
            call.access.check_patient(person)
        query.params["patient"] = [("Patient", person) for person in dict.fromkeys(people)]
    elif not call.access.all and "_id" not in query.params and "identifier" not in query.params:
        query.params["patient"] = [("Patient", person) for person in sorted(call.access.own)]
        call.patients.update(call.access.own)


async def ask_all(facade: Facade, call: Call, query: Query, count: int) -> Found:
    _limit_to_compartment(facade, call, query)
    found = Found()
    if query.params.get("patient") == []:
        return found
    systems = facade.registry.serving(query.type, "search")
    answers = await asyncio.gather(
        *(_ask(facade, call, system, query, count) for system in systems), return_exceptions=True
    )
    for system, answer in zip(systems, answers, strict=True):
        if isinstance(answer, BackendError | BackendUnavailable):
            found.failures.append((system, answer))
        elif isinstance(answer, BaseException):
            raise answer
        else:
            matches, included = answer
            found.complete = found.complete and len(matches) < count
            found.resources += matching.wanted(matches, query, call.access)
            found.included += [r for r in included if call.access.visible(r)]
    if systems and len(found.failures) == len(systems):
        raise found.failures[0][1]
    if len(systems) > 1:
        found.resources.sort(key=matching.newest_first, reverse=True)
    return found


async def _ask(
    facade: Facade, call: Call, system: System, query: Query, count: int
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """One system's matches and what it included, with the facade's ids."""
    translated = await _translate(facade, call, system, query)
    if translated is None:
        return [], []
    asked = Search(query.type, translated, count, tuple(query.includes))
    try:
        answer: Sequence[Resource] = await system.guard.call(lambda: system.adapter.search(asked), call.until)
    except BackendError as error:
        # A system that does not know the patient has nothing about him.
        if error.code in ("NO_PATIENT", "NOT_FOUND", "NO_SLOT") or status_of(error) == 404:
            return [], []
        raise
    resources = await facade.identity.outward(system, answer, call.until)
    matches = [r for r in resources if r["resourceType"] == query.type]
    return matches, [r for r in resources if r["resourceType"] != query.type]


async def _translate(facade: Facade, call: Call, system: System, query: Query) -> dict[str, list[Any]] | None:
    """Parameters with the system's ids; None where nothing of the system can match."""
    known = params.SEARCH[query.type]
    translated: dict[str, list[Any]] = {}
    for name, values in query.params.items():
        param = known.get(name)
        if name == "_id":
            ids = [await facade.identity.backend_ids(system, query.type, v, call.until) for v in values]
            translated[name] = [id for found in ids for id in found]
        elif param is not None and param.kind == params.REFERENCE:
            translated[name] = await _backend_references(facade, call, system, param.targets, values)
        else:
            translated[name] = list(values)
            continue
        if not translated[name]:
            return None
    return translated


async def _backend_references(
    facade: Facade, call: Call, system: System, targets: tuple[str, ...], values: Sequence[tuple[str, str]]
) -> list[str]:
    """Bare ids of the system where one type is possible, `Type/id` where there are several."""
    found: list[str] = []
    for type, id in values:
        for target in (type,) if type else targets:
            for business_id in await facade.identity.backend_ids(system, target, id, call.until):
                found.append(business_id if len(targets) == 1 else f"{target}/{business_id}")
    return found


async def _include(
    facade: Facade, call: Call, query: Query, page: list[dict[str, Any]], found: Found
) -> list[dict[str, Any]]:
    """Resources that the page's matches point to and that were asked for."""
    at_hand = {f"{r['resourceType']}/{r['id']}": r for r in found.included}
    wanted: dict[str, tuple[str, str]] = {}
    for include in query.includes:
        element, type = params.INCLUDES[query.type][include]
        for resource in page:
            value = resource.get(element) or []
            for reference in value if isinstance(value, list) else [value]:
                full = reference.get("reference", "")
                if full.startswith(f"{type}/"):
                    wanted[full] = (type, full.partition("/")[2])
    missing: dict[str, list[str]] = {}
    for full, (type, id) in wanted.items():
        if full not in at_hand:
            missing.setdefault(type, []).append(id)
    for type, ids in missing.items():
        more = await ask_all(facade, call, Query(type, {"_id": list(ids)}), len(ids) + 1)
        found.failures += more.failures
        at_hand |= {f"{r['resourceType']}/{r['id']}": r for r in more.resources}
    return [at_hand[full] for full in wanted if full in at_hand]


async def _bundle(facade: Facade, call: Call, query: Query, found: Found, offset: int) -> dict[str, Any]:
    page = found.resources[offset : offset + query.count]
    more = len(found.resources) > offset + query.count
    included: list[dict[str, Any]] = []
    if query.summary == "count":
        more, page = False, []
    elif query.includes and page:
        included = await _include(facade, call, query, page, found)
    for resource in page:
        call.patients.update(patients_of(resource))
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset"}
    if found.complete and not found.failures:
        bundle["total"] = len(found.resources)
    address = f"{facade.base}/{query.type}"
    applied = [*query.applied, ("_count", str(query.count))]
    bundle["link"] = [{"relation": "self", "url": f"{address}?{urlencode(applied)}"}]
    if more and offset + query.count < MAX_OFFSET:
        cursor = facade.cursors.seal(
            query.type, query.applied, query.count, offset + query.count, call.bearer
        )
        bundle["link"].append({"relation": "next", "url": f"{address}?{CURSOR}={cursor}"})
    entries = [_entry(facade, matching.elements(r, query.elements), "match") for r in page]
    entries += [_entry(facade, r, "include") for r in included]
    if problems := _problems(query, found):
        entries.append({"resource": outcome(*problems), "search": {"mode": "outcome"}})
    if entries:
        bundle["entry"] = entries
    return bundle


def _entry(facade: Facade, resource: dict[str, Any], mode: str) -> dict[str, Any]:
    url = f"{facade.base}/{resource['resourceType']}/{resource['id']}"
    return {"fullUrl": url, "resource": resource, "search": {"mode": mode}}


def _problems(query: Query, found: Found) -> list[dict[str, Any]]:
    """What the bearer should know: systems that failed (`diagnostics` is the system's name), and notes."""
    failed = {system.name: (system, error) for system, error in found.failures}
    issues = [
        issue(
            error.code,
            f"{system.title}暂时没有回答，结果可能不全。",
            503 if isinstance(error, BackendUnavailable) else status_of(error),
            severity="warning",
            diagnostics=system.name,
        )
        for system, error in failed.values()
    ]
    return issues + [issue("NOTE", note, 400, severity="information") for note in query.notes]
