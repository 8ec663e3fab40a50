"""What the tests speak to the simulated HIS with: a small MLLP client and the messages of the profile."""

import asyncio
import itertools
import socket
from typing import Any

from simulator.hospital.hl7 import Message, parse

START, END = b"\x0b", b"\x1c\x0d"
_numbers = itertools.count(1)


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def message(type: str, *segments: str, charset: str = "UNICODE UTF-8") -> str:
    number = next(_numbers)
    head = f"MSH|^~\\&|MENZHEN|FRONTDESK|HIS|HOSPITAL|20261123080000||{type}|T{number}|P|2.4||||||{charset}"
    return "\r".join([head, *segments]) + "\r"


def hold(placer: str, mrn: str, slot: str, seconds: int = 900) -> str:
    return message(
        "SRM^S01^SRM_S01",
        f"ARQ|{placer}|||||HOLD|||||||||operator^^微信小程序",
        f"PID|||{mrn}^^^HIS^MR",
        "RGS|1|A",
        "AIS|1|A|0403",
        f"ZSL|{slot}",
        f"ZHD|{seconds}",
    )


def confirm(placer: str, filler: str, order: str, fen: int) -> str:
    return message(
        "SRM^S03^SRM_S01", f"ARQ|{placer}|{filler}||||CONFIRM", f"ZPY|{order}|{fen}|20261123090000|WECHAT"
    )


def cancel(placer: str, filler: str) -> str:
    return message("SRM^S04^SRM_S01", f"ARQ|{placer}|{filler}||||CANCEL^不去了")


def reschedule(placer: str, filler: str, slot: str) -> str:
    return message("SRM^S02^SRM_S01", f"ARQ|{placer}|{filler}||||RESCHEDULE", f"ZSL|{slot}")


def check_in(mrn: str, filler: str) -> str:
    return message(
        "ADT^A04^ADT_A01", "EVN|A04|20261123080000", f"PID|||{mrn}^^^HIS^MR", "PV1||O" + "|" * 17 + filler
    )


def slots(
    department: str = "", start: str = "20261124", end: str = "20261126", one: str = "", limit: int = 200
) -> str:
    body = [f"QRD|20261123080000|R|I|TAG|||{limit}^RD||SCH", f"QRF|HIS|{start}|{end}"]
    if department:
        body.append(f"AIS|1||{department}")
    if one:
        body.append(f"ZSL|{one}")
    return message("SQM^S25^SQM_S25", *body)


class Client:
    """One MLLP connection; `ask` sends a message and reads the answer."""

    def __init__(self, port: int, codec: str = "utf-8") -> None:
        self.port, self.codec = port, codec
        self.reader: asyncio.StreamReader
        self.writer: asyncio.StreamWriter

    async def __aenter__(self) -> "Client":
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 22)
        return self

    async def __aexit__(self, *_: Any) -> None:
        self.writer.close()

    async def ask(self, text: str) -> Message:
        return await self.raw(text.encode(self.codec))

    async def raw(self, content: bytes, seconds: float = 20) -> Message:
        self.writer.write(START + content + END)
        return await self.answer(seconds)

    async def answer(self, seconds: float = 20) -> Message:
        async with asyncio.timeout(seconds):
            frame = await self.reader.readuntil(END)
        return parse(frame[1:-2].decode(self.codec))


def code(answer: Message) -> str:
    """`AA`, or the refusal's code."""
    msa = answer.first("MSA")
    return "AA" if msa.get(1) == "AA" else msa.get(3)
