"""Rows of the LIS's views → DiagnosticReport and Observation.

A report's id is its request's number, which it has from the first moment to the last correction.
An Observation's id is `REPORT_NO.SEQ`.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from connectors.adapter import Resource
from connectors.lis.client import moment
from connectors.resources import extensions, reference

REQUEST_SYSTEM = "urn:oid:2.16.156.10011.1.24"
GROUP_SYSTEM = "urn:menzhen:lab-group"
ITEM_SYSTEM = "urn:menzhen:lab-item"
REPORT_SYSTEM = "urn:menzhen:lab-report"
_LOINC = "http://loinc.org"
_UCUM = "http://unitsofmeasure.org"
_INTERPRETATION = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
_CATEGORY = [
    {
        "coding": [
            {
                "system": "http://terminology.hl7.org/CodeSystem/v2-0074",
                "code": "LAB",
                "display": "Laboratory",
            }
        ],
        "text": "检验",
    }
]
_OBSERVATION_CATEGORY = [
    {
        "coding": [
            {
                "system": "http://terminology.hl7.org/CodeSystem/observation-category",
                "code": "laboratory",
                "display": "Laboratory",
            }
        ],
        "text": "检验",
    }
]
_RESULT_STATUS = {"1": "preliminary", "2": "final", "3": "amended"}
_FLAGS = {
    "H": "H", "↑": "H", "高": "H", "+H": "H", "L": "L", "↓": "L", "低": "L", "N": "N", "正常": "N", "M": "N",
    "HH": "HH", "↑↑": "HH", "H!": "HH", "LL": "LL", "↓↓": "LL", "L!": "LL",
    "A": "A", "异常": "A", "*": "A", "AA": "AA", "POS": "POS", "阳性": "POS", "+": "POS", "P": "POS",
    "NEG": "NEG", "阴性": "NEG", "-": "NEG", "Q": "",
}  # fmt: skip
_DISPLAY = {
    "H": "偏高", "L": "偏低", "N": "正常", "HH": "危急偏高", "LL": "危急偏低", "A": "异常", "AA": "危急异常",
    "POS": "阳性", "NEG": "阴性",
}  # fmt: skip
_CRITICAL = {"H": "HH", "L": "LL", "A": "AA", "POS": "AA", "N": "AA", "": "AA"}
_NUMBER = re.compile(r"[<>≤≥]?=?\s*([-+]?\d+(?:\.\d+)?)")
_COMPARATOR = {"<": "<", ">": ">", "≤": "<=", "≥": ">=", "<=": "<=", ">=": ">="}
_UNITS = {
    "10^9/L": "10*9/L", "×10^9/L": "10*9/L", "10*9/L": "10*9/L", "10^12/L": "10*12/L", "×10^12/L": "10*12/L",
    "10*12/L": "10*12/L", "g/L": "g/L", "mg/L": "mg/L", "μg/L": "ug/L", "ug/L": "ug/L", "ng/L": "ng/L",
    "ng/mL": "ng/mL", "ng/ml": "ng/mL", "pg/mL": "pg/mL", "pg/ml": "pg/mL", "μg/mL": "ug/mL", "g/dL": "g/dL",
    "mg/dL": "mg/dL", "mmol/L": "mmol/L", "μmol/L": "umol/L", "umol/L": "umol/L", "nmol/L": "nmol/L",
    "pmol/L": "pmol/L", "U/L": "U/L", "IU/L": "[IU]/L", "IU/mL": "[IU]/mL", "IU/ml": "[IU]/mL",
    "mIU/L": "m[IU]/L", "mIU/mL": "m[IU]/mL", "μIU/mL": "u[IU]/mL", "uIU/mL": "u[IU]/mL", "U/mL": "U/mL",
    "KU/L": "kU/L", "kU/L": "kU/L", "%": "%", "fL": "fL", "fl": "fL", "pg": "pg", "s": "s", "秒": "s",
    "min": "min", "mm/h": "mm/h", "mm/hr": "mm/h", "mmHg": "mm[Hg]", "kPa": "kPa", "mL/min": "mL/min",
    "mL/min/1.73m2": "mL/min/{1.73_m2}", "ml/min/1.73m²": "mL/min/{1.73_m2}", "mOsm/kg": "mosm/kg",
    "/HP": "/[HPF]", "/HPF": "/[HPF]", "/LP": "/[LPF]", "/LPF": "/[LPF]", "/μL": "/uL", "/uL": "/uL",
    "个/μL": "/uL", "个/HP": "/[HPF]", "mg/24h": "mg/(24.h)", "S/CO": "{S_CO_ratio}", "INR": "{INR}",
}  # fmt: skip
"""Units as Chinese laboratories print them → UCUM."""


def report(row: Row[Any], items: Sequence[Row[Any]], typical: float | None, now: datetime) -> Resource:
    """A DiagnosticReport of a request and its newest result. Without a result it is `registered`, and where it can be
    known `expected-at` says when the report may be there; `typical` are seconds from sampling to report."""
    status = _RESULT_STATUS.get(str(row.RESULT_STATUS), "preliminary") if row.REPORT_NO else "registered"
    sampled, asked = moment(row.SAMPLE_TIME), moment(row.REQ_TIME)
    resource: Resource = {
        "resourceType": "DiagnosticReport",
        "id": str(row.REQ_NO),
        "identifier": [{"system": REQUEST_SYSTEM, "value": str(row.REQ_NO)}],
        "status": status,
        "category": _CATEGORY,
        "code": _group(row),
        "subject": reference("Patient", str(row.MRN)),
        "extension": extensions(
            ("department", "string", row.DEPT_NAME),
            ("practitioner", "string", row.DOCTOR_NAME),
            ("specimen", "string", row.SAMPLE_TYPE),
            ("visit-id", "string", str(row.VISIT_NO or "")),
            ("requested-at", "dateTime", asked.isoformat() if asked else None),
        ),
    }
    if effective := sampled or asked:
        resource["effectiveDateTime"] = effective.isoformat()
    if not row.REPORT_NO:
        resource["extension"] += _expected(sampled, typical, now)
        return resource
    resource["identifier"].append({"system": REPORT_SYSTEM, "value": str(row.REPORT_NO)})
    if issued := moment(row.CHECK_TIME) or moment(row.REPORT_TIME):
        resource["issued"] = issued.isoformat()
    if items:
        resource["result"] = [
            reference("Observation", observation_id(one), str(one.ITEM_NAME)) for one in items
        ]
    if row.REMARK:
        resource["conclusion"] = str(row.REMARK)
    doctors = [{"display": str(name)} for name in (row.REPORT_DOCTOR, row.CHECK_DOCTOR) if name]
    if doctors:
        resource["resultsInterpreter"] = doctors
    abnormal = sum(interpretation(one) not in ("", "N", "NEG") for one in items)
    resource["extension"] += extensions(
        ("abnormal", "integer", abnormal),
        ("critical", "boolean", True if any(map(_critical, items)) else None),
    )
    return resource


def _expected(sampled: datetime | None, typical: float | None, now: datetime) -> list[dict[str, Any]]:
    """`expected-at`, or where that has passed `delayed`; nothing before a sample was taken."""
    if sampled is None or typical is None:
        return []
    due = sampled + timedelta(seconds=typical)
    return extensions(
        ("expected-at", "dateTime", due.replace(microsecond=0).isoformat()),
        ("delayed", "boolean", True if due < now else None),
    )


def observation(one: Row[Any], row: Row[Any]) -> Resource:
    """An Observation of one item of a report."""
    resource: Resource = {
        "resourceType": "Observation",
        "id": observation_id(one),
        "status": _RESULT_STATUS.get(str(row.RESULT_STATUS), "preliminary"),
        "category": _OBSERVATION_CATEGORY,
        "code": _item(one),
        "subject": reference("Patient", str(row.MRN)),
        **_value(one),
        "extension": extensions(
            ("report", "Reference", reference("DiagnosticReport", str(row.REQ_NO))),
            ("critical", "boolean", True if _critical(one) else None),
        ),
    }
    if effective := moment(row.SAMPLE_TIME) or moment(row.REQ_TIME):
        resource["effectiveDateTime"] = effective.isoformat()
    if issued := moment(row.CHECK_TIME) or moment(row.REPORT_TIME):
        resource["issued"] = issued.isoformat()
    if code := interpretation(one):
        coding = {"system": _INTERPRETATION, "code": code, "display": _DISPLAY[code]}
        resource["interpretation"] = [{"coding": [coding], "text": _DISPLAY[code]}]
    if limits := _range(one):
        resource["referenceRange"] = [limits]
    return resource


def observation_id(one: Row[Any]) -> str:
    return f"{one.REPORT_NO}.{one.SEQ}"


def interpretation(one: Row[Any]) -> str:
    """The v3 code of the vendor's flag; empty where there is none. A critical value is HH, LL or AA."""
    flag = str(one.FLAG or "").strip().upper()
    code = _FLAGS.get(flag, "A" if flag else "")
    if not flag and (side := _outside(one)):
        code = side
    if _critical(one) and code not in ("HH", "LL", "AA"):
        return _CRITICAL.get(code, "AA")
    return code


