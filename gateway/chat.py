"""Conversations: one message after the other, each answered once, whoever asks: a socket, HTTP, a voice."""

import asyncio
import itertools
import re
import time
import uuid
from collections import OrderedDict
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from common.errors import NotAuthorised
from gateway.bot import Bot
from gateway.errors import BadRequest, BotUnavailable, GatewayError
from gateway.limits import Limits
from gateway.login import session_of
from gateway.store import Identity, Store

MAX_TEXT = 500
KEPT_REPLIES = 20
# Conversations that nobody sees: how long and how many of them are kept (about 50 KB each with their replies).
IDLE_SECONDS = 900.0
MOST_OPEN = 2_000
LOOKED_AT = 50
ANYTHING: dict[str, Any] = {"kinds": ["free"], "slot": None, "flow": None, "options": []}
PAYLOAD = re.compile(r"/(choose\{.{1,300}\}|affirm|deny)", re.DOTALL)
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
router = APIRouter()


class Incoming(BaseModel):
    """One message of a person. The same `id` again gets the same reply."""

    conversation: str | None = Field(None, max_length=64)
    id: str = Field(min_length=1, max_length=64)
    text: str = ""
    payload: str | None = Field(None, max_length=400)


def spoken(incoming: Incoming) -> str:
    """What goes to the assistant: the tapped button's payload, or the text. Raises BadRequest."""
    if incoming.payload is not None and PAYLOAD.fullmatch(incoming.payload):
        return incoming.payload
    text = CONTROL.sub(" ", incoming.payload or incoming.text).strip().lstrip("/").strip()
    if not text:
        raise BadRequest("您还没有写内容。", code="empty")
    if len(text) > MAX_TEXT:
        raise BadRequest(
            f"这条消息有 {len(text)} 个字，太长了，我读不完。请用一两句话说要办什么（{MAX_TEXT} 字以内）。",
            code="too_long",
        )
    return text


class Listener(Protocol):
    """Somebody who sees a conversation as it goes on: an open socket."""

    async def deliver(self, frame: dict[str, Any]) -> None:
        """Show a reply, a push or an error; neither raises nor waits because the other end is gone or does not read."""


class Conversation:
    """A running conversation: its order, its last replies, what may be said next, the sockets that show it."""

    def __init__(self, id: str, identity: Identity) -> None:
        self.id, self.identity = id, identity
        self.lock = asyncio.Lock()
        self.replies: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self.expects = ANYTHING
        self.channel = "web"
        self.listeners: set[Listener] = set()
        self.used = time.monotonic()

    @property
    def idle(self) -> bool:
        """Whether nobody sees it and nothing is being said."""
        return not self.listeners and not self.lock.locked()

    def remember(self, message_id: str, frame: dict[str, Any]) -> None:
        self.replies[message_id] = frame
        while len(self.replies) > KEPT_REPLIES:
            self.replies.popitem(last=False)

    async def show(self, frame: dict[str, Any]) -> None:
        """To everybody who is there."""
        for listener in list(self.listeners):
            await listener.deliver(frame)


