"""Search parameters: which there are for each resource, and how they are read."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from common.clock import SHANGHAI
from connectors.facade.outcome import Invalid

DEFAULT_COUNT = 50
MAX_COUNT = 200
MAX_VALUE = 256
MAX_VALUES = 50
MAX_PARAMETERS = 40

STRING, TOKEN, DATE, REFERENCE, ID = "string", "token", "date", "reference", "_id"


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter: its kind, and for references the types it may point to (the first where none is named)."""

    kind: str
    targets: tuple[str, ...] = ()
    passed_as: str = ""
    """The name that adapters know it by, where that differs."""


def _to(*targets: str, passed_as: str = "") -> Param:
    return Param(REFERENCE, targets, passed_as)


_STRING, _TOKEN, _DATE, _ID = Param(STRING), Param(TOKEN), Param(DATE), Param(ID)
_PATIENT = _to("Patient")
_SUBJECT = _to("Patient", passed_as="patient")

SEARCH: dict[str, dict[str, Param]] = {
    "Patient": {"identifier": _TOKEN, "name": _STRING, "phone": _TOKEN, "_id": _ID},
    "Organization": {"name": _STRING, "type": _TOKEN, "_id": _ID},
    "Location": {"_id": _ID, "name": _STRING},
    "HealthcareService": {"name": _STRING, "organization": _to("Organization"), "active": _TOKEN, "_id": _ID},
    "Practitioner": {"name": _STRING, "identifier": _TOKEN, "_id": _ID},
    "PractitionerRole": {
        "organization": _to("Organization"),
        "practitioner": _to("Practitioner"),
        "specialty": _TOKEN,
        "_id": _ID,
    },
    "Schedule": {"actor": _to("Practitioner", "HealthcareService", "Location"), "date": _DATE, "_id": _ID},
    "Slot": {
        "schedule": _to("Schedule"),
        "status": _TOKEN,
        "start": _DATE,
        "organization": _to("Organization"),
        "practitioner": _to("Practitioner"),
        "service-type": _TOKEN,
        "_id": _ID,
    },
    "Appointment": {
        "patient": _PATIENT,
        "date": _DATE,
        "status": _TOKEN,
        "identifier": _TOKEN,
        "_id": _ID,
    },
    "DiagnosticReport": {
        "patient": _PATIENT,
        "subject": _SUBJECT,
        "date": _DATE,
        "status": _TOKEN,
        "code": _TOKEN,
        "_id": _ID,
    },
    "Observation": {"patient": _PATIENT, "subject": _SUBJECT, "code": _TOKEN, "date": _DATE, "_id": _ID},
    "Invoice": {"patient": _PATIENT, "subject": _SUBJECT, "status": _TOKEN, "_id": _ID},
    "ChargeItem": {"patient": _PATIENT, "subject": _SUBJECT, "_id": _ID},
    "AuditEvent": {"date": _DATE, "patient": _PATIENT, "agent": _TOKEN},
}

INCLUDES: dict[str, dict[str, tuple[str, str]]] = {
    "PractitionerRole": {
        "PractitionerRole:practitioner": ("practitioner", "Practitioner"),
        "PractitionerRole:organization": ("organization", "Organization"),
    },
    "DiagnosticReport": {"DiagnosticReport:result": ("result", "Observation")},
}
"""Resource type → `_include` value → (element, type of what it points to)."""

CODES: dict[tuple[str, str], frozenset[str]] = {
    ("Slot", "status"): frozenset({"busy", "free", "busy-unavailable", "busy-tentative", "entered-in-error"}),
    ("Appointment", "status"): frozenset(
        {
            "pending",
            "booked",
            "arrived",
            "fulfilled",
            "cancelled",
            "noshow",
            "proposed",
            "checked-in",
            "waitlist",
        }
    ),
    ("DiagnosticReport", "status"): frozenset(
        {"registered", "partial", "preliminary", "final", "amended", "corrected", "appended", "cancelled"}
    ),
    ("Invoice", "status"): frozenset({"draft", "issued", "balanced", "cancelled", "entered-in-error"}),
    ("HealthcareService", "active"): frozenset({"true", "false"}),
}

Interval = tuple[str, datetime, datetime]


