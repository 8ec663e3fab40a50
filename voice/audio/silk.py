"""SILK as WeChat and QQ send it: the chain of its packets, which the decoder itself does not check (it crashes)."""

from __future__ import annotations

HEADER = b"#!SILK_V3"
LARGEST = 1024
"""No encoder makes longer packets, and the decoder has no room for them."""
PACKET_SECONDS = (0.02, 0.1)
"""A packet holds one to five frames of 20 ms."""


def packets(data: bytes) -> list[bytes]:
    """The whole packets of a file, in order; what was cut off at its end is left out.

    Raises ValueError where there is no header, or where a length cannot be one.
    """
    body = data.removeprefix(b"\x02")
    if not body.startswith(HEADER):
        raise ValueError("no SILK header")
    found, place = [], len(HEADER)
    while place + 2 <= len(body):
        length = int.from_bytes(body[place : place + 2], "little", signed=True)
        if length < 0:
            break
        if length > LARGEST:
            raise ValueError(f"a packet of {length} bytes")
        packet = body[place + 2 : place + 2 + length]
        if len(packet) < length:
            break
        if packet:
            found.append(packet)
        place += 2 + length
    return found


def joined(parts: list[bytes]) -> bytes:
    """The packets as a file of WeChat's form, with the mark at its end."""
    chain = b"".join(len(part).to_bytes(2, "little") + part for part in parts)
    return b"\x02" + HEADER + chain + b"\xff\xff"
