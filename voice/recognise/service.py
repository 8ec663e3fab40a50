"""The WebSocket `/`: vosk-server's messages, with a token, limits, and an error message before every close."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, TypeVar

import orjson
from fastapi import WebSocket, WebSocketDisconnect

from common import logs, tokens
from common.errors import MenzhenError
from voice.errors import BadMessage, Busy, Idle, TokenMissing, TooMuchAudio, VoiceError
from voice.expect import FREE, Expectation, phrases
from voice.hospital import Hospital
from voice.recognise.habits import Habits
from voice.recognise.hearing import meant
from voice.recognise.limits import (
    IDLE_SECONDS,
    MAX_FRAME,
    MAX_SECONDS,
    SEND_SECONDS,
    SOCKETS_PER_SESSION,
    STOPPED_SECONDS,
    TOKEN_SECONDS,
    WARM,
)
from voice.recognise.model import Model
from voice.recognise.protocol import Config, Control, Eof, Reset, Token, final, parse
from voice.recognise.session import Recogniser, Utterance
from voice.recognise.silence import End
from voice.repair import Heard

log = logs.logger("voice")
T = TypeVar("T")


class Service:
    """What all sockets share: the model, the hospital's words, the threads that decode, the places for speakers."""

    def __init__(
        self, model: Model, hospital: Hospital, pool: ThreadPoolExecutor, sessions: int, habits: Habits
    ) -> None:
        self.model, self.hospital, self.pool, self.habits = model, hospital, pool, habits
        self.sessions = sessions
        self.speaking = 0
        self.warm: list[Recogniser] = []
        self.open = 0
        self.strangers = 0

    async def run(self, work: Callable[..., T], *arguments: Any) -> T:
        """In a thread of the pool; decoding leaves Python's lock to others."""
        return await asyncio.get_running_loop().run_in_executor(self.pool, work, *arguments)

    def take(self, rate: int) -> Recogniser | None:
        """A recogniser of free speech that somebody used before."""
        found = next((each for each in self.warm if each.rate == rate), None)
        if found:
            self.warm.remove(found)
        return found

    def give(self, recogniser: Recogniser) -> None:
        """Keeps one that is between utterances, if there is room."""
        if not recogniser.restricted and len(self.warm) < WARM:
            self.warm.append(recogniser)

    async def serve(self, socket: WebSocket) -> None:
        """One socket from its opening to its end."""
        await Connection(self, socket).run()


