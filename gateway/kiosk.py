"""A kiosk that is left alone: the person is asked whether they are still there, then all that they said is wiped."""

import asyncio
import contextlib
import time
import uuid
from typing import TYPE_CHECKING, Any

from fastapi import WebSocketDisconnect

from common import logs
from gateway.errors import BotUnavailable

if TYPE_CHECKING:
    from gateway.voice import VoiceTalk

LOG = logs.logger("gateway.kiosk")
GONE = "已清空刚才的内容。需要时请重新开始。"
# After wiping the page starts again from its first picture; it needs this code to know that nothing is broken.
WIPED = 4410
LOOK_SECONDS = 1.0


class Watch:
    """Of one kiosk's socket."""

    def __init__(self, talk: "VoiceTalk") -> None:
        self.talk = talk
        self.settings = talk.socket.app.state.settings
        self.last = time.monotonic()
        self.asked = self.wiped = False
        self.paying = False
        """A payment is waited for: the person looks at their own phone."""

    def shown(self, frame: dict[str, Any]) -> None:
        """What the screen shows now: a question of ours (您还在吗) changes nothing about the payment."""
        if any(
            (message.get("card") or {}).get("type") == "payment" for message in frame.get("messages") or []
        ):
            self.paying = True
        elif frame.get("type") == "reply" or "order" in frame:
            self.paying = False

    @property
    def patience(self) -> float:
        """Seconds until the next step where nobody stirs."""
        if self.asked:
            return self.settings.kiosk_wipe_seconds
        return self.settings.kiosk_pay_seconds if self.paying else self.settings.kiosk_idle_seconds

    def touched(self, *, answer: bool = False) -> None:
        """Somebody is there; an answer of ours (`answer`) gives time to read it, but is no sign of life."""
        if answer and self.asked:
            return
        self.last, self.asked = time.monotonic(), False

    async def run(self) -> None:
        """Until it is wiped."""
        while True:
            left = self.last + self.patience - time.monotonic()
            if left > 0:
                # Patience may end earlier than it was when the wait began: after a payment.
                await asyncio.sleep(min(left, LOOK_SECONDS))
            elif self.asked:
                return await self.wipe()
            else:
                await self.ask()

    async def ask(self) -> None:
        """您还在吗？"""
        self.asked, self.last = True, time.monotonic()
        frame = await self.told("silence.warning")
        await self.talk.deliver({**frame, "seconds": self.settings.kiosk_wipe_seconds})

    async def wipe(self) -> None:
        """The conversation is gone, here and at the assistant, and the person is logged out."""
        self.asked = self.wiped = True
        await self.talk.interrupted()
        await self.told("silence.end")
        await self.forget()
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            await self.talk.send({"type": "wiped", "text": GONE})
            await self.talk.socket.close(WIPED)

    async def forget(self) -> None:
        chat = self.talk.chat
        await asyncio.to_thread(chat.store.close_session, self.talk.session)
        try:
            await chat.forget(self.talk.conversation)
        except BotUnavailable as error:
            LOG.error("conversation not wiped at the assistant", detail=error.detail)

    def left(self) -> None:
        """The socket is gone. A kiosk whose network broke comes back soon; one that was switched off never."""
        if self.wiped:
            return
        tasks: set[asyncio.Task[None]] = self.talk.socket.app.state.leftovers
        task = asyncio.create_task(self.forget_later())
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    async def forget_later(self) -> None:
        await asyncio.sleep(self.settings.kiosk_wipe_seconds)
        back = self.talk.chat.at(self.talk.conversation.id)
        if back is None or not back.listeners:
            await self.forget()

    async def told(self, kind: str) -> dict[str, object]:
        """The assistant's words for it; at the end it lets go of what is open."""
        conversation = self.talk.conversation
        event = {"type": kind, "subject": conversation.id, "data": {}}
        try:
            async with conversation.lock:
                reply = await self.talk.chat.ask(conversation, "/event", uuid.uuid4().hex, event=event)
            return {"type": "push", **reply}
        except BotUnavailable as error:
            return {"type": "error", "to": None, "code": error.code, "message": error.message}
