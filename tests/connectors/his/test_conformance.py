"""The HIS adapter passes what every adapter must."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from common import settings as common_settings
from common.settings import Settings
from connectors.adapter import Adapter, Resource, Search
from tests.connectors.conformance import DEADLINE, AdapterConformance
from tests.connectors.his.support import PATIENT, booking, tomorrow


class TestConformance(AdapterConformance):
    folder = "his"

    async def samples(self, adapter: Adapter) -> list[Search]:
        day = tomorrow()
        return [
            Search("Patient", {"identifier": [PATIENT]}),
            Search("Organization", {"name": ["骨科"]}),
            Search("Location", {"name": ["骨科"]}),
            Search("HealthcareService", {"organization": ["Organization/0403"]}),
            Search("Practitioner", {}),
            Search(
                "PractitionerRole", {"organization": ["0403"]}, include=("PractitionerRole:practitioner",)
            ),
            Search("Schedule", {"date": [("ge", day, day + timedelta(days=1))]}),
            Search("Slot", {"organization": ["0403"], "status": ["free"], "start": [("ge", day, day)]}),
            Search("Appointment", {"patient": [PATIENT]}),
            Search("Invoice", {"patient": [PATIENT]}),
            Search("ChargeItem", {"patient": [PATIENT]}),
        ]

    async def write(self, adapter: Adapter) -> tuple[str, Resource]:
        return "Appointment", await booking(adapter, department="1100")

    def probes(self) -> list[Callable[[Adapter], Awaitable[Any]]]:
        patient = {"resourceType": "Patient", "name": [{"text": "王五"}]}
        return [
            lambda a: a.read("Patient", "1"),
            lambda a: a.search(Search("Slot", {})),
            lambda a: a.search(Search("Organization", {})),
            lambda a: a.create("Patient", patient, "k"),
            lambda a: a.update("Appointment", "A1", {"status": "cancelled"}, "k"),
            lambda a: a.operation("$settle", "Invoice", None, {"invoice": ["Invoice/B1"], "order": "O"}, "k"),
        ]

    def pointed_at(self, port: int) -> Settings:
        return common_settings.get().model_copy(
            update={"his_port": port, "backend_deadline": DEADLINE, "his_host": "127.0.0.1"}
        )
