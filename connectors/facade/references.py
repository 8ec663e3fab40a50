"""References inside resources: found, and rewritten into a copy that shares what did not change."""

from collections.abc import Callable, Iterator
from typing import Any

MAX_DEPTH = 40


def split(reference: str) -> tuple[str, str] | None:
    """`Type/id` → (type, id); None for anything else (absolute, contained, urn)."""
    type, slash, id = reference.partition("/")
    if not slash or not id or "/" in id or not type[:1].isupper():
        return None
    return type, id


def found(node: Any) -> Iterator[tuple[str, str]]:
    """(type, id) of every relative reference below `node`."""
    if isinstance(node, dict):
        for name, value in node.items():
            if isinstance(value, dict | list):
                yield from found(value)
            elif name == "reference" and isinstance(value, str) and (pair := split(value)):
                yield pair
    elif isinstance(node, list):
        for value in node:
            if isinstance(value, dict | list):
                yield from found(value)


def rewritten(node: Any, change: Callable[[str, str], str]) -> Any:
    """A copy of `node` with each relative reference replaced by what `change(type, id)` gives."""
    if isinstance(node, dict):
        copy = None
        for name, value in node.items():
            if isinstance(value, dict | list):
                new = rewritten(value, change)
            elif name == "reference" and isinstance(value, str) and (pair := split(value)):
                new = change(*pair)
            else:
                continue
            if new is not value:
                copy = copy if copy is not None else dict(node)
                copy[name] = new
        return node if copy is None else copy
    if isinstance(node, list):
        new_list = [rewritten(value, change) if isinstance(value, dict | list) else value for value in node]
        return new_list if any(a is not b for a, b in zip(new_list, node, strict=True)) else node
    return node


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
