"""Decodes strangers' audio: `python -m voice.audio.child`, started by `voice.audio.decoder`, one fork a file.

The first process loads the libraries once and only forks. Each fork has its own limits of memory and time, reads one
file from its own socket, answers, and is gone: a file that crashes or fills it takes nothing else along, and nothing of
one person's file is left when the next comes. Standard input is the socket over which jobs arrive.
"""

import io
import os
import resource
import signal
import socket
import struct

import av
import pysilk

from voice.audio import silk
from voice.audio.wire import ANSWER, BROKEN, DONE, JOB, NO_AUDIO, RATE, READY, TOO_COSTLY, TOO_LONG
from voice.process import receive

MEMORY = 192 << 20
"""Bytes a fork may take beyond what the libraries themselves occupy; a minute of sound needs 20 MB."""
CPU_SECONDS, WALL_SECONDS = 5, 15
"""A minute of any of these formats is decoded within a second."""

DEMUXERS = {"webm": "matroska", "m4a": "mov", "silk": ""}
"""FFmpeg's name where it is not ours. The demuxer is told, never guessed: a guess would follow playlists elsewhere."""
CODECS = (
    "aac,aac_latm,ac3,alac,amrnb,amrwb,flac,gsm,gsm_ms,mp1,mp2,mp3,mp1float,mp2float,mp3float,opus,vorbis,"
    "pcm_alaw,pcm_mulaw,pcm_u8,pcm_s8,pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,pcm_s32le,pcm_s32be,"
    "pcm_f32le,pcm_f32be,pcm_f64le,pcm_f64be,adpcm_ms,adpcm_ima_wav,adpcm_ima_qt,g726,g722"
)
GRACE = 0.5
"""Seconds: a message of exactly the longest length is padded by its coder."""
LOWEST_RATE, HIGHEST_RATE, MOST_CHANNELS = 4_000, 192_000, 8


class Refused(Exception):
    """Ends a job with one of the reasons of `wire`."""

    def __init__(self, reason: int, detail: str = "") -> None:
        super().__init__(detail)
        self.reason = reason


def main() -> None:
    """Forks for each job that arrives, until the parent is gone."""
    jobs = socket.socket(fileno=0)
    # The library loads parts of itself when they are first used; a fork may open no file any more.
    decode(_hush(), "wav", 1.0)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        message, handles, _, _ = socket.recv_fds(jobs, 1, 1)
        if not message:
            return
        if os.fork() == 0:
            # Whatever happens, a fork ends here and never runs on as a second parent.
            try:
                jobs.close()
                work(socket.socket(fileno=handles[0]))
            finally:
                os._exit(0)
        os.close(handles[0])


def _hush() -> bytes:
    """A tenth of a second of silence as WAV."""
    head = (
        b"WAVEfmt "
        + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16)
        + b"data"
        + struct.pack("<I", 1600)
    )
    return b"RIFF" + struct.pack("<I", len(head) + 1600) + head + bytes(1600)


def work(connection: socket.socket) -> None:
    """One file, within the limits."""
    confine()
    connection.sendall(READY)
    seconds, size, kind = JOB.unpack(receive(connection, JOB.size))
    data = receive(connection, size)
    try:
        answer, body = DONE, decode(data, kind.rstrip(b"\0").decode(), seconds)
    except Refused as error:
        answer, body = error.reason, str(error).encode()
    except MemoryError:
        answer, body = TOO_COSTLY, b"memory"
    connection.sendall(ANSWER.pack(answer, len(body)) + body)


def confine() -> None:
    """The kernel ends this process where it takes too much; it can open and write no file."""
    with open("/proc/self/statm", encoding="ascii") as pages:
        mapped = int(pages.read().split()[0]) * resource.getpagesize()
    signal.alarm(WALL_SECONDS)
    for limit, value in (
        (resource.RLIMIT_AS, mapped + MEMORY),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 0),
    ):
        resource.setrlimit(limit, (value, value))


def decode(data: bytes, kind: str, seconds: float) -> bytes:
    """The file as 16-bit little-endian mono at `RATE`. Raises Refused, MemoryError."""
    if kind == "silk":
        return _silk(data, seconds)
    options = {"codec_whitelist": CODECS}
    try:
        with av.open(io.BytesIO(data), "r", format=DEMUXERS.get(kind, kind), options=options) as container:
            if not container.streams.audio:
                raise Refused(NO_AUDIO)
            return _sound(container, container.streams.audio[0], seconds)
    except (av.FFmpegError, ValueError, EOFError) as error:
        raise Refused(BROKEN, type(error).__name__) from None


def _sound(container: "av.container.InputContainer", stream: "av.AudioStream", seconds: float) -> bytes:
    """What can be decoded, up to the first fault of the container; damaged packets are left out."""
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    sound = bytearray()
    heard = 0.0
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
            frames = packet.decode()
        except StopIteration:
            break
        except av.error.InvalidDataError:
            # A damaged packet, or the container ends in the middle of one. Nothing comes after the latter.
            continue
        except av.FFmpegError:
            break
        for frame in frames:
            if not isinstance(frame, av.AudioFrame) or not frame.samples:
                continue
            if not (
                LOWEST_RATE <= frame.sample_rate <= HIGHEST_RATE and frame.layout.nb_channels <= MOST_CHANNELS
            ):
                raise Refused(BROKEN, f"{frame.sample_rate} Hz, {frame.layout.nb_channels} channels")
            heard += frame.samples / frame.sample_rate
            # Before it is resampled: a second at 1 Hz must not become a million samples first.
            if heard > seconds + GRACE:
                raise Refused(TOO_LONG)
            sound += _samples(resampler.resample(frame))
    if heard:
        sound += _samples(resampler.resample(None))
    if not sound:
        raise Refused(BROKEN, "no frame")
    return bytes(sound)


def _samples(frames: "list[av.AudioFrame]") -> bytes:
    return b"".join(bytes(memoryview(frame.planes[0])[: frame.samples * 2]) for frame in frames)


def _silk(data: bytes, seconds: float) -> bytes:
    try:
        parts = silk.packets(data)
    except ValueError as error:
        raise Refused(BROKEN, str(error)) from None
    if not parts:
        raise Refused(BROKEN, "no packet")
    if len(parts) * silk.PACKET_SECONDS[0] > seconds + GRACE:
        raise Refused(TOO_LONG)
    try:
        sound: bytes = pysilk.decode(silk.joined(parts), sample_rate=RATE)
    except Exception as error:
        # The library raises its own bare exceptions.
        raise Refused(BROKEN, type(error).__name__) from None
    if len(sound) > (seconds + GRACE) * RATE * 2:
        raise Refused(TOO_LONG)
    return sound


if __name__ == "__main__":
    main()
