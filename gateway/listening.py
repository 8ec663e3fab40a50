"""An utterance under way at a voice socket: limits on its sound, its answers on their way to the person."""

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from gateway.errors import BadRequest, GatewayError, VoiceUnavailable
from gateway.hearing import Utterance

if TYPE_CHECKING:
    from gateway.voice import VoiceTalk

MAX_SECONDS = 30
# Sound that stops without an end: what was said so far counts.
STALLED_SECONDS = 4.0
ANSWER_SECONDS = 10.0
NOTHING = "没有听清，请再说一次，也可以用手点屏幕。"


class Listening:
    """From `listen` to the final."""

    def __init__(self, talk: "VoiceTalk", utterance: Utterance, id: str, rate: int) -> None:
        self.talk, self.utterance, self.id = talk, utterance, id
        self.left = MAX_SECONDS * rate * 2
        self.ended = False
        self.timer = asyncio.get_running_loop().call_later(STALLED_SECONDS, self.stalled)
        self.ending: asyncio.Task[None] | None = None
        self.answering = asyncio.create_task(self.answer())

    async def feed(self, pcm: bytes) -> None:
        """Raises BadRequest for half a sample, VoiceUnavailable."""
        if self.ended:
            return
        if len(pcm) % 2:
            await self.talk.interrupted()
            raise BadRequest("录音的格式不对，要 16 位单声道。", code="bad_sound")
        self.wait(STALLED_SECONDS)
        await self.utterance.feed(pcm[: self.left])
        self.left -= len(pcm)
        if self.left <= 0:
            await self.end()

    async def expect(self, expects: dict[str, Any]) -> None:
        """The question changed while the person spoke: a tap was answered, or a payment came in."""
        if not self.ended:
            # The answering task tells of a recogniser that is gone.
            with contextlib.suppress(VoiceUnavailable):
                await self.utterance.expect(expects)

    async def tapped(self) -> None:
        """The press was a tap: nobody tells the end, the silence after the words does."""
        if not self.ended:
            with contextlib.suppress(VoiceUnavailable):
                await self.utterance.let_go()

    async def end(self) -> None:
        """The person has finished, or has spoken for too long."""
        if not self.ended:
            self.ended = True
            self.wait(ANSWER_SECONDS)
            await self.utterance.end()

    def wait(self, seconds: float) -> None:
        self.timer.cancel()
        self.timer = asyncio.get_running_loop().call_later(seconds, self.stalled)

    def stalled(self) -> None:
        """No sound came, or no answer: first the end is told to the recogniser, then the person hears of it."""
        self.ending = asyncio.create_task(self.give_up() if self.ended else self.end_quietly())

    async def end_quietly(self) -> None:
        # The answering task tells of a recogniser that is gone.
        with contextlib.suppress(VoiceUnavailable):
            await self.end()

    async def give_up(self) -> None:
        await self.talk.interrupted()
        await self.talk.deliver({"type": "nothing_heard", "id": self.id, "text": NOTHING})

    async def answer(self) -> None:
        """Partial texts, then the final; errors with their sentence."""
        try:
            async for frame in self.utterance.answers():
                if "heard" in frame:
                    self.finished()
                    return await self.talk.heard(self.id, frame["heard"])
                if frame.get("partial"):
                    self.talk.watch.touched()
                    await self.talk.deliver({"type": "partial", "text": frame["partial"]})
            raise VoiceUnavailable(detail="no final")
        except GatewayError as error:
            self.finished()
            told = {"type": "error", "to": self.id, "code": error.code, "message": error.message}
            await self.talk.deliver(told)
        finally:
            await self.utterance.close()

    def finished(self) -> None:
        self.timer.cancel()
        self.ended = True
        if self.talk.listening is self:
            self.talk.listening = None

    async def drop(self) -> None:
        """Nobody wants the answer any more."""
        self.finished()
        self.answering.cancel()
        await asyncio.wait({self.answering})
