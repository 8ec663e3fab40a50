"""`POST /ear` and `POST /speak`: what is said of a reply, and the sound of it."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from voice.speak.ear import for_the_ear
from voice.speak.speaker import FASTEST, MAX_TEXT, RATE, SLOWEST, speaker

MEDIA_TYPE = f"audio/L16;rate={RATE};channels=1"

router = APIRouter()


class Reply(BaseModel):
    """The messages of a reply of the assistant, and whether others may hear it (a kiosk in a hall)."""

    messages: list[dict[str, Any]] = Field(max_length=50)
    public: bool = True


class Words(BaseModel):
    """What is to be said; `rate` 1 is the usual speed."""

    text: str = Field(max_length=MAX_TEXT)
    rate: float = Field(1.0, ge=SLOWEST, le=FASTEST)


@router.post("/ear")
def ear(reply: Reply) -> dict[str, str]:
    """The text for the ear; empty where nothing of it may be said aloud."""
    return {"text": for_the_ear(reply.messages, public=reply.public)}


@router.post("/speak")
def speak(words: Words) -> StreamingResponse:
    """16-bit little-endian mono, a sentence at a time; who closes the connection ends it. Raises SpeechError."""
    chunks: Iterator[bytes] = speaker.say(words.text, words.rate)
    # The first sentence before the answer begins: where there is no voice, the answer is an error.
    first = next(chunks, b"")
    return StreamingResponse(chain((first,), chunks), media_type=MEDIA_TYPE)
