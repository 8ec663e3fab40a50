"""The hospital as the workflows see it, through the facade: hold, confirm, cancel, order, refund, settle.

Every method raises Refused (a system said no; saying it again changes nothing) or Unanswered (nobody knows
whether it was done; ask again with the same key).
"""

from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from common import clock, logs
from connectors.fhir_client import BackendDown, FhirClient, FhirError
from connectors.resources import ORDER_SYSTEM, extensions
from journey.errors import Refused, Unanswered

log = logs.logger("journey")
Resource = dict[str, Any]
PAID = ("PAID", "REFUNDED", "PARTLY_REFUNDED")
_OURS = frozenset({"NOT_AUTHORISED", "FORBIDDEN", "KEY_REQUIRED", "NOT_SUPPORTED"})
"""Refusals that are no word of the hospital but a fault of our own set-up, which an operator puts right."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Payment:
    """An order as the cashier has it. Status WAITING, PAID, CLOSED, REFUNDED, PARTLY_REFUNDED; money in fen."""

    order: str
    status: str
    amount_fen: int
    pay_url: str = ""
    paid_at: str = ""
    expires_at: datetime | None = None

    @property
    def is_paid(self) -> bool:
        return self.status in PAID


class Hospital:
    """The facade's client, with a token of our own for each call: the patient's was checked at the door."""

    def __init__(self) -> None:
        self._fhir = FhirClient.service("journey")

    async def appointment(self, id: str) -> Resource | None:
        return await self._read("Appointment", id)

    async def invoice(self, id: str) -> Resource | None:
        return await self._read("Invoice", id)

    async def patient_name(self, id: str) -> str:
        """The name as the hospital writes it, to be masked before it is kept; empty where it cannot be had now."""
        try:
            patient = await self._read("Patient", id)
        except (Refused, Unanswered) as error:
            log.warning("voucher without a name", code=error.code)
            return ""
        names = (patient or {}).get("name") or [{}]
        return names[0].get("text") or f"{names[0].get('family', '')}{''.join(names[0].get('given', ()))}"

    async def appointment_of_order(self, patient: str, key: str) -> Resource | None:
        """The appointment that was asked for with this idempotency key, if the HIS has it."""
        params = {"patient": patient, "identifier": f"{ORDER_SYSTEM}|{key}"}
        found = await _answer(self._fhir.search("Appointment", params))
        if found.incomplete:
            raise Unanswered(detail="search without the HIS")
        return found.resources[0] if found.resources else None

    async def hold(self, slot: str, patient: str, key: str) -> Resource:
        """Hold a slot; the same key again gives the same appointment."""
        resource = {
            "resourceType": "Appointment",
            "status": "pending",
            "identifier": [{"system": ORDER_SYSTEM, "value": key}],
            "slot": [{"reference": f"Slot/{slot}"}],
            "participant": [{"actor": {"reference": f"Patient/{patient}"}, "status": "accepted"}],
        }
        once = f"identifier={ORDER_SYSTEM}|{key}"
        return await _answer(self._fhir.create("Appointment", resource, if_none_exist=once))

    async def confirm(self, appointment: str, order: str, paid_at: str, key: str) -> Resource:
        """Book what is held: this order was paid at `paid_at`. Refused HOLD_EXPIRED where the slot is gone."""
        paid = extensions(("payment-order", "string", order), ("paid-at", "dateTime", paid_at))
        return await self._change(appointment, key, status="booked", extension=paid)

    async def cancel(self, appointment: str, key: str, reason: str) -> Resource:
        """Cancel what is booked (its `refund` and `payment-order` say what is due), let go what is held."""
        return await self._change(appointment, key, status="cancelled", cancelationReason={"text": reason})

    async def move(self, appointment: str, slot: str, key: str) -> Resource:
        """Another slot for the same appointment."""
        return await self._change(appointment, key, status="booked", slot=[{"reference": f"Slot/{slot}"}])

    async def order(self, invoices: list[str], order: str, amount_fen: int, expires: datetime) -> Payment:
        """The cashier's order over these bills; the same number again gives the same order."""
        return _payment(
            await self._operation(
                "$pay",
                order=order,
                amountFen=amount_fen,
                expires=expires.isoformat(),
                invoice=[f"Invoice/{id}" for id in invoices],
            )
        )

    async def payment(self, order: str) -> Payment:
        """How the order stands at the cashier."""
        return _payment(await self._operation("$payment", order=order))

    async def close(self, order: str) -> None:
        """No payment any more. Refused ORDER_PAID where it was paid, ORDER_NOT_FOUND where it never was."""
        await self._operation("$close", order=order)

    async def refund(self, order: str, refund: str, amount_fen: int, reason: str) -> None:
        """Give money back; the same refund number does nothing twice."""
        await self._operation("$refund", order=order, refund=refund, amountFen=amount_fen, reason=reason)

    async def settle(self, invoices: list[str], order: str, amount_fen: int, paid_at: str, key: str) -> None:
        """Tell the HIS that these bills are paid by this order."""
        await self._operation(
            "$settle",
            key,
            invoice=[f"Invoice/{id}" for id in invoices],
            order=order,
            amountFen=amount_fen,
            paidAt=paid_at,
        )

    async def _read(self, type: str, id: str) -> Resource | None:
        try:
            return await _answer(self._fhir.read(type, id))
        except Refused as error:
            if error.status in (404, 410):
                return None
            raise

    async def _change(self, id: str, key: str, **elements: Any) -> Resource:
        return await _answer(self._fhir.update("Appointment", id, elements, key=key))

    async def _operation(self, name: str, key: str = "", **values: Any) -> dict[str, Any]:
        """An operation on Invoice; the values of the answer's Parameters by name."""
        return await _answer(self._fhir.operation("Invoice", name, values, key=key))


async def _answer(call: Awaitable[T]) -> T:
    try:
        return await call
    except FhirError as error:
        if isinstance(error, BackendDown) or error.status >= 500 or error.code in _OURS:
            raise Unanswered(code=error.code, detail=error.detail or error.code) from None
        raise Refused(error.message, code=error.code, status=error.status) from None


def _payment(values: dict[str, Any]) -> Payment:
    """Raises Unanswered where the answer cannot be read."""
    try:
        expires = values.get("expires")
        return Payment(
            order=values["order"],
            status=values["status"],
            amount_fen=int(values.get("amountFen") or 0),
            pay_url=values.get("payUrl") or "",
            paid_at=values.get("paidAt") or (clock.now().isoformat() if values["status"] in PAID else ""),
            expires_at=datetime.fromisoformat(expires) if expires else None,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Unanswered(detail=f"payment unreadable: {type(error).__name__}") from None
