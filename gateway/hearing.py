"""The way to the voice process: one socket for each utterance, text for the ear, speech, voice messages."""

import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from common import logs, tokens
from common.settings import Settings
from gateway.errors import GatewayError, VoiceUnavailable

LOG = logs.logger("gateway.hearing")
CONNECT_SECONDS = 2.0
TRANSCRIBE_SECONDS = 30.0
# The text for the ear is wanted before a reply is shown: it may not keep the reply.
EAR_SECONDS = 0.8
# How long a process that did not answer is left alone.
REST_SECONDS = 3.0
RATE = 22_050


class Hearing:
    """Client of the voice process; its other end knows nothing of people or conversations."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.http = httpx.AsyncClient(base_url=settings.voice_url, timeout=CONNECT_SECONDS)
        self._rests_until = 0.0

    async def close(self) -> None:
        await self.http.aclose()

    async def listen(self, sample_rate: int, expects: dict[str, Any], held: bool = False) -> "Utterance":
        """An utterance that waits for sound; `held`: silence does not end it. Raises VoiceUnavailable."""
        url = self.settings.voice_url.replace("http", "ws", 1) + "/"
        try:
            socket = await connect(
                url, additional_headers=_token(), open_timeout=CONNECT_SECONDS, max_size=2**20, proxy=None
            )
            config = {"sample_rate": sample_rate, "words": True, "expects": expects, "held": held}
            await socket.send(_config(config))
        except (OSError, TimeoutError, InvalidHandshake, ConnectionClosed) as error:
            LOG.warning("voice does not listen", error=type(error).__name__)
            raise VoiceUnavailable(detail=type(error).__name__) from None
        return Utterance(socket)

    async def for_the_ear(self, messages: list[dict[str, Any]], public: bool) -> str | None:
        """What of these messages is said aloud; None where the voice process does not answer."""
        if not messages or time.monotonic() < self._rests_until:
            return None
        try:
            answer = await self.http.post(
                "/ear",
                content=orjson.dumps({"messages": messages, "public": public}),
                headers=_token() | {"Content-Type": "application/json"},
                timeout=EAR_SECONDS,
            )
            answer.raise_for_status()
            return str(answer.json()["text"])
        except (httpx.HTTPError, ValueError, KeyError) as error:
            LOG.warning("no text for the ear", error=type(error).__name__)
            self._rests_until = time.monotonic() + REST_SECONDS
            return None

    async def speak(self, text: str) -> AsyncIterator[bytes]:
        """16-bit mono PCM at 22,050 Hz as it is made. Raises VoiceUnavailable."""
        try:
            async with self.http.stream(
                "POST",
                "/speak",
                content=orjson.dumps({"text": text}),
                headers=_token() | {"Content-Type": "application/json"},
                timeout=10,
            ) as answer:
                answer.raise_for_status()
                async for chunk in answer.aiter_bytes(RATE // 5):
                    yield chunk
        except httpx.HTTPError as error:
            LOG.warning("voice does not speak", error=type(error).__name__)
            raise VoiceUnavailable("现在读不出声音，请看屏幕上的字。", detail=type(error).__name__) from None

    async def transcribe(self, body: AsyncIterator[bytes], expects: dict[str, Any]) -> dict[str, Any]:
        """Heard of a voice message in any form. Raises GatewayError with the voice process's own sentence, or
        VoiceUnavailable."""
        try:
            answer = await self.http.post(
                "/transcribe",
                params={"expects": orjson.dumps(expects).decode()},
                content=body,
                headers=_token(),
                timeout=TRANSCRIBE_SECONDS,
            )
            content = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            LOG.warning("voice does not transcribe", error=type(error).__name__)
            raise VoiceUnavailable("现在听不了语音，请打字告诉我。", detail=type(error).__name__) from None
        if answer.status_code != 200:
            raise _refused(content, answer.status_code)
        return dict(content)


class Utterance:
    """One thing that a person says: sound in, partial texts and one final out."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def feed(self, pcm: bytes) -> None:
        """Waits where the recogniser is behind. Raises VoiceUnavailable."""
        await self._send(pcm)

    async def expect(self, expects: dict[str, Any]) -> None:
        """Another question was asked meanwhile: what was said so far is heard again as its answer. Raises VoiceUnavailable."""
        await self._send(_config({"expects": expects}))

    async def let_go(self) -> None:
        """Nothing is held any more: from now on the silence after the words ends it. Raises VoiceUnavailable."""
        await self._send(_config({"held": False}))

    async def end(self) -> None:
        """No more sound: the final is wanted. Raises VoiceUnavailable."""
        await self._send('{"eof": 1}')

    async def answers(self) -> AsyncIterator[dict[str, Any]]:
        """`{"partial"}` and finals `{"text", "heard"}`, until the recogniser ends. Raises GatewayError with its sentence."""
        try:
            async for message in self.socket:
                frame = orjson.loads(message)
                if "error" in frame:
                    raise _refused(frame, 503)
                yield frame
        except (ConnectionClosed, ValueError) as error:
            raise VoiceUnavailable(
                "刚才的话没有听完，请再说一次，或者用手点屏幕。", detail=type(error).__name__
            ) from None

    async def close(self) -> None:
        await self.socket.close()

    async def _send(self, message: str | bytes) -> None:
        try:
            await self.socket.send(message)
        except ConnectionClosed as error:
            raise VoiceUnavailable(detail=type(error).__name__) from None


def _config(config: dict[str, Any]) -> str:
    return orjson.dumps({"config": config}).decode()


def _token() -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens.service('gateway')}"}


def _refused(content: Any, status: int) -> GatewayError:
    """The voice process's error, with its own sentence where it gives one."""
    told = content.get("error") if isinstance(content, dict) else None
    if not isinstance(told, dict) or not told.get("message"):
        return VoiceUnavailable(detail=f"status {status}")
    return GatewayError(str(told["message"]), code=str(told.get("code") or "voice"), status=status)
