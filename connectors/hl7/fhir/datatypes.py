"""v2 data types → FHIR data types. What is empty gives None or is left out; nothing here raises."""

import math
import re
from collections.abc import Sequence
from typing import Any

from connectors.hl7.fhir import systems
from connectors.hl7.message import Field, Segment
from connectors.hl7.times import fhir_time, parse_time

_HAN = re.compile(r"[\u3400-\u9fff]")
_NAME_USE = {"L": "official", "D": "usual", "M": "maiden", "N": "nickname", "A": "anonymous", "T": "temp"}
_TELECOM = {"PH": "phone", "CP": "phone", "FX": "fax", "INTERNET": "email", "X.400": "email", "BP": "pager", "TDD": "other", "TTY": "other", "MD": "other", "SAT": "phone"}  # fmt: skip
_TELECOM_USE = {
    "PRN": "home",
    "ORN": "home",
    "WPN": "work",
    "VHN": "home",
    "EMR": "home",
    "NET": None,
    "PRS": "mobile",
}
_ADDRESS_USE = {"H": "home", "B": "work", "O": "work", "C": "temp", "BA": "old", "BI": "billing"}
_ADDRESS_TYPE = {"M": "postal"}
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?")
_COMPARATORS = {"<": "<", ">": ">", "<=": "<=", ">=": ">=", "≤": "<=", "≥": ">="}
_RANGE = re.compile(r"\s*([-+]?\d+(?:\.\d+)?)\s*(?:-|–|—|~|～|至|--)\s*([-+]?\d+(?:\.\d+)?)\s*")
_POWER = re.compile(r"\d{1,2}/\w+")
_BOUND = re.compile(r"\s*(<=?|>=?|≤|≥)\s*([-+]?\d+(?:\.\d+)?)\s*")


def clean(mapping: dict[str, Any]) -> dict[str, Any]:
    """Without what is empty."""
    return {key: value for key, value in mapping.items() if value not in (None, "", [], {}, ())}


def code(text: str) -> str:
    """Text as a FHIR code: no outer and no double white space."""
    return " ".join(text.split())


def concept(field: Field | None, default_system: str = "") -> dict[str, Any] | None:
    """CWE, CE, CNE → CodeableConcept, with the alternate coding."""
    if field is None:
        return None
    codings = []
    for first in (1, 4):
        value, display = code(field.text(first)), field.text(first + 1).strip()
        system = systems.code_system(field.text(first + 2)) or (default_system if first == 1 else "")
        if value:
            codings.append(clean({"system": system, "code": value, "display": display}))
    text = field.text(9).strip() or field.text(2).strip() or (field.text(1).strip() if not codings else "")
    return clean({"coding": codings, "text": text}) or None


def concepts(segment: Segment, number: int, default_system: str = "") -> list[dict[str, Any]]:
    """A repeating coded field."""
    found = (concept(one, default_system) for one in segment.repeats(number))
    return [one for one in found if one]


def first(segment: Segment, number: int) -> Field | None:
    """The first repetition of a field."""
    repeats = segment.repeats(number)
    return repeats[0] if repeats else None


def identifier(field: Field | None, kind: str = "") -> dict[str, Any] | None:
    """CX → Identifier. `kind` is the type where the field names none."""
    if field is None or not field.text(1).strip():
        return None
    named = code(field.text(5)) or kind
    coding = {"system": systems.IDENTIFIER_TYPE, "code": named}
    period = clean({"start": fhir_time(field.text(7)), "end": fhir_time(field.text(8))})
    return clean(
        {
            "type": {"coding": [coding]} if named else None,
            "system": systems.authority(field.text(4, 1), field.text(4, 2), field.text(4, 3)),
            "value": field.text(1).strip(),
            "period": period,
        }
    )


def entity(field: Field | None, kind: str) -> dict[str, Any] | None:
    """EI → Identifier of that type (PLAC, FILL)."""
    if field is None or not field.text(1).strip():
        return None
    coding = {"system": systems.IDENTIFIER_TYPE, "code": kind}
    return clean(
        {
            "type": {"coding": [coding]},
            "system": systems.authority(field.text(2), field.text(3), field.text(4)),
            "value": field.text(1).strip(),
        }
    )


def name(field: Field | None, start: int = 1) -> dict[str, Any] | None:
    """XPN (start 1) or the name in an XCN (start 2) → HumanName. `张三`, `张^三` and `code^张三` are Chinese names."""
    if field is None:
        return None
    family, given, middle = field.text(start), field.text(start + 1), field.text(start + 2)
    if given and not _HAN.search(family) and _HAN.search(given):
        family, given = given, ""
    chinese = bool(_HAN.search(family))
    text = family + given if chinese else ""
    use = _NAME_USE.get(field.text(start + 6)) if start == 1 else None
    degree = field.text(start + 5)
    return (
        clean(
            {
                "use": use,
                "text": text,
                "family": family if not chinese or given else None,
                "given": [part for part in (given, *middle.split()) if part],
                "prefix": [field.text(start + 4)] if field.text(start + 4) else None,
                "suffix": [part for part in (field.text(start + 3), degree) if part],
            }
        )
        if any((family, given, middle))
        else None
    )


