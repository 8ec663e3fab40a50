"""Sound for tests: speech of the project's own speaker, noise, silence; 16-bit little-endian mono."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from voice.speak.speaker import RATE, speaker

Samples = NDArray[np.int16]


@lru_cache(maxsize=256)
def say(
    text: str, rate: int = 16_000, speed: float = 1.0, *, before: float = 0.3, after: float = 0.4
) -> bytes:
    """The text spoken, with a little quiet around it."""
    spoken = np.frombuffer(b"".join(speaker.say(text, speed)), dtype="<i2")
    loud = np.flatnonzero(np.abs(spoken.astype(int)) > 200)
    assert len(loud), f"the speaker says nothing for {text}"
    spoken = spoken[loud[0] : loud[-1] + 1]
    return quiet(before, rate) + resampled(spoken, RATE, rate).tobytes() + quiet(after, rate)


def resampled(samples: Samples, rate: int, wanted: int) -> Samples:
    """By the spectrum; good enough for short clips."""
    count = round(len(samples) * wanted / rate)
    spectrum = np.fft.rfft(samples.astype(np.float64))
    fitted = np.zeros(count // 2 + 1, dtype=complex)
    kept = min(len(spectrum), len(fitted))
    fitted[:kept] = spectrum[:kept]
    out = np.fft.irfft(fitted, count) * (count / len(samples))
    return np.clip(out, -32768, 32767).astype("<i2")


def quiet(seconds: float, rate: int = 16_000, level: float = 4.0) -> bytes:
    """A silent room is not all zeros."""
    return hiss(seconds, rate, level)


def hiss(seconds: float, rate: int = 16_000, level: float = 1000.0) -> bytes:
    """White noise of this root mean square."""
    noise = np.random.default_rng(7).normal(0, level, round(seconds * rate))
    return np.clip(noise, -32768, 32767).astype("<i2").tobytes()


def mixed(one: bytes, other: bytes) -> bytes:
    """Both at once, as long as the first."""
    a = np.frombuffer(one, dtype="<i2").astype(int)
    b = np.resize(np.frombuffer(other, dtype="<i2").astype(int), len(a))
    return np.clip(a + b, -32768, 32767).astype("<i2").tobytes()


def in_noise(pcm: bytes, decibels: float) -> bytes:
    """Speech in white noise at this ratio of signal to noise."""
    level = float(np.sqrt(np.mean(np.frombuffer(pcm, dtype="<i2").astype(float) ** 2)))
    return mixed(pcm, hiss(len(pcm) / 32_000, level=level / 10 ** (decibels / 20)))


def packets(pcm: bytes, seconds: float = 0.1, rate: int = 16_000) -> list[bytes]:
    """As a client sends it."""
    size = round(seconds * rate) * 2
    return [pcm[place : place + size] for place in range(0, len(pcm), size)]
