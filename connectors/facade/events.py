"""What the systems tell us → the outbox, with the facade's ids, once each, in one transaction."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import orjson
from sqlalchemy import select

from common import logs
from common.clock import now
from connectors.adapter import Event
from connectors.facade import references, store
from connectors.facade.core import Facade
from connectors.facade.ids import Key
from connectors.facade.params import SEARCH
from connectors.facade.systems import System

REFERENCE_ENDINGS = ("_ref", "_refs")
MERGED = "patient.merged"
RESOLVE_SECONDS = 5.0
SUBJECTS = frozenset({*SEARCH, "Encounter"})
"""Subjects of other kinds (`Payment/ORDER`) are no resources and stay as they are."""
Pairs = dict[tuple[str, str], str]
Sink = Callable[[Sequence[Event]], Awaitable[None]]
log = logs.logger("facade")


def sink(facade: Facade, system: System) -> Sink:
    """What the adapter of this system hands its events to. It returns when they are durable."""
    lock = asyncio.Lock()

    async def store_events(events: Sequence[Event]) -> None:
        async with lock:
            keys = _keys(facade, system, events)
            until = asyncio.get_running_loop().time() + RESOLVE_SECONDS
            await facade.identity.learn(system, [], set(keys.values()), until)
            merges = await asyncio.to_thread(_write, facade, system, events, keys)
        for old, new in merges:
            facade.ids.merged_now(old, new)
        facade.outbox.published()

    return store_events


def _keys(facade: Facade, system: System, events: Sequence[Event]) -> dict[tuple[str, str], Key]:
    """(type, id) → key of all that the events speak of."""
    values = [value for event in events for value in (event.subject, *_references(event.data))]
    pairs = {pair for value in values if (pair := _resource(value))}
    return {(type, id): (facade.registry.namespace(system, type), type, id) for type, id in pairs}


def _resource(value: Any) -> tuple[str, str] | None:
    pair = references.split(value) if isinstance(value, str) else None
    return pair if pair and pair[0] in SUBJECTS else None


def _references(data: dict[str, Any]) -> list[str]:
    found: list[Any] = []
    for name, value in data.items():
        if name.endswith(REFERENCE_ENDINGS):
            found += value if isinstance(value, list) else [value]
    return [value for value in found if isinstance(value, str)]


def _write(
    facade: Facade, system: System, events: Sequence[Event], keys: dict[tuple[str, str], Key]
) -> list[tuple[str, str]]:
    """One transaction for ids and events. An event that is there already is left as it is. Returns merges."""
    merges: list[tuple[str, str]] = []
    column = store.events.c.event_id
    known = facade.ids.known(keys.values())
    new = {key: facade.ids.digest(key) for key in keys.values() if key not in known}
    ids: Pairs = {pair: known.get(key) or new[key] for pair, key in keys.items()}
    with facade.engine.begin() as connection:
        facade.ids.insert(connection, new)
        for event in events:
            event_id = f"{system.name}:{event.event_id or _digest(event)}"[:64]
            if connection.execute(select(column).where(column == event_id)).first():
                continue
            data = outward(event.data, ids)
            subject = event.subject
            if pair := _resource(subject):
                subject = f"{pair[0]}/{ids[pair]}"
            if event.type == MERGED and (merge := _merge(event, ids)):
                merges.append(merge)
                facade.ids.merge(connection, *merge, event.time or now())
            facade.outbox.add(connection, event.type, subject, data, event_id=event_id, time=event.time)
    facade.ids.linked(new)
    return merges


def outward(data: dict[str, Any], ids: Pairs) -> dict[str, Any]:
    """An event's data with facade ids: `patient_ref: "Patient/1"` → `patient: "k3x…"`, lists alike."""
    changed: dict[str, Any] = {}
    for name, value in data.items():
        ending = next((end for end in REFERENCE_ENDINGS if name.endswith(end)), "")
        if not ending:
            changed[name] = value
        elif isinstance(value, list):
            plural = "s" if ending == "_refs" else ""
            changed[name.removesuffix(ending) + plural] = [_one(ids, one) for one in value]
        else:
            changed[name.removesuffix(ending)] = _one(ids, value)
    return changed


def _one(ids: Pairs, value: Any) -> Any:
    pair = _resource(value)
    return ids[pair] if pair else value


def _merge(event: Event, ids: Pairs) -> tuple[str, str] | None:
    """(old, surviving) of a merge. `patient_ref` survives; the other reference to a Patient was merged into it."""
    surviving = event.data.get("patient_ref")
    others = {
        value for value in _references(event.data) if value != surviving and value.startswith("Patient/")
    }
    new, old = _resource(surviving), _resource(others.pop()) if len(others) == 1 else None
    if new is None or old is None:
        log.error("merge without both patients", event=event.event_id)
        return None
    return ids[old], ids[new]


def _digest(event: Event) -> str:
    """An id for an event that came without one: the same event again gets the same."""
    content = [event.type, event.subject, event.data, event.time.isoformat() if event.time else ""]
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()[:40]
