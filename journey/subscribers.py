"""What this process does on events of the bus. Each function may be called twice for the same event."""

from journey.bus import Event
from journey.context import here
from journey.store import bookings
from journey.vouchers import voucher

_ORDER = "MZ"
_CHANGES = frozenset({"appointment.changed", "appointment.cancelled", "appointment.no_show"})


async def payment_completed(event: Event) -> None:
    """The cashier's call-back came: whoever waits for this order looks at once."""
    if event["type"] == "payment.completed":
        order = str(event["data"].get("order") or "")
        here().wakes.wake(order.removeprefix(_ORDER))


async def appointment_changed(event: Event) -> None:
    """The hospital changed or cancelled what we had booked: the voucher that we show follows."""
    if event["type"] not in _CHANGES:
        return
    id = str(event["data"].get("appointment") or event["subject"].rpartition("/")[2])
    rows = await here().store.find(bookings, bookings.c.appointment == id, bookings.c.status == "booked")
    if not rows:
        return
    appointment = await here().hospital.appointment(id)
    if appointment is None:
        return
    for row in rows:
        shown = voucher(appointment, "") | {"patient": row["voucher"]["patient"]}
        await here().store.record(bookings, row["id"], {"voucher": shown})


ALL = (payment_completed, appointment_changed)
