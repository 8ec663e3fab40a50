"""Resources between the ids of the hospital's systems and those of the facade; one id for a person everywhere.

Persons are matched by medical record number alone, never by name and birth date.
"""

import asyncio
import time
from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from connectors.adapter import Resource, Search
from connectors.facade import references
from connectors.facade.ids import Ids, Key
from connectors.facade.outcome import Unprocessable
from connectors.facade.systems import MR, Registry, System
from connectors.resources import MRN_SYSTEM

UNKNOWN_SECONDS = 30.0
"""How long a system that did not know a patient is not asked again."""


class Identity:
    """Rewrites ids both ways. Methods that may ask a system take `until`, the request's deadline."""

    def __init__(self, registry: Registry, ids: Ids) -> None:
        self.registry, self.ids = registry, ids
        self._unknown: dict[tuple[str, str], float] = {}

    async def outward(
        self, system: System, resources: Sequence[Resource], until: float
    ) -> list[dict[str, Any]]:
        """Copies of a system's resources with the facade's ids. Raises BackendUnavailable."""
        namespaces: dict[str, str] = {}

        def key(type: str, id: str) -> Key:
            namespace = namespaces.get(type)
            if namespace is None:
                namespace = namespaces[type] = self.registry.namespace(system, type)
            return namespace, type, id

        wanted = {key(r["resourceType"], str(r["id"])) for r in resources}
        text = orjson.dumps(resources)
        pairs = references.found_in(text)
        wanted.update(key(type, id) for type, id in pairs)
        await self.learn(system, resources, wanted, until)
        found = {one: facade_id for one in wanted if (facade_id := self.ids.cached(one))}
        if len(found) < len(wanted):
            found = await asyncio.to_thread(self.ids.assign, wanted)

        def change(type: str, id: str) -> str:
            return f"{type}/{self.ids.canonical(found[key(type, id)])}"

        copies: list[dict[str, Any]] = references.rewritten_from(text, pairs, change)
        source = f"urn:menzhen:system:{system.name}"
        for copy in copies:
            copy["id"] = found[key(copy["resourceType"], str(copy["id"]))]
            copy["meta"] = (copy.get("meta") or {}) | {"source": source}
        return [self._with_links(c) if c["resourceType"] == "Patient" else c for c in copies]

    def _with_links(self, patient: dict[str, Any]) -> dict[str, Any]:
        links = [
            {"other": {"reference": f"Patient/{old}"}, "type": "replaces"}
            for old in self.ids.absorbed(patient["id"])
        ]
        return patient | {"link": patient.get("link", []) + links} if links else patient

    async def learn(
        self, system: System, resources: Sequence[Resource], wanted: set[Key], until: float
    ) -> None:
        """Make known which persons a system's own patient numbers stand for."""
        if system.config.patient_ids == MR:
            return
        own = {key for key in wanted if key[0] == system.name and key[1] == "Patient"}
        unknown = own - (await asyncio.to_thread(self.ids.known, own)).keys() if own else own
        if not unknown:
            return
        at_hand = {str(r["id"]): r for r in resources if r["resourceType"] == "Patient"}
        for key in unknown:
            patient = at_hand.get(key[2])
            if patient is None and system.serves("Patient", "read"):
                patient = await self._read_patient(system, key[2], until)
            if patient is not None and (number := record_number(patient)):
                person = (MR, "Patient", number)
                facade_id = (await asyncio.to_thread(self.ids.assign, [person]))[person]
                await asyncio.to_thread(self.ids.link, {key: facade_id})

    async def _read_patient(self, system: System, id: str, until: float) -> Resource | None:
        return await system.guard.call(lambda: system.adapter.read("Patient", id), until)

    async def backend_ids(self, system: System, type: str, facade_id: str, until: float) -> list[str]:
        """Ids by which a system knows what the facade calls `facade_id`; empty if it does not."""
        namespace = self.registry.namespace(system, type)
        if type != "Patient":
            return [b for n, t, b in self.ids.back(facade_id) if n == namespace and t == type]
        person = self.ids.canonical(facade_id)
        master = self.registry.master("Patient")
        # The master keeps a merged patient's data under the surviving number; others may not have moved them.
        known_as = [person] if system is master else [person, *self.ids.absorbed(person)]
        found: list[str] = []
        for alias in known_as:
            keys = [key for key in self.ids.back(alias) if key[1] == "Patient"]
            mine = [b for n, _, b in keys if n == namespace]
            if not mine and namespace != MR:
                mine = await self._look_up(system, alias, [b for n, _, b in keys if n == MR], until)
            found += mine
        return found

    async def _look_up(self, system: System, facade_id: str, numbers: list[str], until: float) -> list[str]:
        """Ask a system that numbers patients itself for those with a record number."""
        if not numbers or not system.serves("Patient", "search"):
            return []
        if self._unknown.get((system.name, facade_id), 0.0) > time.monotonic():
            return []
        search = Search("Patient", {"identifier": [f"{MRN_SYSTEM}|{number}" for number in numbers]})
        patients = await system.guard.call(lambda: system.adapter.search(search), until)
        ids = [str(p["id"]) for p in patients if record_number(p) in numbers]
        if ids:
            links: dict[Key, str] = {(system.name, "Patient", id): facade_id for id in ids}
            await asyncio.to_thread(self.ids.link, links)
        else:
            if len(self._unknown) > 10_000:
                self._unknown.clear()
            self._unknown[system.name, facade_id] = time.monotonic() + UNKNOWN_SECONDS
        return ids

    async def inward(self, system: System, resource: Resource, until: float) -> Resource:
        """A copy of a body with the ids of the system. Raises Unprocessable for references to nothing."""
        pairs = references.found(resource)
        if "id" in resource:
            pairs.add((resource["resourceType"], resource["id"]))
        found = {pair: await self.one_backend_id(system, *pair, until) for pair in pairs}
        copy = references.rewritten(resource, lambda type, id: f"{type}/{found[type, id]}")
        if "id" in resource:
            copy = copy | {"id": found[resource["resourceType"], resource["id"]]}
        return copy

    async def one_backend_id(self, system: System, type: str, facade_id: str, until: float) -> str:
        """The id that a system has for this. Raises Unprocessable where there is none."""
        found = await self.backend_ids(system, type, facade_id, until)
        if not found:
            raise Unprocessable(f"引用的 {type} 不存在。", code="UNKNOWN_REFERENCE")
        return found[0]

    async def facade_ids(
        self, system: System, pairs: Iterable[tuple[str, str]], until: float
    ) -> dict[tuple[str, str], str]:
        """(type, business id) → facade id, for references that come without a resource, as in events."""
        pairs = set(pairs)
        keys = {pair: (self.registry.namespace(system, pair[0]), *pair) for pair in pairs}
        await self.learn(system, [], set(keys.values()), until)
        found = await asyncio.to_thread(self.ids.assign, keys.values())
        return {pair: found[key] for pair, key in keys.items()}


def record_number(patient: Resource) -> str:
    """The medical record number among a Patient's identifiers; empty if it has none."""
    for identifier in patient.get("identifier") or ():
        codings = (identifier.get("type") or {}).get("coding") or ()
        if identifier.get("system") == MRN_SYSTEM or any(c.get("code") == "MR" for c in codings):
            return str(identifier.get("value", ""))
    return ""
