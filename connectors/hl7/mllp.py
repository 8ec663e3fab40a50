"""MLLP framing: `0x0B message 0x1C 0x0D`."""

import asyncio

from connectors.hl7.errors import HL7Error

START, END = b"\x0b", b"\x1c\r"
MAX_FRAME = 4 * 1024 * 1024


def frame(payload: bytes) -> bytes:
    """A message as it goes over the wire."""
    return START + payload + END


async def read_frame(reader: asyncio.StreamReader) -> bytes | None:
    """The next message's bytes; None at an orderly end between messages.

    Line breaks before the start byte are skipped. Anything else outside a frame, half a frame and one above the
    reader's limit raise HL7Error: the connection cannot be trusted any more.
    """
    try:
        start = await reader.readexactly(1)
        while start in b"\r\n":
            start = await reader.readexactly(1)
    except asyncio.IncompleteReadError:
        return None
    if start != START:
        raise HL7Error("MLLP 数据没有起始符。", detail="no MLLP start byte")
    try:
        return (await reader.readuntil(END))[: -len(END)]
    except asyncio.IncompleteReadError:
        raise HL7Error("MLLP 消息只收到一半。", detail="connection ended inside a frame") from None
    except asyncio.LimitOverrunError:
        raise HL7Error("MLLP 消息过大。", detail="frame above the limit") from None
