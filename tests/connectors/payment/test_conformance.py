"""The cashier adapter passes what every adapter must."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from common import settings as common_settings
from common.settings import Settings
from connectors import payment
from connectors.adapter import Adapter, Search
from tests.connectors.conformance import DEADLINE, AdapterConformance
from tests.support.processes import Stack


@pytest.fixture
async def adapter(hospital: Stack) -> AsyncIterator[Adapter]:
    made = payment.create(hospital.settings)
    await made.start()
    yield made
    await made.stop()


class TestConformance(AdapterConformance):
    folder = "payment"

    async def samples(self, adapter: Adapter) -> list[Search]:
        return []

    async def write(self, adapter: Adapter) -> None:
        return None

    def probes(self) -> list[Callable[[Adapter], Awaitable[Any]]]:
        order = {"order": "O1", "amountFen": 100}
        return [
            lambda a: a.operation("$pay", "Invoice", None, order, "k"),
            lambda a: a.operation("$payment", "Invoice", None, order, "k"),
            lambda a: a.operation("$close", "Invoice", None, order, "k"),
            lambda a: a.operation("$refund", "Invoice", None, order, "k"),
        ]

    def pointed_at(self, port: int) -> Settings:
        return common_settings.get().model_copy(
            update={"cashier_url": f"http://127.0.0.1:{port}", "backend_deadline": DEADLINE}
        )
