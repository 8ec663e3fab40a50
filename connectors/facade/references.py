"""References inside resources: found, and rewritten in a copy.

Both work on the JSON text: walking a page of slots in Python costs ten times as much as writing it down and reading
it again. The pattern cannot match inside a string, where every quotation mark has a backslash before it.
"""

import re
from collections.abc import Callable
from typing import Any

import orjson

MAX_DEPTH = 40
_REFERENCE = re.compile(rb'"reference":"([A-Z][A-Za-z]*)/([^"/\\]+)"')


def split(reference: str) -> tuple[str, str] | None:
    """`Type/id` → (type, id); None for anything else (absolute, contained, urn)."""
    type, slash, id = reference.partition("/")
    if not slash or not id or "/" in id or not type[:1].isupper():
        return None
    return type, id


def found(resources: Any) -> set[tuple[str, str]]:
    """(type, id) of every relative reference in the resources (anything that is JSON)."""
    return found_in(orjson.dumps(resources))


def found_in(text: bytes) -> set[tuple[str, str]]:
    """`found` in resources that are JSON text already."""
    return {(type.decode(), id.decode()) for type, id in set(_REFERENCE.findall(text))}


def rewritten(resources: Any, change: Callable[[str, str], str]) -> Any:
    """A copy of the resources with each relative reference replaced by what `change(type, id)` gives."""
    text = orjson.dumps(resources)
    return rewritten_from(text, found_in(text), change)


def rewritten_from(text: bytes, pairs: set[tuple[str, str]], change: Callable[[str, str], str]) -> Any:
    """`rewritten` from JSON text and what `found_in` found in it."""
    new = {
        (type.encode(), id.encode()): b'"reference":' + orjson.dumps(change(type, id)) for type, id in pairs
    }
    return orjson.loads(_REFERENCE.sub(lambda match: new[match[1], match[2]], text) if new else text)


def depth(node: Any, limit: int = MAX_DEPTH) -> bool:
    """Whether `node` is nested no deeper than `limit`; checked before anything recursive touches foreign JSON."""
    level = [node]
    for _ in range(limit):
        level = [
            child
            for parent in level
            if isinstance(parent, dict | list)
            for child in (parent.values() if isinstance(parent, dict) else parent)
        ]
        if not level:
            return True
    return False


def patients(resource: dict[str, Any]) -> list[str]:
    """Ids of the patients in whose compartment a resource is; empty for what belongs to nobody."""
    type = resource.get("resourceType")
    if type == "Patient":
        return [resource["id"]] if "id" in resource else []
    if type == "Appointment":
        references = [p.get("actor", {}).get("reference", "") for p in resource.get("participant", ())]
    else:
        references = [resource.get("subject", {}).get("reference", "")]
    return [r[8:] for r in references if isinstance(r, str) and r.startswith("Patient/")]
