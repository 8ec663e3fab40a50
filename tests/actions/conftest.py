"""The processes behind the actions, started once; people of the simulated hospital."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.actions.caller import Conversation, Json
from tests.support.processes import Stack, stack

FIRST_MRN = 100001


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Hospital, cashier, facade, journey, insight and actions on a simulated Monday morning."""
    services = ["hospital", "cashier", "facade", "journey", "insight", "actions"]
    with stack(services, tmp_path_factory.mktemp("actions")) as running:
        yield running


class People:
    """Patients by their number or as the demonstration names them, with the metadata that the gateway sends."""

    def __init__(self, town: Stack) -> None:
        self.town = town
        self.url = f"http://127.0.0.1:{town.settings.actions_port}/webhook"
        demo = httpx.get(f"{town.hospital_url}/demo", timeout=10).json()["patients"]
        self.demo = {each["openid"].removeprefix("wx-"): each["mrn"] for each in demo}
        self._fresh = FIRST_MRN + 700

    def metadata(self, mrn: str, **more: Any) -> Json:
        """What comes with a message of this patient."""
        found = httpx.get(
            f"{self.town.facade_url}/Patient",
            params={"identifier": f"urn:menzhen:mrn|{mrn}"},
            headers=self.town.auth(self.town.service_token()),
            timeout=10,
        ).json()["entry"][0]["resource"]
        dependents = [
            {
                "id": extension["valueReference"]["reference"].split("/")[-1],
                "relation": contact["relationship"][0]["coding"][0]["code"],
                "name": contact["name"]["text"][:1] + "**",
            }
            for contact in found.get("contact", [])
            for extension in contact.get("extension", [])
        ]
        token = self.town.patient_token(found["id"], [d["id"] for d in dependents])
        return {
            "role": "patient",
            "token": token,
            "now": self.town.now().isoformat(),
            "channel": "web",
            "patient": found["id"],
            "name": found["name"][0]["text"][:1] + "*",
            "dependents": dependents,
        } | more

    def fresh(self) -> Json:
        """Somebody whom no other test has used, with nothing booked and no family whose bookings would show."""
        taken = {a["mrn"] for a in self.town.hospital_ledger()["appointments"]}
        while True:
            self._fresh += 1
            if str(self._fresh) in taken:
                continue
            metadata = self.metadata(str(self._fresh))
            if not metadata["dependents"]:
                return metadata

    def talk(self, metadata: Json, flow: str = "", **values: Any) -> Conversation:
        return Conversation(self.url, metadata, flow, **values)

    def manager(self, role: str = "director", department: str = "") -> Json:
        return {
            "role": role,
            "token": self.town.staff_token(role, department),
            "now": self.town.now().isoformat(),
            "name": "院长",
            "department": department,
        }


@pytest.fixture(scope="session")
def people(town: Stack) -> People:
    return People(town)
