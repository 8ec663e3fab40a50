"""The facade over the hospital in memory, asked through its ASGI application."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from common import settings, tokens
from common.tokens import PATIENT_SCOPES, STAFF_SCOPES, Claims
from connectors.facade.app import create_app
from connectors.facade.core import Facade
from connectors.facade.systems import Registry, SystemConfig, build
from tests.connectors.facade.hospital import MemoryCashier, MemoryHis, MemoryLis, furnished

BASE = "/fhir/R4"


@dataclass
class Bench:
    """The facade under test, its systems, and clients of its bearers."""

    facade: Facade
    app: Any
    his: MemoryHis
    lis: MemoryLis
    cashier: MemoryCashier
    _clients: dict[str, httpx.AsyncClient] = field(default_factory=dict)

    def client(self, token: str = "") -> httpx.AsyncClient:
        """A client with this token; kept until the end."""
        if token not in self._clients:
            self._clients[token] = httpx.AsyncClient(
                transport=httpx.ASGITransport(self.app, raise_app_exceptions=False),
                base_url="http://facade" + BASE,
                headers={"Authorization": f"Bearer {token}"} if token else {},
            )
        return self._clients[token]

    @property
    def service(self) -> httpx.AsyncClient:
        return self.client(SERVICE)

    def of_patient(self, patient: str, *dependents: str, scope: str = PATIENT_SCOPES) -> httpx.AsyncClient:
        claims = Claims(f"patient:{patient}", "patient", scope, patient, tuple(dependents))
        return self.client(tokens.issue(claims))

    def of_staff(self, role: str = "director", scope: str = STAFF_SCOPES) -> httpx.AsyncClient:
        return self.client(tokens.issue(Claims(f"staff:{role}", role, scope)))

    async def patient_id(self, mrn: str) -> str:
        """The facade's id of the patient with this record number."""
        answer = await self.service.get("/Patient", params={"identifier": f"urn:menzhen:mrn|{mrn}"})
        return answer.json()["entry"][0]["resource"]["id"]

    async def first_id(self, type: str, **params: Any) -> str:
        answer = await self.service.get(f"/{type}", params=params)
        return answer.json()["entry"][0]["resource"]["id"]

    async def own(self, path: str, *, method: str = "GET", **more: Any) -> httpx.Response:
        """One of the facade's own routes, outside of FHIR, as a service."""
        return await self.service.request(method, f"http://facade{path}", **more)


SERVICE = ""


@pytest.fixture(autouse=True)
def _settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    global SERVICE
    monkeypatch.setenv("MENZHEN_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("MENZHEN_SECRET_KEY", "a key of the tests that is long enough")
    monkeypatch.setenv("MENZHEN_BACKEND_DEADLINE", "0.5")
    settings.get.cache_clear()
    SERVICE = tokens.service("test")
    yield
    settings.get.cache_clear()


@pytest.fixture
async def bench(_settings: None) -> AsyncIterator[Bench]:
    own = settings.get()
    his, lis, cashier = furnished()
    registry = Registry(
        [
            build(SystemConfig(name="his", adapter="his", title="门诊系统", patient_ids="MR"), his, own),
            build(SystemConfig(name="lis", adapter="lis", title="检验系统", patient_ids="own"), lis, own),
            build(SystemConfig(name="payment", adapter="payment", title="收费平台"), cashier, own),
        ]
    )
    app = create_app(own, registry)
    async with app.router.lifespan_context(app):
        one = Bench(app.state.facade, app, his, lis, cashier)
        yield one
        for client in one._clients.values():
            await client.aclose()
