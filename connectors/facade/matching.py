"""What the facade itself makes sure of in the answers of the systems: compartment, status, dates."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors.facade.access import Access
from connectors.facade.params import Query
from connectors.facade.references import patients as patients_of
from connectors.resources import has_identifier, within
from connectors.resources import window as window

_DATES = {("Slot", "start"): "start", ("Appointment", "date"): "start"}
_KEPT = ("resourceType", "id", "meta")
_REQUIRED = {
    "Slot": ("schedule", "status", "start", "end"),
    "Schedule": ("actor",),
    "Appointment": ("status", "participant"),
    "DiagnosticReport": ("status", "code"),
    "Observation": ("status", "code"),
    "Invoice": ("status",),
    "ChargeItem": ("status", "code", "subject"),
}
"""Elements without which FHIR's types are not valid: they stay, whatever `_elements` says."""
_SUBSETTED = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}


def wanted(resources: Sequence[dict[str, Any]], query: Query, access: Access) -> list[dict[str, Any]]:
    """Those that the bearer may see and that meet the parameters which any resource can be asked for."""
    statuses = query.params.get("status")
    people = {id for _, id in query.params.get("patient", ())} if query.type != "Patient" else set()
    dates = [
        (element, query.params[name])
        for (type, name), element in _DATES.items()
        if type == query.type and name in query.params
    ]
    kept = []
    for resource in resources:
        if statuses and resource.get("status") not in statuses:
            continue
        if not access.visible(resource) or (people and not _concerns(resource, people)):
            continue
        if all(within(_moment(resource.get(element)), values) for element, values in dates):
            kept.append(resource)
    return kept


def _concerns(resource: dict[str, Any], people: set[str]) -> bool:
    return not people.isdisjoint(patients_of(resource))


def _moment(value: Any) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else None


def patient(resource: dict[str, Any], params: Mapping[str, Sequence[Any]]) -> bool:
    """Whether a Patient meets a search by identifier, name or phone."""
    names = [
        name.get("text") or name.get("family", "") + "".join(name.get("given", ()))
        for name in resource.get("name", ())
    ]
    phones = {t.get("value") for t in resource.get("telecom", ()) if t.get("system") == "phone"}
    if "identifier" in params and not any(has_identifier(resource, v) for v in params["identifier"]):
        return False
    if "name" in params and not any(str(v) in n for n in names for v in params["name"]):
        return False
    return "phone" not in params or any(str(v).rpartition("|")[2] in phones for v in params["phone"])


def newest_first(resource: dict[str, Any]) -> tuple[str, str]:
    """A sort key for resources of several systems."""
    for name in ("effectiveDateTime", "issued", "start", "date", "recorded"):
        if isinstance(value := resource.get(name), str):
            return value, resource["id"]
    return "", resource["id"]


def elements(resource: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """The resource with these elements only (`_elements`), marked as a part."""
    if not names:
        return resource
    kept = {*names, *_KEPT, *_REQUIRED.get(resource["resourceType"], ())}
    part = {name: value for name, value in resource.items() if name in kept}
    meta = resource.get("meta") or {}
    return part | {"meta": meta | {"tag": [*meta.get("tag", []), _SUBSETTED]}}
