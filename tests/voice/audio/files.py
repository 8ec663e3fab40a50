"""Sound files of every kind, made while the tests run: by PyAV's encoders, by pysilk, or by hand."""

import array
import io
import math
import struct
from fractions import Fraction

import av
import pysilk

RATE = 16_000


def tone(seconds: float, rate: int = RATE, hertz: float = 440.0) -> bytes:
    """A sine, 16-bit mono."""
    step = 2 * math.pi * hertz / rate
    return array.array("h", [int(9000 * math.sin(i * step)) for i in range(int(seconds * rate))]).tobytes()


def wav(pcm: bytes, rate: int = RATE, *, tag: int = 1, bits: int = 16, channels: int = 1) -> bytes:
    """A WAV file by hand, so that its header may also be wrong."""
    align = channels * bits // 8
    head = struct.pack("<IHHIIHH", 16, tag, channels, rate, rate * align, align, bits)
    body = b"WAVEfmt " + head + b"data" + struct.pack("<I", len(pcm)) + pcm
    return b"RIFF" + struct.pack("<I", len(body)) + body


def encoded(
    container: str, codec: str, *, seconds: float = 1.5, rate: int = RATE, layout: str = "mono"
) -> bytes:
    """A tone in this container and codec."""
    return packed(tone(seconds, rate), rate, container, codec, rate=rate, layout=layout)


def packed(
    pcm: bytes, pcm_rate: int, container: str, codec: str, *, rate: int = RATE, layout: str = "mono"
) -> bytes:
    """Sound (16-bit mono at `pcm_rate`) in this container and codec, at `rate`."""
    out = io.BytesIO()
    with av.open(out, "w", format=container) as file:
        stream = file.add_stream(codec, rate=rate)
        stream.layout = layout
        source = av.AudioFrame(format="s16", layout="mono", samples=len(pcm) // 2)
        source.planes[0].update(pcm.ljust(source.planes[0].buffer_size, b"\0"))
        source.sample_rate = pcm_rate
        source.time_base = Fraction(1, pcm_rate)
        resampler = av.AudioResampler(
            format=stream.format, layout=layout, rate=rate, frame_size=stream.codec_context.frame_size or 1024
        )
        for frame in [*resampler.resample(source), *resampler.resample(None)]:
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return out.getvalue()


def silk(seconds: float = 1.5) -> bytes:
    """A voice message as WeChat hands it over."""
    return wechat(tone(seconds, 24_000), 24_000)


def wechat(pcm: bytes, rate: int) -> bytes:
    """Sound as a WeChat voice message."""
    made: bytes = pysilk.encode(pcm, data_rate=24_000, sample_rate=rate)
    return made


def amr_wideband(seconds: float = 1.5) -> bytes:
    """AMR-WB of frames without data (no encoder at hand): silence of this length."""
    return b"#!AMR-WB\n" + bytes([0x7C]) * round(seconds * 50)


def gsm(seconds: float = 1.6) -> bytes:
    """GSM 06.10 in WAV (no encoder at hand): empty blocks of 65 bytes for 320 samples at 8 kHz."""
    pcm = bytes(65) * round(seconds * 25)
    head = struct.pack("<IHHIIHHHH", 20, 0x31, 1, 8000, 1625, 65, 0, 2, 320)
    body = b"WAVEfmt " + head + b"data" + struct.pack("<I", len(pcm)) + pcm
    return b"RIFF" + struct.pack("<I", len(body)) + body


def picture() -> bytes:
    """A film without a sound track."""
    out = io.BytesIO()
    with av.open(out, "w", format="matroska") as file:
        stream = file.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 64
        for _ in range(5):
            file.mux(stream.encode(av.VideoFrame(64, 64, "yuv420p")))
        file.mux(stream.encode(None))
    return out.getvalue()
