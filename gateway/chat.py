"""Conversations: one message after the other, each answered once, over WebSocket or HTTP."""

import asyncio
import contextlib
import re
import uuid
from collections import OrderedDict
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Request, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, Field

from common import logs
from common.errors import MenzhenError, NotAuthorised
from gateway.bot import Bot
from gateway.errors import BadRequest, BotUnavailable, GatewayError
from gateway.limits import Limits
from gateway.login import session_of
from gateway.store import Identity, Store

LOG = logs.logger("gateway.chat")
MAX_TEXT = 500
KEPT_REPLIES = 20
FIELDS = {"id", "text", "payload"}
HELLO_SECONDS = 10
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


class Conversation:
    """A running conversation: its order, its last replies, the sockets that show it."""

    def __init__(self, id: str, identity: Identity) -> None:
        self.id, self.identity = id, identity
        self.lock = asyncio.Lock()
        self.replies: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self.sockets: set[WebSocket] = set()

    def remember(self, message_id: str, frame: dict[str, Any]) -> None:
        self.replies[message_id] = frame
        while len(self.replies) > KEPT_REPLIES:
            self.replies.popitem(last=False)


class Chat:
    """All conversations of this process."""

    def __init__(self, store: Store, bot: Bot, limits: Limits) -> None:
        self.store, self.bot, self.limits = store, bot, limits
        self._open: dict[str, Conversation] = {}

    async def get(self, id: str | None, identity: Identity) -> tuple[Conversation, bool]:
        """The person's conversation, and whether it is new. Somebody else's is as if it did not exist."""
        if id and id in self._open and self._open[id].identity.sub == identity.sub:
            return self._open[id], False
        owner = await asyncio.to_thread(self.store.conversation, id) if id else None
        known = owner is not None and owner.sub == identity.sub
        if not known:
            id = await asyncio.to_thread(self.store.new_conversation, identity)
        assert id
        conversation = Conversation(id, identity)
        self._open[id] = conversation
        return conversation, not known

    def at(self, id: str) -> Conversation | None:
        return self._open.get(id)

    def of_patient(self, patient: str) -> list[Conversation]:
        """Conversations open right now in which this patient's affairs may be spoken of."""
        return [c for c in self._open.values() if c.sockets and c.identity.patient == patient]

    def leave(self, conversation: Conversation, socket: WebSocket) -> None:
        conversation.sockets.discard(socket)
        if not conversation.sockets and not conversation.lock.locked():
            self._open.pop(conversation.id, None)

    async def turn(self, conversation: Conversation, incoming: Incoming) -> dict[str, Any]:
        """One message → the reply frame. Errors become a frame too: a person always gets an answer."""
        if incoming.id in conversation.replies:
            return conversation.replies[incoming.id]
        async with conversation.lock:
            if incoming.id in conversation.replies:
                return conversation.replies[incoming.id]
            try:
                self.limits.message(conversation.identity.sub)
                reply = await self.bot.send(
                    conversation.id, conversation.identity, spoken(incoming), incoming.id
                )
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
                reply = await self.bot.send(
                    conversation.id, conversation.identity, "/session_start", uuid.uuid4().hex
                )
            except BotUnavailable as error:
                return {"type": "error", "to": None, "code": error.code, "message": error.message}
        return {"type": "reply", "to": None, **reply}


def chat_of(request: Request) -> Chat:
    return request.app.state.chat


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


@router.websocket("/chat")
async def over_socket(socket: WebSocket) -> None:
    """See docs/architecture.md, Gateway ↔ client."""
    chat: Chat = socket.app.state.chat
    if not same_origin(socket):
        await socket.close(4403)
        return
    await socket.accept()
    try:
        identity, wanted = await hello(socket, chat)
    except MenzhenError as error:
        await send(socket, {"type": "error", "to": None, "code": error.code, "message": error.message})
        await socket.close(4401)
        return
    except (TimeoutError, WebSocketDisconnect):
        with contextlib.suppress(RuntimeError):
            await socket.close(4408)
        return
    conversation, new = await chat.get(wanted, identity)
    while True:
        again = await talk(socket, chat, conversation, new)
        if not again:
            return
        conversation, new = await chat.get(None, identity)


def same_origin(socket: WebSocket) -> bool:
    """Other sites' pages may not open a socket here; programs send no Origin."""
    origin = socket.headers.get("origin")
    return origin is None or origin.split("://")[-1] == socket.headers.get("host")


def usable(identity: Identity) -> Identity:
    """Raises NotAuthorised for a WeChat account that is bound to nobody yet."""
    if identity.role == "patient" and not identity.patient:
        raise NotAuthorised("请先绑定就诊人。", code="bind_first", detail="unbound")
    return identity


async def hello(socket: WebSocket, chat: Chat) -> tuple[Identity, str | None]:
    """The first frame. Raises NotAuthorised, BadRequest, TimeoutError."""
    frame = parse(await asyncio.wait_for(socket.receive_text(), HELLO_SECONDS))
    if frame.get("type") != "hello":
        raise BadRequest("请先登录。", detail="no hello")
    identity = await asyncio.to_thread(chat.store.session, str(frame.get("session") or ""))
    if not identity:
        raise NotAuthorised(detail="session")
    wanted = frame.get("conversation")
    return usable(identity), wanted if isinstance(wanted, str) else None


def parse(text: str) -> dict[str, Any]:
    try:
        frame = orjson.loads(text)
    except ValueError:
        frame = None
    if not isinstance(frame, dict):
        raise BadRequest(detail="frame is no JSON object")
    return frame


async def send(socket: WebSocket, frame: dict[str, Any]) -> None:
    await socket.send_text(orjson.dumps(frame).decode())


async def talk(socket: WebSocket, chat: Chat, conversation: Conversation, new: bool) -> bool:
    """Serve one conversation on this socket. Returns True where the person wants a new one."""
    conversation.sockets.add(socket)
    identity = conversation.identity
    try:
        await send(
            socket,
            {
                "type": "ready",
                "conversation": conversation.id,
                "name": identity.name,
                "role": identity.role,
                "new": new,
            },
        )
        if new:
            await send(socket, await chat.greet(conversation))
        for frame in await asyncio.to_thread(chat.store.take_pushes, conversation.id):
            await send(socket, frame)
        while True:
            try:
                frame = parse(await socket.receive_text())
                if frame.get("type") == "new":
                    return True
                if frame.get("type") != "message":
                    raise BadRequest(detail="frame type")
                incoming = Incoming.model_validate(
                    {k: v for k, v in frame.items() if k in FIELDS and v is not None}
                )
            except (BadRequest, ValueError) as error:
                wrong = error if isinstance(error, BadRequest) else BadRequest(detail="frame fields")
                await send(
                    socket, {"type": "error", "to": None, "code": wrong.code, "message": wrong.message}
                )
                continue
            await send(socket, {"type": "typing", "to": incoming.id})
            answer = await chat.turn(conversation, incoming)
            for other in list(conversation.sockets):
                with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                    await send(other, answer)
    except WebSocketDisconnect:
        return False
    finally:
        chat.leave(conversation, socket)