class Chat:
    """All conversations of this process. Of those that nobody sees (over HTTP, voice messages) the latest are kept for a
    while, so that a message sent again gets the same answer; who comes back later finds the conversation in the store."""

    def __init__(self, store: Store, bot: Bot, limits: Limits) -> None:
        self.store, self.bot, self.limits = store, bot, limits
        # The one that was used last is the last.
        self._open: OrderedDict[str, Conversation] = OrderedDict()

    async def get(self, id: str | None, identity: Identity) -> tuple[Conversation, bool]:
        """The person's conversation, and whether it is new. Somebody else's is as if it did not exist."""
        self._forget_idle()
        here = self._open.get(id) if id else None
        if here and here.identity.sub == identity.sub:
            here.used = time.monotonic()
            self._open.move_to_end(here.id)
            return here, False
        owner = await asyncio.to_thread(self.store.conversation, id) if id else None
        known = owner is not None and owner.sub == identity.sub
        if not known:
            id = await asyncio.to_thread(self.store.new_conversation, identity)
        assert id
        # Somebody else may have opened it while the store was asked.
        conversation = self._open.setdefault(id, Conversation(id, identity))
        return conversation, not known

    def _forget_idle(self) -> None:
        """The oldest first, until one is reached that is still fresh."""
        now, surplus = time.monotonic(), len(self._open) - MOST_OPEN
        for conversation in list(itertools.islice(self._open.values(), LOOKED_AT)):
            if surplus <= 0 and now - conversation.used < IDLE_SECONDS:
                return
            if conversation.idle:
                del self._open[conversation.id]
                surplus -= 1
            else:
                conversation.used = now
                self._open.move_to_end(conversation.id)

    def at(self, id: str) -> Conversation | None:
        return self._open.get(id)

    def of_patient(self, patient: str) -> list[Conversation]:
        """Conversations open right now in which this patient's affairs may be spoken of."""
        return [c for c in self._open.values() if c.listeners and c.identity.patient == patient]

    def of_staff(self) -> list[Conversation]:
        """Conversations of managers that somebody sees right now, the latest of each person."""
        latest = {
            c.identity.sub: c for c in self._open.values() if c.listeners and c.identity.role != "patient"
        }
        return list(latest.values())

    def leave(self, conversation: Conversation, listener: Listener) -> None:
        conversation.listeners.discard(listener)
        if conversation.idle:
            self._open.pop(conversation.id, None)

    async def turn(
        self, conversation: Conversation, incoming: Incoming, voice: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """One message → the reply frame. Errors become a frame too: a person always gets an answer. `voice`: how it
        was heard, where it was spoken."""
        if incoming.id in conversation.replies:
            return conversation.replies[incoming.id]
        async with conversation.lock:
            if incoming.id in conversation.replies:
                return conversation.replies[incoming.id]
            try:
                self.limits.message(conversation.identity.sub)
                reply = await self.ask(conversation, spoken(incoming), incoming.id, voice=voice)
            except GatewayError as error:
                # Not remembered: after a failure the person may try again with the same id.
                return {"type": "error", "to": incoming.id, "code": error.code, "message": error.message}
            frame = {"type": "reply", "to": incoming.id, **reply}
            conversation.remember(incoming.id, frame)
            return frame

    async def greet(self, conversation: Conversation) -> dict[str, Any]:
        """The first words of a conversation."""
        async with conversation.lock:
            try:
                reply = await self.ask(conversation, "/session_start", uuid.uuid4().hex)
            except BotUnavailable as error:
                return {"type": "error", "to": None, "code": error.code, "message": error.message}
        return {"type": "reply", "to": None, **reply}

    async def ask(
        self,
        conversation: Conversation,
        message: str,
        message_id: str,
        *,
        event: dict[str, Any] | None = None,
        voice: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """The assistant's reply; what it expects next is kept for whoever listens. Call it with the conversation's lock
        held. Raises BotUnavailable."""
        reply = await self.bot.send(
            conversation.id,
            conversation.identity,
            message,
            message_id,
            event=event,
            voice=voice,
            channel=conversation.channel,
        )
        expects = reply.pop("expects", ANYTHING)
        # Where nothing was said the last question stands, with the buttons that were shown.
        if reply["messages"]:
            conversation.expects = expects
        return reply

    async def forget(self, conversation: Conversation) -> None:
        """Wipe it here and at the assistant: nobody can come back to it."""
        await asyncio.to_thread(self.store.forget_conversation, conversation.id)
        self._open.pop(conversation.id, None)
        conversation.listeners.clear()
        async with conversation.lock:
            conversation.replies.clear()
            await self.bot.forget(conversation.id)


def chat_of(request: Request) -> Chat:
    return request.app.state.chat


def usable(identity: Identity) -> Identity:
    """Raises NotAuthorised for a WeChat account that is bound to nobody yet."""
    if identity.role == "patient" and not identity.patient:
        raise NotAuthorised("请先绑定就诊人。", code="bind_first", detail="unbound")
    return identity


@router.post("/api/chat")
async def over_http(
    body: Incoming,
    chat: Annotated[Chat, Depends(chat_of)],
    session: Annotated[tuple[str, Identity], Depends(session_of)],
) -> dict[str, Any]:
    """One turn for clients without a socket."""
    conversation, _ = await chat.get(body.conversation, usable(session[1]))
    frame = await chat.turn(conversation, body)
    return {**frame, "conversation": conversation.id}
