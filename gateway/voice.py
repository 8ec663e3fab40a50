"""Speech at the door: the socket of a kiosk or a page that listens and speaks, and voice messages as files."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, WebSocket, WebSocketDisconnect

from common import logs
from gateway.chat import Chat, Incoming, chat_of, usable
from gateway.errors import BadRequest, TooLarge, TooMany, VoiceUnavailable
from gateway.hearing import RATE, Hearing
from gateway.kiosk import Watch
from gateway.listening import NOTHING, Listening
from gateway.login import session_of
from gateway.store import Identity
from gateway.talk import Talk

LOG = logs.logger("gateway.voice")
MAX_FILE = 2 * 1024 * 1024
MIN_RATE, MAX_RATE = 8_000, 48_000
PER_PERSON = 4
# Sound is sent little ahead of being heard, so that speaking can end at once.
AHEAD_SECONDS = 0.6
router = APIRouter()


@router.websocket("/voice")
async def over_socket(socket: WebSocket) -> None:
    """See docs/protocols/voice.md, Gateway ↔ client."""
    await VoiceTalk(socket).serve()


class VoiceTalk(Talk):
    """A conversation by touch and by speech on one socket."""

    def __init__(self, socket: WebSocket) -> None:
        super().__init__(socket)
        self.hearing: Hearing = socket.app.state.hearing
        self.open_sockets: dict[str, int] = socket.app.state.voice_sockets
        self.public = False
        self.wants_sound = False
        self.listening: Listening | None = None
        self.speaking: asyncio.Task[None] | None = None
        self.watch = Watch(self)

    def introduced(self, hello: dict[str, Any]) -> None:
        self.public = bool(hello.get("kiosk"))
        self.channel = "kiosk" if self.public else "web"

    async def admitted(self, identity: Identity, wanted: str | None) -> None:
        if self.open_sockets.get(identity.sub, 0) >= PER_PERSON:
            return await self.refuse(
                TooMany("您已经在别处打开了语音，请先关掉一个。", detail="sockets"), 4429
            )
        self.open_sockets[identity.sub] = self.open_sockets.get(identity.sub, 0) + 1
        watching = asyncio.create_task(self.watch.run()) if self.public else None
        try:
            await super().admitted(identity, wanted)
        finally:
            if watching:
                watching.cancel()
            await self.interrupted()
            if self.public:
                self.watch.left()
            self.open_sockets[identity.sub] -= 1
            if not self.open_sockets[identity.sub]:
                del self.open_sockets[identity.sub]

    async def frame(self, frame: dict[str, Any]) -> None:
        self.watch.touched()
        match frame.get("type"):
            case "listen":
                await self.listen(frame)
            case "end":
                if self.listening:
                    await self.listening.end()
            case "tap":
                if self.listening:
                    await self.listening.tapped()
            case "stop":
                await self.hush()
            case "voice":
                self.wants_sound = frame.get("speak") is True
                if not self.wants_sound:
                    await self.hush()
            case "here":
                pass
            case "leave":
                await self.watch.wipe()
            case _:
                await super().frame(frame)

    # What is heard ---------------------------------------------------------------------------------------------

    async def listen(self, frame: dict[str, Any]) -> None:
        """Begin an utterance; what is being said ends, and so does an utterance that was not finished."""
        await self.interrupted()
        rate, id = frame.get("sample_rate"), frame.get("id") or uuid.uuid4().hex
        if not isinstance(rate, int) or isinstance(rate, bool) or not MIN_RATE <= rate <= MAX_RATE:
            raise BadRequest("录音的采样率不对，要在 8000 到 48000 之间。", code="sample_rate")
        if not isinstance(id, str) or len(id) > 64:
            raise BadRequest(detail="frame fields")
        self.chat.limits.listen(self.conversation.identity.sub)
        held = frame.get("held") is True
        utterance = await self.hearing.listen(rate, self.conversation.expects, held)
        self.listening = Listening(self, utterance, id, rate)

    async def sound(self, pcm: bytes) -> None:
        # Sound that was under way when the end was found belongs to nothing any more.
        if self.listening:
            await self.listening.feed(pcm)

    async def heard(self, id: str, heard: dict[str, Any]) -> None:
        """A final: it becomes a message, with how it was heard beside it."""
        self.watch.touched()
        if not str(heard.get("text") or "").strip():
            return await self.deliver({"type": "nothing_heard", "id": id, "text": NOTHING})
        await self.deliver({"type": "heard", "id": id, **heard})
        await self.turns.put((message(id, heard), how(heard)))

    # What is said ----------------------------------------------------------------------------------------------

    async def present(self, frame: dict[str, Any]) -> None:
        """A reply with its text for the ear, and with sound where it is wanted."""
        self.watch.touched(answer=True)
        self.watch.shown(frame)
        if not frame.get("messages"):
            return await super().present(frame)
        speech = await self.hearing.for_the_ear(frame["messages"], self.public)
        await super().present(frame if speech is None else {**frame, "speech": speech})
        if self.listening:
            await self.listening.expect(self.conversation.expects)
        elif speech and self.wants_sound:
            await self.hush()
            self.speaking = asyncio.create_task(self.say(frame.get("to"), speech))

    async def say(self, to: str | None, text: str) -> None:
        """Sound at the speed of speech; ends at once when it is cancelled."""
        loop = asyncio.get_running_loop()
        began, sent = loop.time(), 0.0
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            try:
                await self.send({"type": "speech", "to": to, "sample_rate": RATE})
                async for chunk in self.hearing.speak(text):
                    await self.socket.send_bytes(chunk)
                    sent += len(chunk) / 2 / RATE
                    await asyncio.sleep(max(0.0, sent - AHEAD_SECONDS - (loop.time() - began)))
            except VoiceUnavailable as error:
                await self.send({"type": "error", "to": to, "code": error.code, "message": error.message})
            finally:
                await self.send({"type": "speech_end", "to": to})
            await asyncio.sleep(max(0.0, sent - (loop.time() - began)))
            self.watch.touched()

    async def hush(self) -> None:
        """Speaking ends."""
        speaking, self.speaking = self.speaking, None
        if speaking and not speaking.done():
            speaking.cancel()
            await asyncio.wait({speaking})

    async def interrupted(self) -> None:
        await self.hush()
        listening, self.listening = self.listening, None
        if listening:
            await listening.drop()


def message(id: str, heard: dict[str, Any]) -> Incoming:
    """What was heard as if it had been typed."""
    return Incoming.model_validate({"id": id, "text": heard["text"]})


def how(heard: dict[str, Any]) -> dict[str, Any]:
    """What the assistant is told of how a message was heard."""
    return {key: heard.get(key) for key in ("uncertain", "confidence", "raw")}


@router.post("/api/voice")
async def as_file(
    request: Request,
    chat: Annotated[Chat, Depends(chat_of)],
    session: Annotated[tuple[str, Identity], Depends(session_of)],
    id: Annotated[str, Query(min_length=1, max_length=64)],
    conversation: Annotated[str | None, Query(max_length=64)] = None,
) -> dict[str, Any]:
    """A voice message of any form, the body being the file. The same `id` again gets the same answer."""
    talk, _ = await chat.get(conversation, usable(session[1]))
    if id in talk.replies:
        return {**talk.replies[id], "conversation": talk.id}
    if int(request.headers.get("content-length") or 0) > MAX_FILE:
        raise TooLarge(detail="content-length")
    chat.limits.listen(talk.identity.sub)
    hearing: Hearing = request.app.state.hearing
    heard = await hearing.transcribe(limited(request.stream()), talk.expects)
    if not str(heard.get("text") or "").strip():
        return {"type": "nothing_heard", "text": NOTHING, "heard": heard, "conversation": talk.id}
    frame = await chat.turn(talk, message(id, heard), how(heard))
    if frame["type"] == "reply":
        frame = {**frame, "heard": heard}
        talk.remember(id, frame)
    return {**frame, "heard": heard, "conversation": talk.id}


async def limited(stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The body as it comes. Raises TooLarge as soon as it is."""
    size = 0
    async for chunk in stream:
        size += len(chunk)
        if size > MAX_FILE:
            raise TooLarge(detail="body")
        yield chunk
