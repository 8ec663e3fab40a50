"""Speech in a file → what was meant: any form of audio, decoded, recognised, repaired. Also `POST /transcribe`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import anyio.to_thread
import orjson
from anyio import CapacityLimiter
from fastapi import APIRouter, Request

from voice.audio.decoder import AT_ONCE, MAX_BYTES, MAX_SECONDS, Sound, decode
from voice.audio.errors import AudioError
from voice.errors import BadMessage
from voice.expect import FREE, Expectation, Option, phrases
from voice.recognise.hearing import WHOLE, meant
from voice.recognise.model import Model
from voice.recognise.session import Recogniser
from voice.repair import Heard, Vocabulary
from voice.spoken import spoken

MOST_EXPECTED = 16 * 1024
"""Characters of an expectation: a list of options is a tenth of it."""

router = APIRouter()
# Files wait for each other, so that those who speak at this moment are heard first.
_LIMITER = CapacityLimiter(AT_ONCE)


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was heard in a file, and what kind of file it was (wav, ogg, amr …)."""

    heard: Heard
    kind: str

    def as_dict(self) -> dict[str, Any]:
        """JSON of docs/protocols/voice.md: Heard with `kind`."""
        return {**self.heard.as_dict(), "kind": self.kind}


def transcribe(
    data: bytes,
    model: Model,
    vocabulary: Vocabulary,
    *,
    expectation: Expectation = FREE,
    hints: Sequence[str] = (),
    max_seconds: float = MAX_SECONDS,
) -> Transcript:
    """What is said in a file of any form. Blocks for a tenth of the sound's length or less.

    `hints` are words and phrases that restrict what is heard, in place of those that `expectation` stands for. Raises
    AudioError, and BadMessage where the model knows none of the hints' words.
    """
    sound = decode(data, max_seconds=max_seconds)
    if hints:
        expectation = hinted(hints)
        said = [form for hint in hints for form in spoken(hint)] or list(hints)
    else:
        said = phrases(expectation, vocabulary)
    return Transcript(_hear(model, sound, said, expectation, vocabulary), sound.kind)


def hinted(hints: Sequence[str]) -> Expectation:
    """The state in which exactly these are offered."""
    options = tuple(Option(str(place), hint, (hint,)) for place, hint in enumerate(hints))
    return Expectation(kinds=("choice",), options=options)


def _hear(
    model: Model, sound: Sound, said: Sequence[str], expectation: Expectation, vocabulary: Vocabulary
) -> Heard:
    recogniser = Recogniser(model, rules=WHOLE)
    recogniser.listen_for(said)
    recogniser.feed(sound.pcm)
    return meant(recogniser.finish(), expectation, vocabulary)


@router.post("/transcribe")
async def transcribe_file(request: Request, expects: str | None = None) -> dict[str, Any]:
    """The body is the file; `expects` is the assistant's expectation as JSON. Raises AudioError, BadMessage."""
    expectation = _expectation(expects)
    data = await _body(request)
    state = request.app.state
    transcript = await anyio.to_thread.run_sync(
        lambda: transcribe(data, state.model, state.hospital.words(), expectation=expectation),
        limiter=_LIMITER,
    )
    return transcript.as_dict()


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BYTES:
            raise AudioError("too_large")
    return bytes(body)


def _expectation(expects: str | None) -> Expectation:
    if not expects:
        return FREE
    if len(expects) > MOST_EXPECTED:
        raise BadMessage("expects 太长了。", detail=f"{len(expects)} characters")
    try:
        content = orjson.loads(expects)
    except orjson.JSONDecodeError:
        raise BadMessage("expects 不是 JSON。", detail="not JSON") from None
    if not isinstance(content, dict):
        raise BadMessage("expects 要是一个 JSON 对象。", detail=type(content).__name__)
    return Expectation.of(content)
