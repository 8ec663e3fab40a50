"""Patients' numbers: from 0 on, one for each pseudonym that was ever seen, beside it in every record.

Distinct patients do not add up over days, so they are counted in the records; and a set of numbers is a bitmap, which is
filled many times faster than a table of texts. Only DuckDB's records are numbered: elsewhere pseudonyms are counted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Integer, String, Table, cast, func, select, true
from sqlalchemy.sql.dml import Insert, Update

from insight.records.schema import METADATA, VISITS

PATIENTS = Table(
    "visit_patients",
    METADATA,
    Column("patient_id", String, nullable=False),
    Column("number", Integer, nullable=False),
)
V = VISITS.c
BITMAPS_BYTES = 32 << 20
"""What the bitmaps of all groups of a question may take, on each core."""
STEP = 1 << 16
"""Bitmaps are longer than they need be by at least so many patients, who may come while a question is answered."""
MOST = 1_000_000_000
"""Bits of the longest bitmap that DuckDB makes."""


@dataclass(frozen=True, slots=True)
class Patients:
    """How many numbers there are, and how many values each dimension of the records has."""

    count: int
    sizes: Mapping[str, int]

    @property
    def last(self) -> int:
        """The last bit of a bitmap that has room for all patients, and for those who come in the meantime."""
        return (self.count // STEP + 2 + self.count // STEP // 4) * STEP - 1

    def fit(self, groups: int) -> bool:
        """Whether a bitmap for each of so many groups may be held."""
        return self.last < MOST and groups * (self.last + 1) // 8 <= BITMAPS_BYTES


def enter(condition: ColumnElement[bool] | None = None) -> Insert:
    """Gives the next numbers to the pseudonyms of records without a number that have none yet."""
    seen = (
        select(V.patient_id)
        .where(
            V.patient_number.is_(None), V.patient_id.is_not(None), true() if condition is None else condition
        )
        .distinct()
        .subquery("seen")
    )
    known = select(PATIENTS.c.number).where(PATIENTS.c.patient_id == seen.c.patient_id).exists()
    before = select(func.count()).select_from(PATIENTS).scalar_subquery()
    number = cast(before + func.row_number().over() - 1, Integer)
    return PATIENTS.insert().from_select(
        ["patient_id", "number"], select(seen.c.patient_id, number).where(~known)
    )


def fill(condition: ColumnElement[bool] | None = None) -> Update:
    """Puts the numbers into the records that have none."""
    return (
        VISITS.update()
        .values(patient_number=PATIENTS.c.number)
        .where(
            PATIENTS.c.patient_id == V.patient_id,
            V.patient_number.is_(None),
            *([] if condition is None else [condition]),
        )
    )


def number_of(connection: Connection, pseudonym: str) -> int:
    """One patient's number, the next one where there is none yet; in the caller's transaction."""
    known = select(PATIENTS.c.number).where(PATIENTS.c.patient_id == pseudonym)
    number = connection.execute(known).scalar()
    if number is None:
        number = connection.execute(select(func.count()).select_from(PATIENTS)).scalar_one()
        connection.execute(PATIENTS.insert().values(patient_id=pseudonym, number=number))
    return int(number)


def are_numbered(connection: Connection) -> bool:
    """Whether every record that has a patient has a number."""
    records: Any = connection.execute(select(func.count(V.patient_id), func.count(V.patient_number))).one()
    return bool(records[0] == records[1])