@dataclass(slots=True)
class Query:
    """A search as it was understood. `applied` is what the self link says, in order."""

    type: str
    params: dict[str, list[Any]] = field(default_factory=dict)
    includes: list[str] = field(default_factory=list)
    count: int = DEFAULT_COUNT
    summary: str = ""
    elements: tuple[str, ...] = ()
    applied: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What the bearer should know: a count that was reduced, parameters that were left out."""


def read_query(type: str, pairs: Iterable[tuple[str, str]], *, lenient: bool = False) -> Query:
    """Understand a search. Raises Invalid for what is unknown, unsupported or cannot be read."""
    known, query = SEARCH[type], Query(type)
    pairs = list(pairs)
    if len(pairs) > MAX_PARAMETERS:
        raise Invalid(f"查询参数太多（最多 {MAX_PARAMETERS} 个）。", code="TOO_MANY_PARAMETERS")
    for name, value in pairs:
        if not value.isprintable() or max(map(len, value.split(","))) > MAX_VALUE:
            raise Invalid(f"参数 {_shown(name)} 的值太长或含有不可见字符。", code="INVALID_PARAMETER")
        if value.count(",") >= MAX_VALUES:
            raise Invalid(f"参数 {_shown(name)} 的值太多（最多 {MAX_VALUES} 个）。", code="INVALID_PARAMETER")
        if name.startswith("_") and name != "_id":
            used = _control(query, name, value, lenient)
        elif name in known:
            used = _search(query, known[name], name, value)
        else:
            used = _refused(query, name, lenient)
        if used:
            query.applied.append((name, value))
    query.applied = [pair for pair in query.applied if pair[0] != "_count"]
    return query


def _search(query: Query, param: Param, name: str, value: str) -> bool:
    name = param.passed_as or name
    if param.kind == DATE:
        query.params.setdefault(name, []).append(read_date(name, value))
        return True
    if name in query.params:
        raise Invalid(f"参数 {name} 只能出现一次，多个值请用逗号分开。", code="INVALID_PARAMETER")
    values = [part.strip() for part in value.split(",")]
    if not all(values):
        raise Invalid(f"参数 {name} 的值不能为空。", code="INVALID_PARAMETER")
    allowed = CODES.get((query.type, name))
    if allowed is not None and (wrong := [v for v in values if v not in allowed]):
        raise Invalid(f"参数 {name} 不认识的代码：{_shown(wrong[0])}。", code="INVALID_PARAMETER")
    if param.kind == REFERENCE:
        query.params[name] = [_reference(name, part, param.targets) for part in values]
    else:
        query.params[name] = values
    return True


def _reference(name: str, value: str, targets: tuple[str, ...]) -> tuple[str, str]:
    """(type, id); the type is empty where the value does not name one and several are possible."""
    type, slash, id = value.rpartition("/")
    if not slash:
        return (targets[0] if len(targets) == 1 else "", value)
    if type not in targets:
        raise Invalid(f"参数 {name} 应当指向 {'、'.join(targets)}。", code="INVALID_PARAMETER")
    return type, id


def _control(query: Query, name: str, value: str, lenient: bool) -> bool:
    if name == "_count":
        query.count = _count(query, value)
    elif name == "_include" and value in INCLUDES.get(query.type, {}):
        query.includes.append(value)
    elif name == "_format":
        check_format(value)
        return False
    elif name == "_elements":
        query.elements = tuple(part for part in value.split(",") if part)
    elif name == "_summary" and value in ("count", "false"):
        query.summary = value
    else:
        shown = f"{name}={value}" if name in ("_include", "_summary") else name
        return _refused(query, shown, lenient)
    return True


def _refused(query: Query, name: str, lenient: bool) -> bool:
    if not lenient:
        raise Invalid(f"{query.type} 不支持查询参数 {_shown(name)}。", code="UNSUPPORTED_PARAMETER")
    query.notes.append(f"没有使用不支持的查询参数 {_shown(name)}。")
    return False


def _count(query: Query, value: str) -> int:
    if not value.isascii() or not value.isdigit():
        raise Invalid("参数 _count 应当是一个不小于 0 的整数。", code="INVALID_PARAMETER")
    count = int(value)
    if count > MAX_COUNT:
        query.notes.append(f"每页最多 {MAX_COUNT} 条，_count 已按此缩小。")
    if count == 0:
        query.summary = "count"
    return max(1, min(count, MAX_COUNT))


def check_format(value: str) -> None:
    """Raises Invalid (406) unless JSON is asked for."""
    if value.replace(" ", "+") not in ("json", "application/json", "application/fhir+json", "text/json"):
        raise Invalid("只提供 JSON 格式（application/fhir+json）。", code="NOT_ACCEPTABLE", status=406)


def _shown(text: str) -> str:
    """A foreign word as it may be repeated in an answer."""
    return "".join(c if c.isprintable() else "?" for c in text[:60])


_DATE_FORM = re.compile(
    r"^(eq|ne|gt|lt|ge|le|sa|eb)?"
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?)?)?)?$",
    re.ASCII,
)


def read_date(name: str, value: str) -> Interval:
    """(prefix, start, end): the interval that a FHIR date covers, half-open, aware (Shanghai unless it says)."""
    # An unescaped + of an offset arrives as a space.
    match = _DATE_FORM.match(value.replace(" ", "+"))
    if match is None:
        raise Invalid(f"参数 {name} 的日期看不懂，例如 ge2026-11-23。", code="INVALID_PARAMETER")
    prefix, year, month, day, hour, minute, second, offset = match.groups()
    try:
        zone = SHANGHAI if offset is None else datetime.fromisoformat(f"2000-01-01T00:00{offset}").tzinfo
        start = datetime(
            int(year),
            int(month or 1),
            int(day or 1),
            int(hour or 0),
            int(minute or 0),
            int(second or 0),
            tzinfo=zone,
        )
        if second:
            end = start + timedelta(seconds=1)
        elif minute:
            end = start + timedelta(minutes=1)
        elif day:
            end = start + timedelta(days=1)
        elif month:
            end = (start.replace(day=28) + timedelta(days=4)).replace(day=1)
        else:
            end = start.replace(year=start.year + 1)
        # Aware arithmetic with other zones needs room at both ends of the calendar.
        if not 1900 <= start.year <= 2200:
            raise ValueError("year")
    except (ValueError, OverflowError):
        raise Invalid(f"参数 {name} 的日期不存在。", code="INVALID_PARAMETER") from None
    return prefix or "eq", start, end