def _outside(one: Row[Any]) -> str:
    """H, L or N from the numbers, where the vendor left the flag empty."""
    value, low, high = _float(one.RESULT), _float(one.REF_LOW), _float(one.REF_HIGH)
    if value is None or (low is None and high is None):
        return ""
    if low is not None and value < low:
        return "L"
    return "H" if high is not None and value > high else "N"


def _critical(one: Row[Any]) -> bool:
    return str(one.CRITICAL or "").strip().upper() in ("1", "Y", "TRUE", "是")


def _group(row: Row[Any]) -> dict[str, Any]:
    coding = {"system": GROUP_SYSTEM, "code": str(row.GROUP_CODE or ""), "display": str(row.GROUP_NAME or "")}
    return _concept([coding], str(row.GROUP_NAME or "检验报告"))


def _item(one: Row[Any]) -> dict[str, Any]:
    codings = [
        {"system": _LOINC, "code": str(one.LOINC or ""), "display": str(one.ITEM_EN or "")},
        {"system": ITEM_SYSTEM, "code": str(one.ITEM_CODE or ""), "display": str(one.ITEM_NAME or "")},
    ]
    return _concept(codings, str(one.ITEM_NAME or one.ITEM_CODE or one.ITEM_EN or "项目"))


def _concept(codings: list[dict[str, str]], text: str) -> dict[str, Any]:
    kept = [{k: v for k, v in coding.items() if v} for coding in codings if coding["code"]]
    return {"coding": kept, "text": text} if kept else {"text": text}


