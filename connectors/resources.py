"""Small parts that every adapter builds FHIR resources of, and reads searches with."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors.adapter import Resource

ERROR_SYSTEM = "urn:menzhen:error"
ORDER_SYSTEM = "urn:menzhen:order"
MRN_SYSTEM = "urn:menzhen:mrn"
ID_CARD_SYSTEM = "urn:oid:2.16.156.10011.1.3"
WECHAT_SYSTEM = "urn:menzhen:wechat"
INSURANCE_CARD_SYSTEM = "urn:menzhen:insurance-card"
DEPARTMENT_SYSTEM = "urn:menzhen:department"
DOCTOR_SYSTEM = "urn:menzhen:doctor"
CAMPUS_SYSTEM = "urn:menzhen:campus"
VISIT_TYPE_SYSTEM = "urn:menzhen:visit-type"
_EXTENSION = "urn:menzhen:"


def extensions(*parts: tuple[str, str, Any]) -> list[dict[str, Any]]:
    """Own extensions of `(name, value type, value)`, `("fee", "Money", {…})`; empty values are left out."""
    return [
        {"url": _EXTENSION + name, f"value{kind[0].upper()}{kind[1:]}": v}
        for name, kind, v in parts
        if v not in (None, "", {})
    ]


def extension(resource: Mapping[str, Any], name: str) -> Any:
    """The value of an own extension, whatever its type; None where it is not there."""
    url = _EXTENSION + name
    for part in resource.get("extension") or ():
        if part.get("url") == url:
            return next((value for key, value in part.items() if key.startswith("value")), None)
    return None


def money(fen: int) -> dict[str, Any]:
    """A FHIR Money of an amount in fen."""
    return {"value": fen // 100 if fen % 100 == 0 else fen / 100, "currency": "CNY"}


def fen(value: Mapping[str, Any]) -> int:
    """The fen of a FHIR Money. Raises ValueError, TypeError or KeyError where it holds no amount."""
    return round(float(value["value"]) * 100)


def reference(type: str, id: str, display: str = "") -> dict[str, str]:
    """A FHIR Reference."""
    return {"reference": f"{type}/{id}", "display": display} if display else {"reference": f"{type}/{id}"}


def bare(value: Any) -> str:
    """The id of a reference (`Patient/1`, `("Patient", "1")`, `{"reference": …}`) or of an id."""
    if isinstance(value, tuple):
        return str(value[-1])
    text = value.get("reference", "") if isinstance(value, Mapping) else str(value)
    return text.rsplit("/", 1)[-1]


def actor(resource: Mapping[str, Any], type: str) -> str:
    """The id of the participant of that type in an Appointment; empty where there is none."""
    for participant in resource.get("participant") or ():
        text = str((participant.get("actor") or {}).get("reference", ""))
        if text.startswith(f"{type}/"):
            return bare(text)
    return ""


def token(value: Any) -> tuple[str, str]:
    """System and code of a token parameter, `system|code` or `code`."""
    system, bar, code = str(value).rpartition("|")
    return (system, code) if bar else ("", str(value))


def has_identifier(resource: Resource, value: Any) -> bool:
    """Whether one of the resource's identifiers is that token."""
    system, code = token(value)
    return any(
        one.get("value") == code and (not system or one.get("system") == system)
        for one in resource.get("identifier") or ()
    )


def window(values: Sequence[tuple[str, datetime, datetime]]) -> tuple[datetime | None, datetime | None]:
    """The half-open interval that date parameters leave, from None (open) to None.

    Values are `(prefix, start, end)` with half-open `[start, end)`; `ne` and `ap` do not narrow it.
    """
    low: datetime | None = None
    high: datetime | None = None
    for prefix, start, end in values:
        floor = {"eq": start, "ge": start, "gt": end, "sa": end}.get(prefix)
        ceiling = {"eq": end, "le": end, "lt": start, "eb": start}.get(prefix)
        if floor is not None:
            low = floor if low is None else max(low, floor)
        if ceiling is not None:
            high = ceiling if high is None else min(high, ceiling)
    return low, high


def within(moment: datetime | None, values: Sequence[tuple[str, datetime, datetime]]) -> bool:
    """Whether a moment meets all date parameters."""
    if not values:
        return True
    if moment is None:
        return False
    low, high = window(values)
    excluded = any(prefix == "ne" and start <= moment < end for prefix, start, end in values)
    return (low is None or moment >= low) and (high is None or moment < high) and not excluded


def ids(values: Sequence[Any]) -> list[str]:
    """The ids of a reference or id parameter's values."""
    return [bare(value) for value in values]
