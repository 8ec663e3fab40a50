"""Departments, campuses and doctors: fetched whole, kept for some minutes, searched here."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from common import clock
from connectors.adapter import Resource, Search
from connectors.his import clinic
from connectors.his.cache import Cache
from connectors.his.client import HISClient
from connectors.resources import has_identifier, ids

KEPT_SECONDS = 600
TYPES = ("Organization", "Location", "HealthcareService", "Practitioner", "PractitionerRole", "Schedule")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The clinic's structure as resources by type and id."""

    by_type: Mapping[str, Mapping[str, Resource]]


class Directory:
    """What changes seldom. A change in the HIS is seen after `KEPT_SECONDS` at the latest."""

    def __init__(self, client: HISClient) -> None:
        self.client = client
        self._cache: Cache[Snapshot] = Cache(KEPT_SECONDS, 1)

    def forget(self) -> None:
        """Ask the HIS again next time."""
        self._cache.clear()

    async def read(self, type: str, id: str) -> Resource | None:
        return (await self._snapshot()).by_type[type].get(id)

    async def search(self, search: Search) -> list[Resource]:
        snapshot = await self._snapshot()
        found = [
            resource
            for resource in snapshot.by_type[search.type].values()
            if all(_FILTERS[name](resource, values) for name, values in search.params.items())
        ][: search.count]
        if "PractitionerRole:practitioner" in search.include:
            found += [snapshot.by_type["Practitioner"][role["id"]] for role in found]
        return found

    async def _snapshot(self) -> Snapshot:
        return await self._cache.get("all", self._ask)

    async def _ask(self) -> Snapshot:
        departments, doctors = await asyncio.gather(self.client.departments(), self.client.doctors())
        sites = clinic.campuses(departments)
        now = clock.now()
        lists = {
            "Organization": [
                *(clinic.organization(zdp) for zdp in departments),
                *(clinic.campus_organization(code, name) for code, name in sites.items()),
            ],
            "Location": [
                *(clinic.location(zdp) for zdp in departments),
                *(clinic.campus_location(code, name) for code, name in sites.items()),
            ],
            "HealthcareService": [clinic.healthcare_service(zdp) for zdp in departments],
            "Practitioner": [clinic.practitioner(zdr) for zdr in doctors],
            "PractitionerRole": [clinic.practitioner_role(zdr) for zdr in doctors],
            "Schedule": [clinic.schedule(zdr, now) for zdr in doctors],
        }
        return Snapshot({type: {one["id"]: one for one in found} for type, found in lists.items()})


def _named(resource: Resource, values: Sequence[Any]) -> bool:
    """Begins with, or contains, as Chinese names are looked for; aliases count."""
    names = resource.get("name", "")
    texts = [one.get("text", "") for one in names] if isinstance(names, list) else [names]
    texts += resource.get("alias", [])
    return any(str(value) in text for value in values for text in texts)


def _typed(resource: Resource, values: Sequence[Any]) -> bool:
    return any(
        str(value).rpartition("|")[2] in (coding.get("code"), kind.get("text"))
        for value in values
        for kind in resource.get("type", ())
        for coding in kind.get("coding", ())
    )


def _special(resource: Resource, values: Sequence[Any]) -> bool:
    texts = [one.get("text", "") for one in resource.get("specialty", ())]
    return any(str(value).rpartition("|")[2] in text for value in values for text in texts)


def _planned(resource: Resource, values: Sequence[Any]) -> bool:
    """The days that can be booked overlap each interval that is asked for."""
    horizon = resource["planningHorizon"]
    start, end = horizon["start"], horizon["end"]
    tests: dict[str, Callable[[str, str], bool]] = {
        "eq": lambda low, high: low < end and high > start,
        "ge": lambda low, _: end > low,
        "gt": lambda _, high: end > high,
        "sa": lambda _, high: start >= high,
        "le": lambda _, high: start < high,
        "lt": lambda low, _: start < low,
        "eb": lambda low, _: end <= low,
        "ne": lambda low, high: not (low <= start and end <= high),
    }
    # Both sides in Shanghai's offset, so that the texts compare as the times do.
    zone = clock.SHANGHAI
    return all(
        tests[prefix](low.astimezone(zone).isoformat(), high.astimezone(zone).isoformat())
        for prefix, low, high in values
        if prefix in tests
    )


def _references(element: str) -> Callable[[Resource, Sequence[Any]], bool]:
    def test(resource: Resource, values: Sequence[Any]) -> bool:
        wanted = set(ids(values))
        held = resource.get(element) or ()
        return any(
            one["reference"].split("/")[1] in wanted for one in ([held] if isinstance(held, dict) else held)
        )

    return test


def _provided_by(resource: Resource, values: Sequence[Any]) -> bool:
    return _references("organization")(resource, values) or _references("providedBy")(resource, values)


_FILTERS: dict[str, Callable[[Resource, Sequence[Any]], bool]] = {
    "_id": lambda resource, values: resource["id"] in ids(values),
    "name": _named,
    "identifier": lambda resource, values: any(has_identifier(resource, value) for value in values),
    "type": _typed,
    "active": lambda resource, values: ("true" if resource.get("active") else "false") in values,
    "organization": _provided_by,
    "practitioner": _references("practitioner"),
    "specialty": _special,
    "actor": _references("actor"),
    "date": _planned,
}
