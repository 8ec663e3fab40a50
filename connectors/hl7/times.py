"""HL7 times (`yyyyMMddHHmmss[.ffff][+zzzz]`, shortened from the right) as datetimes, and back."""

import re
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache

from common.clock import SHANGHAI

_TS = re.compile(r"(\d{4})(\d\d)?(\d\d)?(?:(\d\d)(\d\d)?(\d\d)?(?:\.(\d{1,6})\d*)?)?([+-]\d{4})?")
_DIGITS_OF_PRECISION = {4: "year", 6: "month", 8: "day"}


@lru_cache(4096)
def parse_time(value: str) -> datetime | None:
    """The moment, aware; without an offset it is Asia/Shanghai. None where it is empty or no time."""
    match = _TS.fullmatch(value.strip())
    if not match:
        return None
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    try:
        return datetime(
            int(year),
            int(month or 1),
            int(day or 1),
            int(hour or 0),
            int(minute or 0),
            int(second or 0),
            int((fraction or "0").ljust(6, "0")),
            tzinfo=_zone(offset),
        )
    except ValueError:
        return None


def _zone(offset: str | None) -> timezone | type(SHANGHAI):  # type: ignore[valid-type]
    if not offset:
        return SHANGHAI
    minutes = int(offset[1:3]) * 60 + int(offset[3:5])
    return timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))


def parse_date(value: str) -> date | None:
    """The day, from a date or a time; None where it has no day or is no date."""
    moment = parse_time(value)
    return moment.date() if moment and len(value.strip()) >= 8 else None


def fhir_time(value: str) -> str | None:
    """A FHIR dateTime with the precision of the HL7 one: `2026`, `2026-11`, `2026-11-22`, `2026-11-22T09:30:00+08:00`."""
    value = value.strip()
    moment = parse_time(value)
    if moment is None:
        return None
    digits = re.split(r"[+.-]", value, maxsplit=1)[0]
    precision = _DIGITS_OF_PRECISION.get(len(digits))
    if precision == "year":
        return f"{moment:%Y}"
    if precision == "month":
        return f"{moment:%Y-%m}"
    if precision == "day":
        return f"{moment:%Y-%m-%d}"
    return moment.isoformat()


@lru_cache(4096)
def fhir_instant(value: str) -> str | None:
    """A FHIR instant: always with seconds and offset."""
    moment = parse_time(value)
    return moment.isoformat() if moment else None


def hl7_time(moment: datetime) -> str:
    """`yyyyMMddHHmmss` in Asia/Shanghai."""
    return moment.astimezone(SHANGHAI).strftime("%Y%m%d%H%M%S")


def hl7_date(value: str) -> str:
    """`2026-11-22` as `20261122`."""
    return value.replace("-", "")
