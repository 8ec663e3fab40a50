"""What happens while nobody speaks: events of the bus become messages in the conversations that wait for them."""

import asyncio
from typing import Any

from common import logs, outbox
from common.settings import Settings
from gateway.chat import Chat, Conversation
from gateway.errors import BotUnavailable
from gateway.store import Store

LOG = logs.logger("gateway.push")
CURSOR = "journey"
# Events of which a person in a conversation is told.
TOLD = {
    "booking.held",
    "booking.booked",
    "booking.waiting",
    "booking.released",
    "booking.failed",
    "booking.rescheduled",
    "booking.reschedule_refused",
    "cancellation.done",
    "cancellation.refused",
    "cancellation.waiting",
    "payment.posted",
    "payment.waiting",
    "payment.expired",
    "payment.failed",
    "report.available",
}
RETRY_SECONDS = (0.5, 1, 2, 4, 8)


class Push:
    """Follows the bus with a cursor of its own; the assistant de-duplicates by the event's id."""

    def __init__(self, settings: Settings, store: Store, chat: Chat) -> None:
        self.settings, self.store, self.chat = settings, store, chat

    async def run(self) -> None:
        """For ever."""
        after = self.store.cursor(CURSOR) or 0
        async for event in outbox.follow(self.settings.journey_url, after, "gateway"):
            if event["type"] in TOLD:
                await self.tell(event)
            await asyncio.to_thread(self.store.move_cursor, CURSOR, event["id"])

    async def tell(self, event: dict[str, Any]) -> None:
        for conversation in await self.listeners(event):
            frame = await self.words(conversation, event)
            if not frame:
                continue
            if not conversation.listeners:
                await asyncio.to_thread(self.store.wait_push, conversation.id, frame)
            await conversation.show(frame)

    async def listeners(self, event: dict[str, Any]) -> list[Conversation]:
        """The conversation that the event names, or those of its patient that are open right now."""
        wanted = event["data"].get("conversation")
        if not wanted:
            return self.chat.of_patient(event["data"].get("patient", "?"))
        here = self.chat.at(wanted)
        if here:
            return [here]
        owner = await asyncio.to_thread(self.store.conversation, wanted)
        return [Conversation(wanted, owner)] if owner else []

    async def words(self, conversation: Conversation, event: dict[str, Any]) -> dict[str, Any] | None:
        """The assistant's words for the event, tried a few times; None where there is nothing to say."""
        told = {"type": event["type"], "subject": event["subject"], "data": event["data"]}
        for pause in (*RETRY_SECONDS, None):
            try:
                async with conversation.lock:
                    reply = await self.chat.ask(conversation, "/event", event["event_id"], event=told)
                return {"type": "push", **order_of(event), **reply} if reply["messages"] else None
            except BotUnavailable:
                if pause is None:
                    LOG.error("event not told", type=event["type"], event_id=event["event_id"])
                    return None
                await asyncio.sleep(pause)
        return None


def order_of(event: dict[str, Any]) -> dict[str, Any]:
    """What was to be paid and how it stands, for a screen that still asks for the payment."""
    order = event["data"].get("booking") or event["data"].get("payment")
    if not isinstance(order, dict) or not order.get("id"):
        return {}
    return {"order": {"id": str(order["id"]), "status": str(order.get("status") or "")}}
