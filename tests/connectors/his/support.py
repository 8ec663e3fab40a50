"""What tests of the HIS adapter book with."""

from datetime import datetime, timedelta
from typing import Any

import httpx

from common import clock
from connectors.adapter import Adapter, Resource, Search
from tests.support.processes import Stack

PATIENT = "100001"


def tomorrow() -> datetime:
    """Midnight of the clinic's next day."""
    return clock.now().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


async def free_slot(adapter: Adapter, department: str = "0403", place: int = 0, day: int = 0) -> Resource:
    """A slot that can be booked, from tomorrow (`day` 0) on; `place` counts from the first."""
    start = tomorrow() + timedelta(days=day)
    slots = await adapter.search(
        Search(
            "Slot",
            {"organization": [department], "status": ["free"], "start": [("ge", start, start)]},
            place + 1,
        )
    )
    return slots[place]


async def booking(
    adapter: Adapter, department: str = "0403", patient: str = PATIENT, place: int = 0, day: int = 0
) -> Resource:
    """An Appointment to create."""
    slot = await free_slot(adapter, department, place, day)
    return {
        "resourceType": "Appointment",
        "status": "pending",
        "slot": [{"reference": f"Slot/{slot['id']}"}],
        "participant": [{"actor": {"reference": f"Patient/{patient}"}, "status": "accepted"}],
    }


def control(hospital: Stack, path: str, **body: Any) -> str:
    """Do something behind the protocols; the answer's text."""
    return httpx.post(f"{hospital.hospital_url}/{path}", json=body).raise_for_status().text


def demo_patient(hospital: Stack, openid: str) -> str:
    """The record number of a demo patient."""
    patients = httpx.get(f"{hospital.hospital_url}/demo").raise_for_status().json()["patients"]
    return next(one["mrn"] for one in patients if one["openid"] == openid)