def names(segment: Segment, number: int) -> list[dict[str, Any]]:
    found = (name(one) for one in segment.repeats(number))
    return [one for one in found if one]


def address(field: Field) -> dict[str, Any]:
    """XAD → Address."""
    street = field.text(1)
    kind = field.text(7)
    return clean(
        {
            "use": _ADDRESS_USE.get(kind),
            "type": _ADDRESS_TYPE.get(kind),
            "text": street if _HAN.search(street) else None,
            "line": [line for line in (street, field.text(2)) if line],
            "city": field.text(3).strip(),
            "district": field.text(9),
            "state": field.text(4).strip(),
            "postalCode": field.text(5).strip(),
            "country": field.text(6).strip(),
            "period": clean({"start": fhir_time(field.text(12, 1)), "end": fhir_time(field.text(12, 2))}),
        }
    )


def addresses(segment: Segment, number: int) -> list[dict[str, Any]]:
    return [found for one in segment.repeats(number) if (found := address(one))]


def telecom(field: Field) -> dict[str, Any] | None:
    """XTN → ContactPoint."""
    kind = field.text(3).upper()
    email = field.text(4).strip()
    value = email or field.text(12).strip() or field.text(1).strip()
    if not value:
        value = "-".join(part for part in (field.text(5), field.text(6), field.text(7)) if part)
    if not value:
        return None
    system = "email" if email or "@" in value else _TELECOM.get(kind, "phone")
    use = "mobile" if kind == "CP" else _TELECOM_USE.get(field.text(2).upper())
    return clean({"system": system, "value": value, "use": use})


def telecoms(segment: Segment, *numbers: int, use: str = "") -> list[dict[str, Any]]:
    """XTN fields; `use` where a number does not say its own."""
    found = (telecom(one) for number in numbers for one in segment.repeats(number))
    return [{"use": use, **one} if use and "use" not in one else one for one in found if one]


def number(text: str) -> int | float | None:
    """A finite number; None where it is none."""
    text = text.strip()
    if not _NUMBER.fullmatch(text):
        return None
    value = float(text)
    if not math.isfinite(value):
        return None
    return int(value) if value.is_integer() and abs(value) < 1e15 and "." not in text else value


def quantity(text: str, unit: Field | None) -> dict[str, Any] | None:
    """A number, possibly with a comparator, and its unit (CWE) → Quantity."""
    text = text.strip()
    comparator = ""
    for sign in ("<=", ">=", "<", ">", "≤", "≥"):
        if text.startswith(sign):
            comparator, text = _COMPARATORS[sign], text[len(sign) :]
            break
    value = number(text)
    if value is None:
        return None
    if unit and unit.text(1).strip() == "10" and _POWER.fullmatch(unit.text(2).strip()):
        # `10^9/L` written without escaping its ^.
        return clean({"value": value, "comparator": comparator, "unit": f"10^{unit.text(2).strip()}"})
    system = systems.code_system(unit.text(3)) if unit else ""
    units = (unit.text(2) or unit.text(1)).strip() if unit else ""
    coded = {"system": system, "code": code(unit.text(1))} if unit and system and unit.text(1).strip() else {}
    return clean({"value": value, "comparator": comparator, "unit": units, **coded})


def structured(field: Field, unit: Field | None) -> dict[str, Any]:
    """SN (`>^100`, `1^:^2`, `1^-^3`) → valueQuantity, valueRatio or valueRange; else valueString."""
    comparator, low, separator, high = (field.text(part).strip() for part in (1, 2, 3, 4))
    left = quantity(comparator + low if comparator in _COMPARATORS else low, unit)
    right = quantity(high, unit)
    if left and right and separator == "-":
        return {"valueRange": {"low": left, "high": right}}
    if left and right and separator in (":", "/"):
        return {"valueRatio": {"numerator": left, "denominator": right}}
    if left and not high and not separator:
        return {"valueQuantity": left}
    text = f"{comparator}{low}{separator}{high}"
    return {"valueString": text} if text else {}


def reference_range(text: str, unit: Field | None) -> dict[str, Any] | None:
    """OBX-7 (`3.5-9.5`, `<5`, `阴性`) → one referenceRange."""
    if not text.strip():
        return None
    found: dict[str, Any] = {"text": text.strip()}
    if both := _RANGE.fullmatch(text):
        found |= {"low": quantity(both[1], unit), "high": quantity(both[2], unit)}
    elif bound := _BOUND.fullmatch(text):
        side = "high" if bound[1] in ("<", "<=", "≤") else "low"
        found[side] = quantity(bound[2], unit)
    return clean(found)


def period(start: str, end: str) -> dict[str, Any]:
    """Two times → Period; one that ends before it begins keeps its beginning only."""
    opened, closed = parse_time(start), parse_time(end)
    if opened and closed and closed < opened:
        end = ""
    return clean({"start": fhir_time(start), "end": fhir_time(end)})


def texts(parts: Sequence[str]) -> list[dict[str, str]]:
    """Annotations of these texts."""
    return [{"text": part} for part in parts if part.strip()]
