"""One person's socket: the hello, then frames in, answers out, one conversation after the other."""

import asyncio
import contextlib
from typing import Any

import orjson
from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from pydantic import ValidationError

from common import logs
from common.errors import MenzhenError, NotAuthorised
from gateway.chat import Chat, Conversation, Incoming, usable
from gateway.errors import BadRequest, GatewayError
from gateway.inbox import waiting_for
from gateway.store import Identity

LOG = logs.logger("gateway.talk")
HELLO_SECONDS = 10
FIELDS = {"id", "text", "payload"}
# How many messages of one socket may wait for their turn; then the socket is not read.
QUEUED = 16
# How many frames may wait to be taken by one socket; then it is no listener any more.
UNTAKEN = 64
Spoken = dict[str, Any] | None
router = APIRouter()


@router.websocket("/chat")
async def over_socket(socket: WebSocket) -> None:
    """See docs/architecture.md, Gateway ↔ client."""
    await Talk(socket).serve()


class Talk:
    """A socket that shows a conversation. Reading never waits for an answer; answers come in the order of the messages,
    and nobody waits for a socket whose other end does not take them."""

    channel = "web"

    def __init__(self, socket: WebSocket) -> None:
        self.socket = socket
        self.chat: Chat = socket.app.state.chat
        self.conversation: Conversation
        self.session = ""
        self.untaken: asyncio.Queue[dict[str, Any]] = asyncio.Queue(UNTAKEN)

    async def serve(self) -> None:
        """Until the other end leaves."""
        if not same_origin(self.socket):
            await self.socket.close(4403)
            return
        await self.socket.accept()
        try:
            identity, wanted = await self.hello()
        except MenzhenError as error:
            await self.refuse(error, 4401)
            return
        except (TimeoutError, WebSocketDisconnect):
            with contextlib.suppress(RuntimeError):
                await self.socket.close(4408)
            return
        await self.admitted(identity, wanted)

    async def admitted(self, identity: Identity, wanted: str | None) -> None:
        """After the hello: one conversation after the other."""
        self.conversation, new = await self.chat.get(wanted, identity)
        presenting = asyncio.create_task(self.present_all())
        presenting.add_done_callback(self.failed)
        try:
            while await self.converse(new):
                self.conversation, new = await self.chat.get(None, identity)
        finally:
            presenting.cancel()

    async def hello(self) -> tuple[Identity, str | None]:
        """The first frame. Raises NotAuthorised, BadRequest, TimeoutError, WebSocketDisconnect."""
        frame = parse(await asyncio.wait_for(self.socket.receive(), HELLO_SECONDS))
        if not isinstance(frame, dict) or frame.get("type") != "hello":
            raise BadRequest("请先登录。", detail="no hello")
        self.session = str(frame.get("session") or "")
        identity = await asyncio.to_thread(self.chat.store.session, self.session)
        if not identity:
            raise NotAuthorised(detail="session")
        self.introduced(frame)
        wanted = frame.get("conversation")
        return usable(identity), wanted if isinstance(wanted, str) else None

    def introduced(self, hello: dict[str, Any]) -> None:
        """What else a hello may say."""

    async def converse(self, new: bool) -> bool:
        """Serve one conversation. Returns True where the person wants a new one."""
        conversation = self.conversation
        conversation.listeners.add(self)
        conversation.channel = self.channel
        self.turns: asyncio.Queue[tuple[Incoming, Spoken]] = asyncio.Queue(QUEUED)
        answering = asyncio.create_task(self.answer(conversation))
        answering.add_done_callback(self.failed)
        again = False
        try:
            await self.open(new)
            again = await self.read()
        except (WebSocketDisconnect, RuntimeError):
            conversation.listeners.discard(self)
        finally:
            # What was said is done, even where nobody waits for the answer any more.
            done = asyncio.create_task(self.turns.join())
            await asyncio.wait({done, answering}, return_when=asyncio.FIRST_COMPLETED)
            for task in (done, answering):
                task.cancel()
            self.chat.leave(conversation, self)
        return again

    def failed(self, task: asyncio.Task[None]) -> None:
        """A fault of ours ended the answering: the socket ends too, so that its page comes back and asks again."""
        if not task.cancelled() and task.exception():
            LOG.error("answering stopped", error=repr(task.exception()))
            self.closing = asyncio.create_task(self.socket.close(1011))

    async def open(self, new: bool) -> None:
        """The first frames of a conversation."""
        identity = self.conversation.identity
        await self.deliver(
            {
                "type": "ready",
                "conversation": self.conversation.id,
                "name": identity.name,
                "role": identity.role,
                "new": new,
            }
        )
        if new:
            await self.deliver(await self.chat.greet(self.conversation))
        for place in (self.conversation.id, waiting_for(identity.sub)):
            for frame in await asyncio.to_thread(self.chat.store.take_pushes, place):
                await self.deliver(frame)

    async def read(self) -> bool:
        """Frames until the person leaves (WebSocketDisconnect) or wants a new conversation (True)."""
        while True:
            event = await self.socket.receive()
            try:
                frame = parse(event)
                if isinstance(frame, bytes):
                    await self.sound(frame)
                elif frame.get("type") == "new":
                    await self.interrupted()
                    return True
                else:
                    await self.frame(frame)
            except GatewayError as error:
                await self.send(wrong(error))

    async def frame(self, frame: dict[str, Any]) -> None:
        """One frame of JSON. Raises GatewayError."""
        if frame.get("type") != "message":
            raise BadRequest(detail="frame type")
        try:
            incoming = Incoming.model_validate(
                {k: v for k, v in frame.items() if k in FIELDS and v is not None}
            )
        except ValidationError:
            raise BadRequest(detail="frame fields") from None
        if self.untaken.full():
            # Who takes no answers gets no more of them.
            raise WebSocketDisconnect(1008)
        await self.interrupted()
        await self.turns.put((incoming, None))

    async def sound(self, pcm: bytes) -> None:
        """A binary frame. Raises GatewayError."""
        raise BadRequest(detail="binary frame")

    async def interrupted(self) -> None:
        """The person acts: whatever is being said to them ends."""

    async def answer(self, conversation: Conversation) -> None:
        """Messages of this socket, one after the other; everybody in the conversation sees the answers."""
        while True:
            incoming, voice = await self.turns.get()
            try:
                await self.deliver({"type": "typing", "to": incoming.id})
                await conversation.show(await self.chat.turn(conversation, incoming, voice))
            finally:
                self.turns.task_done()

    async def deliver(self, frame: dict[str, Any]) -> None:
        """Shown in its turn; whoever takes nothing at all is told nothing more, and finds what they missed when they come
        back: the same message again gets the same answer."""
        try:
            self.untaken.put_nowait(frame)
        except asyncio.QueueFull:
            if self in self.conversation.listeners:
                LOG.warning("socket takes nothing", frames=self.untaken.qsize())
                self.conversation.listeners.discard(self)

    async def present_all(self) -> None:
        """What was delivered, one after the other, for as long as the socket lives."""
        while True:
            await self.present(await self.untaken.get())

    async def present(self, frame: dict[str, Any]) -> None:
        """Send it if somebody is still there."""
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            await self.send(frame)

    async def send(self, frame: dict[str, Any]) -> None:
        """Raises WebSocketDisconnect or RuntimeError where the other end is gone."""
        await self.socket.send_text(orjson.dumps(frame).decode())

    async def refuse(self, error: MenzhenError, code: int) -> None:
        """A sentence, then the end."""
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            await self.send(wrong(error))
            await self.socket.close(code)


def wrong(error: MenzhenError) -> dict[str, Any]:
    return {"type": "error", "to": None, "code": error.code, "message": error.message}


def same_origin(socket: WebSocket) -> bool:
    """Other sites' pages may not open a socket here; programs send no Origin."""
    origin = socket.headers.get("origin")
    return origin is None or origin.split("://")[-1] == socket.headers.get("host")


def parse(event: Any) -> dict[str, Any] | bytes:
    """A received event as JSON object or bytes. Raises WebSocketDisconnect, BadRequest."""
    if event["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(event.get("code") or 1005)
    if event.get("bytes") is not None:
        return bytes(event["bytes"])
    try:
        frame = orjson.loads(event["text"])
    except ValueError:
        frame = None
    if not isinstance(frame, dict):
        raise BadRequest(detail="frame is no JSON object")
    return frame
