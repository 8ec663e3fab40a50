"""What is written is checked before any system sees it: FHIR's structure, required elements, codes, in Chinese."""

from collections.abc import Callable
from typing import Any

from fhir.resources.R4B.appointment import Appointment
from fhir.resources.R4B.patient import Patient
from pydantic import ValidationError

from connectors.facade.outcome import Unprocessable
from connectors.facade.params import CODES

_MODELS: dict[str, Any] = {"Appointment": Appointment, "Patient": Patient}
EXAMPLE_PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "identifier": [{"system": "urn:menzhen:mrn", "value": "1"}],
    "name": [{"text": "示例"}],
}
EXAMPLE_APPOINTMENT: dict[str, Any] = {
    "resourceType": "Appointment",
    "status": "pending",
    "slot": [{"reference": "Slot/1"}],
    "participant": [{"actor": {"reference": "Patient/1"}, "status": "accepted"}],
}
"""Well-formed bodies: the models compile on first use."""
_GENDERS = ("male", "female", "other", "unknown")


def incoming(type: str, body: dict[str, Any], *, update: bool) -> None:
    """Raises Unprocessable with the first thing that is wrong and where."""
    if body.get("resourceType") != type:
        raise Unprocessable(f"resourceType 应当是 {type}。", "resourceType")
    _structure(type, body, update)
    if check := _RULES.get(type):
        check(body, update)


def _structure(type: str, body: dict[str, Any], update: bool) -> None:
    model = _MODELS.get(type)
    if model is None:
        return
    # An update of a booking may leave out who takes part: that cannot be changed.
    shaped = {"participant": [{"status": "accepted"}]} | body if type == "Appointment" and update else body
    try:
        model.model_validate(shaped)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        path = ".".join([type, *(str(part) for part in first["loc"])])
        if first["type"] in ("missing", "value_error.missing") or "required" in first["msg"].lower():
            raise Unprocessable(f"缺少必填项 {path}。", path, code="REQUIRED") from None
        raise Unprocessable(f"{path} 的内容或格式不对。", path, code="STRUCTURE") from None


def _appointment(body: dict[str, Any], update: bool) -> None:
    if body.get("status") not in CODES["Appointment", "status"]:
        raise Unprocessable("Appointment.status 不是有效的代码。", "Appointment.status", code="CODE")
    slots = body.get("slot") or []
    if not update:
        if body["status"] not in ("pending", "proposed", "booked"):
            raise Unprocessable("新预约的状态应当是 pending。", "Appointment.status", code="CODE")
        if len(slots) != 1 or not _points_to(slots[0], "Slot"):
            raise Unprocessable("预约要指明一个号源（slot）。", "Appointment.slot", code="REQUIRED")
        if len(_actors(body, "Patient")) != 1:
            raise Unprocessable(
                "预约要指明一位就诊人（participant.actor）。", "Appointment.participant", code="REQUIRED"
            )
        return
    if body["status"] not in ("booked", "cancelled", "pending", "arrived"):
        raise Unprocessable("只能确认、取消、改约或报到。", "Appointment.status", code="CODE")
    if len(slots) > 1 or any(not _points_to(slot, "Slot") for slot in slots):
        raise Unprocessable("一个预约只对应一个号源。", "Appointment.slot", code="STRUCTURE")


def _patient(body: dict[str, Any], update: bool) -> None:
    if (gender := body.get("gender")) is not None and gender not in _GENDERS:
        raise Unprocessable("Patient.gender 不是有效的代码。", "Patient.gender", code="CODE")
    if update:
        return
    names = body.get("name") or [{}]
    if not (names[0].get("text") or names[0].get("family")):
        raise Unprocessable("建档要有姓名。", "Patient.name", code="REQUIRED")
    if not any(one.get("system") and one.get("value") for one in body.get("identifier") or ()):
        raise Unprocessable("建档要有证件号（identifier）。", "Patient.identifier", code="REQUIRED")


_RULES: dict[str, Callable[[dict[str, Any], bool], None]] = {"Appointment": _appointment, "Patient": _patient}


def _points_to(reference: Any, type: str) -> bool:
    return isinstance(reference, dict) and str(reference.get("reference", "")).startswith(f"{type}/")


def _actors(body: dict[str, Any], type: str) -> list[str]:
    actors = [participant.get("actor") for participant in body.get("participant") or ()]
    return [actor["reference"] for actor in actors if _points_to(actor, type)]