def _value(one: Row[Any]) -> dict[str, Any]:
    """A quantity where the result is a number (with a comparator where it says one), else text."""
    text = str(one.RESULT if one.RESULT is not None else "").strip()
    if not text:
        absent = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
        return {"dataAbsentReason": {"coding": [{"system": absent, "code": "unknown"}], "text": "未填结果"}}
    match = _NUMBER.fullmatch(text)
    if match is None:
        return {"valueString": text}
    quantity = _quantity(match[1], str(one.UNIT or "").strip())
    if comparator := _COMPARATOR.get(text[: match.start(1)].strip()):
        quantity["comparator"] = comparator
    return {"valueQuantity": quantity}


def _quantity(number: str, unit: str) -> dict[str, Any]:
    value = float(number)
    quantity: dict[str, Any] = {"value": int(value) if value.is_integer() and "." not in number else value}
    if unit:
        quantity["unit"] = unit
        if ucum := _UNITS.get(unit):
            quantity |= {"system": _UCUM, "code": ucum}
    return quantity


def _range(one: Row[Any]) -> dict[str, Any]:
    unit, text = str(one.UNIT or "").strip(), str(one.REF_RANGE or "").strip()
    limits: dict[str, Any] = {}
    for name, value in (("low", one.REF_LOW), ("high", one.REF_HIGH)):
        if _float(value) is not None:
            limits[name] = _quantity(str(value).strip(), unit)
    if text or limits:
        low, high = limits.get("low", {}).get("value"), limits.get("high", {}).get("value")
        limits["text"] = text or _said(low, high)
    return limits


def _said(low: Any, high: Any) -> str:
    if low is not None and high is not None:
        return f"{low}-{high}"
    return f"≥{low}" if low is not None else f"≤{high}"


def _float(value: Any) -> float | None:
    if value is None:
        return None
    match = _NUMBER.fullmatch(str(value).strip())
    return float(match[1]) if match else None
