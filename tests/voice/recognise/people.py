"""What the tests of the socket share: states of the dialogue, and people at the other end."""

import asyncio

import httpx

from tests.voice.sounds import quiet, say
from tests.voice.talker import Talker

DEPARTMENT = {"kinds": ["department"], "slot": "department", "flow": "book_appointment", "options": []}
YES_NO = {"kinds": ["yes_no"], "slot": None, "flow": "book_appointment", "options": []}
CHOICE = {
    "kinds": ["choice"],
    "slot": "appointment_slot",
    "flow": "book_appointment",
    "options": [
        {"id": "a", "title": "王长河 主任医师 9:00", "words": ["王长河", "王医生", "九点"]},
        {"id": "b", "title": "李敏 14:30", "words": ["李敏", "李医生"]},
    ],
}


async def heard(talker: Talker, text: str, expects: dict, pcm: bytes | None = None) -> dict:
    async with talker.line(sample_rate=16_000, expects=expects) as line:
        return (await line.hear(pcm or say(text)))["heard"]


def silent(talker: Talker, count: int) -> "Lines":
    return Lines(talker, count, b"")


def speakers(talker: Talker, count: int) -> "Lines":
    return Lines(talker, count, quiet(0.3))


class Lines:
    """So many open sockets, each having sent this."""

    def __init__(self, talker: Talker, count: int, sound: bytes) -> None:
        self.talker, self.count, self.sound = talker, count, sound

    async def __aenter__(self) -> list:
        self.open = [self.talker.line(sample_rate=16_000, expects=DEPARTMENT) for _ in range(self.count)]
        lines = [await line.__aenter__() for line in self.open]
        if self.sound:
            for line in lines:
                await line.ask(self.sound)
        return lines

    async def __aexit__(self, *_: object) -> None:
        for line in self.open:
            await line.__aexit__(None, None, None)


async def until_nobody_speaks(talker: Talker) -> None:
    url = talker.url.replace("ws", "http", 1) + "ready"
    async with httpx.AsyncClient() as client:
        for _ in range(400):
            if not (await client.get(url)).json()["speaking"]:
                return
            await asyncio.sleep(0.05)
    raise AssertionError("somebody still holds a place")