class Connection:
    """One socket. Frames are worked off one after another: while sound is decoded nothing more is read, so that a client
    that is faster than its recogniser waits in its own send. Nothing is taken up before there is sound."""

    def __init__(self, service: Service, socket: WebSocket) -> None:
        self.service, self.socket = service, socket
        self.rate = int(service.habits.sample_rate)
        self.words = service.habits.show_words
        self.alternatives = service.habits.alternatives
        self.held = False
        self.phrases: tuple[str, ...] | None = None
        self.expects: Expectation = FREE
        self.recogniser: Recogniser | None = None
        self.samples = 0.0
        self.offset = 0.0
        self.admitted = False

    async def run(self) -> None:
        await self.socket.accept()
        try:
            await self._admit()
            while await self._next():
                pass
            await self.socket.close(1000)
        except WebSocketDisconnect:
            log.debug("client_left")
        except MenzhenError as error:
            await self._refuse(error)
        except Exception as error:
            log.error("session_failed", error=type(error).__name__, exc_info=error)
            await self._refuse(VoiceError())
        finally:
            self._leave()
            self.service.open -= self.admitted

    async def _admit(self) -> None:
        """Raises NotAuthorised, Forbidden, Busy. Those who have shown nothing yet are counted by themselves: they keep
        nobody out who has a token."""
        limit = self.service.sessions * SOCKETS_PER_SESSION
        header = self.socket.headers.get("authorization")
        if header is None:
            if self.service.strangers >= limit:
                raise Busy(detail="sockets without a token")
            self.service.strangers += 1
            try:
                header = f"Bearer {await self._token()}"
            finally:
                self.service.strangers -= 1
        tokens.need_role(tokens.bearer(header), "service")
        if self.service.open >= limit:
            raise Busy(detail="sockets")
        self.service.open += 1
        self.admitted = True

    async def _token(self) -> str:
        first = await self._receive(TOKEN_SECONDS, TokenMissing(detail="no token in time"))
        control = parse(first) if isinstance(first, str) else None
        if not isinstance(control, Token):
            raise TokenMissing(detail="first frame is no token")
        return control.token

    async def _next(self) -> bool:
        """One frame; False after the last."""
        if self.recogniser:
            try:
                frame = await self._receive(STOPPED_SECONDS, Idle())
            except Idle:
                return await self._stopped(self.recogniser)
        else:
            frame = await self._receive(IDLE_SECONDS, Idle(detail="no frame"))
        if isinstance(frame, bytes):
            await self._sound(frame)
            return True
        return await self._control(parse(frame))

    async def _control(self, control: Control) -> bool:
        match control:
            case Config():
                await self._configure(control)
            case Reset():
                await self._finish("reset")
            case Eof():
                await self._finish("eof")
                return False
            case Token():
                raise BadMessage("已经验证过了。", detail="second token")
        return True

    async def _configure(self, config: Config) -> None:
        if config.rate is not None and config.rate != self.rate:
            if self.recogniser and self.recogniser.seconds:
                raise BadMessage("说话中途不能改采样率。", detail="sample_rate within an utterance")
            self.rate = config.rate
            self._leave()
        self.words = self.words if config.words is None else config.words
        self.alternatives = self.alternatives if config.alternatives is None else config.alternatives
        self.held = self.held if config.held is None else config.held
        if config.expects is not None:
            # A new question: the list of an older one is over, unless a new list comes with it.
            self.expects, self.phrases = config.expects, None
        if config.phrases is not None:
            self.phrases = config.phrases
        if self.recogniser:
            self.recogniser.hold(self.held)
            await self.service.run(self._restrict, self.recogniser)
        elif self.phrases:
            # A list that cannot be said is told of now, not at the first sound.
            await self.service.run(self.service.model.grammars.of, self.phrases)

    async def _sound(self, pcm: bytes) -> None:
        """One answer for each frame: a partial text, or a final for each utterance that ended in it."""
        if len(pcm) > MAX_FRAME:
            raise TooMuchAudio(f"一段声音最多 {MAX_FRAME // 1024} KB。", detail=f"frame of {len(pcm)}")
        self.samples += len(pcm) / 2
        if self.samples / self.rate > MAX_SECONDS:
            raise TooMuchAudio(detail="connection")
        if self.recogniser is None:
            self.offset = (self.samples - len(pcm) / 2) / self.rate
            self.recogniser = await self._enter()
        recogniser = self.recogniser
        ended = await self.service.run(recogniser.feed, pcm)
        for utterance in ended:
            await self._final(utterance)
        if not ended:
            await self._send({"partial": recogniser.partial})

    async def _enter(self) -> Recogniser:
        """Takes a place for a speaker. Raises Busy."""
        if self.service.speaking >= self.service.sessions:
            raise Busy(detail=f"{self.service.speaking} sessions")
        self.service.speaking += 1
        try:
            free = self.expects.open if self.phrases is None else not self.phrases
            return await self.service.run(self._make, self.service.take(self.rate) if free else None)
        except BaseException:
            self.service.speaking -= 1
            raise

    def _make(self, warm: Recogniser | None) -> Recogniser:
        if warm:
            warm.renew(self.alternatives)
        recogniser = warm or Recogniser(self.service.model, self.rate, alternatives=self.alternatives)
        recogniser.hold(self.held)
        self._restrict(recogniser)
        return recogniser

    def _restrict(self, recogniser: Recogniser) -> None:
        wanted = self.phrases
        if wanted is None:
            wanted = tuple(phrases(self.expects, self.service.hospital.words()))
        recogniser.listen_for(wanted)

    def _leave(self, *, finished: bool = False) -> None:
        """Gives the place back. `finished`: no thread is at work on the recogniser, and no utterance is under way."""
        if self.recogniser:
            if finished:
                self.service.give(self.recogniser)
            self.recogniser = None
            self.service.speaking -= 1

    async def _stopped(self, recogniser: Recogniser) -> bool:
        """No sound came for a while: what was said counts, and the place is free for another."""
        if recogniser.seconds:
            await self._final(await self.service.run(recogniser.finish, "stopped"))
        self._leave(finished=True)
        return True

    async def _finish(self, end: End) -> None:
        if self.recogniser:
            await self._final(await self.service.run(self.recogniser.finish, end))
            self._leave(finished=True)
        else:
            await self._final(Utterance((), 0.0, 0.0, end))

    async def _final(self, utterance: Utterance) -> None:
        heard = await self.service.run(self._meant, utterance)
        # A recogniser counts from the first sound that it was given, the client from the stream's.
        utterance = replace(utterance, start=utterance.start + self.offset)
        await self._send(final(utterance, heard, words=self.words, alternatives=self.alternatives))

    def _meant(self, utterance: Utterance) -> Heard:
        return meant(utterance, self.expects, self.service.hospital.words())

    async def _receive(self, seconds: float, otherwise: VoiceError) -> str | bytes:
        """The next frame. Raises `otherwise` where none comes in time, WebSocketDisconnect."""
        try:
            message = await asyncio.wait_for(self.socket.receive(), seconds)
        except TimeoutError:
            raise otherwise from None
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005))
        text, data = message.get("text"), message.get("bytes")
        return text if text is not None else data or b""

    async def _send(self, content: dict[str, Any]) -> None:
        """Raises WebSocketDisconnect where the client does not take its answers."""
        try:
            await asyncio.wait_for(self.socket.send_text(orjson.dumps(content).decode()), SEND_SECONDS)
        except (TimeoutError, RuntimeError):
            raise WebSocketDisconnect(1006) from None

    async def _refuse(self, error: MenzhenError) -> None:
        """The sentence, then the close."""
        if not isinstance(error, VoiceError):
            error = TokenMissing(detail=error.detail)
        log.info("refused", code=error.code, detail=error.detail)
        # The client may be gone already: nobody is left to be told.
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            await self._send(error.as_json())
            await self.socket.close(error.close, error.code)
