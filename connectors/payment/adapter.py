"""The cashier adapter: operations on Invoice, and the check of call-backs."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from common.clock import SHANGHAI
from common.errors import MenzhenError
from common.settings import Settings
from connectors.adapter import BackendError, Event, Resource, Search
from connectors.payment import from_fhir, to_fhir
from connectors.payment.client import CashierClient
from connectors.payment.signature import MAX_AGE, Verifier

CALLBACK_PATH = "/callbacks/payment"


class PaymentAdapter:
    """connectors.adapter.Adapter for the cashier of docs/protocols/lis-and-cashier.md."""

    name = "payment"
    resources: Mapping[str, Sequence[str]] = {"Invoice": ("$pay", "$payment", "$close", "$refund")}

    def __init__(self, settings: Settings) -> None:
        self.client = CashierClient(settings)
        self.notify_url = settings.gateway_url + CALLBACK_PATH
        self.verifier = Verifier(settings.cashier_key.get_secret_value(), settings.cashier_merchant)
        self._sink: Callable[[Sequence[Event]], Awaitable[None]] | None = None

    def on_event(self, sink: Callable[[Sequence[Event]], Awaitable[None]]) -> None:
        self._sink = sink

    async def start(self) -> None:
        """Connections are made when they are needed."""

    async def stop(self) -> None:
        await self.client.stop()

    async def check(self) -> Mapping[str, Any]:
        """Whether the cashier answers and takes our signature, and how far its clock is from ours."""
        try:
            response = await self.client.hello()
        except MenzhenError as error:
            return {"reachable": False, "version": "", "time": None, "problems": [error.message]}
        problems = []
        if b"SIGN_ERROR" in response.content:
            problems.append("收银台不认可签名：商户号或密钥不对，或本机时钟相差超过 5 分钟。")
        time = None
        if date := response.headers.get("date"):
            time = parsedate_to_datetime(date)
            if abs((datetime.now(UTC) - time).total_seconds()) > MAX_AGE / 2:
                problems.append("收银台的时钟与本机相差太大，签名会被拒绝。")
        return {
            "reachable": True,
            "version": response.headers.get("server", ""),
            "time": time.astimezone(SHANGHAI).isoformat() if time else None,
            "problems": problems,
        }

    async def read(self, type: str, id: str) -> Resource | None:
        raise _unsupported(type, "read")

    async def search(self, search: Search) -> list[Resource]:
        raise _unsupported(search.type, "search")

    async def create(self, type: str, resource: Resource, key: str) -> Resource:
        raise _unsupported(type, "create")

    async def update(self, type: str, id: str, resource: Resource, key: str) -> Resource:
        raise _unsupported(type, "update")

    async def operation(
        self, name: str, type: str, id: str | None, parameters: Mapping[str, Any], key: str
    ) -> Mapping[str, Any]:
        """`$pay` (order, amountFen, expires, invoice, subject), `$payment` (order), `$close` (order) → the order as
        in `to_fhir.payment`; `$refund` (order, refund, amountFen, reason) → the refund."""
        if type != "Invoice" or name not in self.resources["Invoice"]:
            raise _unsupported(type, name)
        if name == "$pay":
            return to_fhir.payment(await self.client.order(from_fhir.new_order(parameters, self.notify_url)))
        if name == "$payment":
            return to_fhir.payment(await self.client.state(from_fhir.order_number(parameters)))
        if name == "$close":
            order = from_fhir.order_number(parameters)
            return to_fhir.payment({"order_no": order} | await self.client.close(order))
        request = from_fhir.new_refund(parameters, key)
        return to_fhir.refund(await self.client.refund(request), request)

    def verify_callback(self, headers: Mapping[str, str], body: bytes) -> Event:
        """The event of a call-back that the gateway received. Raises CallbackRefused (401 or 422)."""
        self.verifier.check(headers, "POST", CALLBACK_PATH, body)
        return to_fhir.event(body)


def _unsupported(type: str, interaction: str) -> BackendError:
    return BackendError(
        "收银台不提供这个功能。", code="BAD_MESSAGE", status=404, detail=f"{type} {interaction}"
    )
