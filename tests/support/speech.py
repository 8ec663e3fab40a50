"""Sounds for tests and benchmarks: sentences in several synthetic voices, noise, a cough, people talking at once.

The voices are variants of espeak-ng 1.52 that the training of the built-in model leaves out. All sound is 16-bit
little-endian mono PCM at `RATE`. One synthesiser for the process: sentences are made one after the other.
"""

import ctypes
import threading
from functools import lru_cache
from pathlib import Path
from typing import Any

import espeakng_loader
import numpy as np
from numpy.typing import NDArray

from voice import espeak

VOICES = ("f2", "f4", "m5", "m6", "Andy", "grandma")
"""Not trained on. A quarter or more of their energy lies between 1 and 4 kHz, as in people's speech."""
MUFFLED = ("steph2", "iven2")
"""Not trained on either; with 2 % and 4 % of their energy there, noise covers them long before it covers a person."""
RATE = 22_050
Samples = NDArray[np.float64]

_SYNCHRONOUS, _CHARS_UTF8, _SPEED, _PITCH = 2, 1, 1, 3
_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


class _Synthesiser:
    def __init__(self) -> None:
        self.library = ctypes.CDLL(espeakng_loader.get_library_path())
        data = str(espeakng_loader.get_data_path())
        self.variants = {path.name for path in (Path(data) / "voices" / "!v").iterdir()}
        rate = self.library.espeak_Initialize(_SYNCHRONOUS, 0, data.encode(), 0)
        assert rate == RATE, rate
        self.parts: list[bytes] = []
        # Kept: the library holds only a pointer.
        self.callback = _CALLBACK(self._take)
        self.library.espeak_SetSynthCallback(self.callback)

    def _take(self, samples: Any, count: int, _: Any) -> int:
        if samples and count > 0:
            self.parts.append(ctypes.string_at(samples, count * 2))
        return 0

    def say(self, text: str, voice: str, speed: int, pitch: int) -> bytes:
        # The library would quietly speak its plain voice instead of one that it does not have.
        assert voice in self.variants, voice
        assert self.library.espeak_SetVoiceByName(f"cmn+{voice}".encode()) == 0
        self.library.espeak_SetParameter(_SPEED, speed, 0)
        self.library.espeak_SetParameter(_PITCH, pitch, 0)
        content = espeak.characters(text).encode()
        self.parts = []
        assert self.library.espeak_Synth(content, len(content) + 1, 0, 1, 0, espeak.FLAGS, None, None) == 0
        return b"".join(self.parts)


_LOCK = threading.Lock()


@lru_cache(maxsize=1)
def _synthesiser() -> _Synthesiser:
    return _Synthesiser()


@lru_cache(maxsize=512)
def say(text: str, voice: str = "f2", speed: int = 165, pitch: int = 50) -> bytes:
    """A sentence; digits and letters are better written as they are said. With a little silence around it."""
    with _LOCK:
        sound = _synthesiser().say(text, voice, speed, pitch)
    return silence(0.3) + sound + silence(0.5)


def silence(seconds: float) -> bytes:
    return b"\0\0" * int(seconds * RATE)


def noise(seconds: float, level: float = 1500.0, seed: int = 1) -> bytes:
    """A hall's noise, `level` its RMS in 16-bit units."""
    return _pcm(_hall(int(seconds * RATE), seed) * level)


def in_noise(pcm: bytes, decibels: float = 10.0, seed: int = 1) -> bytes:
    """Speech with a hall's noise whose RMS is so many decibels below that of the speech without its pauses."""
    speech = _samples(pcm)
    loud = speech[np.abs(speech) > 50]
    level = float(np.sqrt(np.mean(loud**2))) if loud.size else 1000.0
    return _pcm(speech + _hall(speech.size, seed) * level / 10 ** (decibels / 20))


def cough(seed: int = 3) -> bytes:
    """Two bursts of breath."""
    burst = _hall(int(0.18 * RATE), seed) * np.exp(-np.linspace(0, 5, int(0.18 * RATE))) * 9000
    return silence(0.4) + _pcm(burst) + silence(0.15) + _pcm(burst * 0.7) + silence(0.8)


def together(one: bytes, other: bytes, level: float = 1.0) -> bytes:
    """Two people at once; `level` of the second."""
    a, b = _samples(one), _samples(other) * level
    mixed = np.zeros(max(a.size, b.size))
    mixed[: a.size] += a
    mixed[: b.size] += b
    return _pcm(mixed)


def at_rate(pcm: bytes, rate: int) -> bytes:
    """The same at another sample rate, by straight lines between the samples."""
    samples = _samples(pcm)
    places = np.arange(0, samples.size - 1, RATE / rate)
    return _pcm(np.interp(places, np.arange(samples.size), samples))


def english() -> bytes:
    """Somebody who does not speak Chinese, as far as the machine can tell."""
    with _LOCK:
        made = _synthesiser()
        assert made.library.espeak_SetVoiceByName(b"en-us") == 0
        content, made.parts = b"excuse me where can I buy a train ticket to the airport", []
        assert made.library.espeak_Synth(content, len(content) + 1, 0, 1, 0, _CHARS_UTF8, None, None) == 0
        return silence(0.3) + b"".join(made.parts) + silence(0.5)


def _hall(count: int, seed: int) -> Samples:
    """Noise of RMS 1 that falls by 3 dB an octave, as that of many people and machines does."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(count))
    pink = np.fft.irfft(spectrum / np.sqrt(np.maximum(1, np.arange(spectrum.size))), count)
    return np.asarray(pink / np.sqrt(np.mean(pink**2)))


def _samples(pcm: bytes) -> Samples:
    return np.frombuffer(pcm, dtype="<i2").astype(np.float64)


def _pcm(samples: Samples) -> bytes:
    return np.clip(samples, -32768, 32767).astype("<i2").tobytes()
