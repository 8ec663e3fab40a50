"""What this process does on events of the bus. Each function may be called twice for the same event."""

from journey.bus import Event
from journey.context import here

_PREFIX = "MZ"


async def payment_completed(event: Event) -> None:
    """The cashier's call-back came: whoever waits for this order looks at once."""
    if event["type"] != "payment.completed":
        return
    order = str(event["data"].get("order") or event["data"].get("order_no") or "")
    if order.startswith(_PREFIX):
        here().wakes.wake(order.removeprefix(_PREFIX))


ALL = (payment_completed,)
