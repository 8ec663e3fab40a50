"""What kind of sound a file holds, by its content: names and declared types are never believed."""

from __future__ import annotations

from collections.abc import Callable

LOOK = 4096
"""How far into a file the first frame of a stream without a header is looked for (after tags and zeros)."""

_MP4_BOXES = (b"ftyp", b"styp", b"moov", b"mdat", b"wide", b"free", b"skip")
_MP3_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_MP3_KBITS = {
    # (MPEG 1, layer) and (MPEG 2 and 2.5, layer): ISO 11172-3 and 13818-3, table of bit rates.
    (True, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}


def kind_of(data: bytes) -> str | None:
    """wav, w64, ogg, webm, m4a, mp3, aac, amr, flac, silk, aiff, caf, au; None where it is none of them."""
    if data[:4] in (b"RIFF", b"RF64") and data[8:12] == b"WAVE":
        return "wav"
    if data.removeprefix(b"\x02").startswith(b"#!SILK_V3"):
        return "silk"
    if data[:4] == b"FORM" and data[8:12] in (b"AIFF", b"AIFC"):
        return "aiff"
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            return kind
    if data[4:8] in _MP4_BOXES:
        return "m4a"
    if data.startswith(b"ID3") and len(data) > 10:
        # The tag's length has seven bits a byte.
        size = sum((byte & 0x7F) << shift for byte, shift in zip(data[6:10], (21, 14, 7, 0), strict=True))
        return kind_of(data[10 + size :].lstrip(b"\0")) if size else _stream(data[10:])
    return _stream(data)


_MAGIC = (
    (b"OggS", "ogg"),
    (b"\x1a\x45\xdf\xa3", "webm"),
    (b"fLaC", "flac"),
    (b"#!AMR-WB\n", "amr"),
    (b"#!AMR\n", "amr"),
    (b"caff", "caf"),
    (b".snd", "au"),
    (b"riff\x2e\x91\xcf\x11", "w64"),
)


def _stream(data: bytes) -> str | None:
    """mp3 or aac, which have no header: two frames that follow each other, as far as there are two."""
    place = len(data) - len(data.lstrip(b"\0"))
    end = min(len(data) - 4, place + LOOK)
    while place <= end:
        place = data.find(b"\xff", place, end + 1)
        if place < 0:
            return None
        for kind, length_of in _FRAMES:
            length = length_of(data, place)
            following = place + length
            if length and following + 4 <= len(data) and length_of(data, following):
                return kind
            if length and following == len(data):
                return kind
        place += 1
    return None


def _adts(data: bytes, place: int) -> int:
    """The length of the ADTS frame that begins here, 0 where none does."""
    head = data[place : place + 7]
    if len(head) < 6 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0 or (head[2] >> 2) & 15 > 12:
        return 0
    length = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    return length if length > 7 else 0


def _mpeg(data: bytes, place: int) -> int:
    """The length of the MPEG audio frame that begins here, 0 where none does."""
    head = data[place : place + 4]
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return 0
    version, layer = (head[1] >> 3) & 3, 4 - ((head[1] >> 1) & 3)
    bits, rate, pad = head[2] >> 4, (head[2] >> 2) & 3, (head[2] >> 1) & 1
    if version == 1 or layer == 4 or bits in (0, 15) or rate == 3:
        return 0
    speed = _MP3_KBITS[version == 3, layer][bits - 1] * 1000
    hertz = _MP3_RATES[version][rate]
    if layer == 1:
        return (12 * speed // hertz + pad) * 4
    return (72 if layer == 3 and version != 3 else 144) * speed // hertz + pad


_FRAMES: tuple[tuple[str, Callable[[bytes, int], int]], ...] = (("aac", _adts), ("mp3", _mpeg))
