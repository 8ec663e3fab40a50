"""The bundle under construction: resources once each, with ids that follow from what identifies them."""

import uuid
from typing import Any

from connectors.hl7.fhir import systems
from connectors.hl7.fhir.datatypes import clean, code, name
from connectors.hl7.message import Field
from connectors.resources import reference

_NAMESPACE = uuid.UUID("6f0b7c52-6a3c-5d0a-9a39-2f6a8f6b6f10")
Resource = dict[str, Any]


class Builder:
    """Collects resources. The same type and key again is the same resource, completed by what is new."""

    def __init__(self, message_key: str) -> None:
        self.message_key = message_key
        self._resources: dict[tuple[str, str], Resource] = {}

    def add(self, type: str, key: str, content: Resource, *, own: bool = False) -> dict[str, str]:
        """Add a resource and return a reference to it. `own`: the key means something in this message only."""
        scope = f"{self.message_key}|{key}" if own else key
        id = str(uuid.uuid5(_NAMESPACE, f"{type}|{scope}"))
        content = clean(content)
        if (held := self._resources.get((type, id))) is not None:
            for element, value in content.items():
                held.setdefault(element, value)
        else:
            self._resources[type, id] = {"resourceType": type, "id": id, **content}
        return reference(type, id)

    def get(self, link: dict[str, str]) -> Resource:
        """The resource that a reference of `add` points to."""
        type, _, id = link["reference"].partition("/")
        return self._resources[type, id]

    def of(self, type: str) -> list[Resource]:
        """All resources of a type, in order."""
        return [one for (kind, _), one in self._resources.items() if kind == type]

    def entries(self) -> list[dict[str, Any]]:
        """The bundle's entries, each a PUT to its id, in the order of coming up."""
        return [
            {
                "fullUrl": f"urn:uuid:{one['id']}",
                "resource": one,
                "request": {"method": "PUT", "url": f"{one['resourceType']}/{one['id']}"},
            }
            for one in self._resources.values()
        ]

    def organization(self, value: Field | None, title: str = "") -> dict[str, str] | None:
        """HD, XON or a plain name → Organization."""
        text = title.strip() or (value.text(1).strip() if value else "")
        if not text:
            return None
        return self.add("Organization", text, {"name": text})

    def practitioner(self, value: Field | None) -> dict[str, str] | None:
        """XCN → Practitioner; by number, or where it has none by name within this message."""
        if value is None:
            return None
        number, human = value.text(1).strip(), name(value, 2)
        if not number and not human:
            return None
        system = systems.authority(value.text(9, 1), value.text(9, 2), value.text(9, 3))
        kind = code(value.text(13))
        found = clean(
            {
                "type": {"coding": [{"system": systems.IDENTIFIER_TYPE, "code": kind}]} if kind else None,
                "system": system,
                "value": number,
            }
        )
        content = {"identifier": [found] if number else None, "name": [human] if human else None}
        if number:
            return self.add("Practitioner", f"{system}|{number}", content)
        return self.add("Practitioner", f"name|{human}", content, own=True)

    def location(self, value: Field | None) -> dict[str, str] | None:
        """PL → Location of the most exact part, and those it is part of."""
        if value is None:
            return None
        parts = [
            (value.text(4, 1), "si", "Site"),
            (value.text(7, 1), "bu", "Building"),
            (value.text(8, 1), "lvl", "Level"),
            (value.text(1, 1), "wa", "Ward"),
            (value.text(2, 1), "ro", "Room"),
            (value.text(3, 1), "bd", "Bed"),
        ]
        described = value.text(9).strip()
        link: dict[str, str] | None = None
        key = ""
        for title, kind, display in parts:
            title = title.strip()
            if not title:
                continue
            key = f"{key}/{kind}:{title}"
            coding = {"system": f"{systems.CORE}location-physical-type", "code": kind, "display": display}
            content = {
                "name": title,
                "mode": "instance",
                "physicalType": {"coding": [coding]},
                "partOf": link,
            }
            link = self.add("Location", key, content)
        if link and described:
            self.get(link).setdefault("description", described)
        if link is None and described:
            link = self.add("Location", f"text:{described}", {"name": described, "mode": "instance"})
        return link
