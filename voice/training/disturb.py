"""The same words by other people in other rooms: changes made to power spectra before they become features.

Working on the spectrum keeps pitch, formants and tempo apart at the price of two small Fourier transforms a
frame: the cepstrum's low part is the vocal tract (stretched by `formants`), what remains are the harmonics
(stretched by `pitch`), and tempo is the distance between windows. A man's clip becomes a woman's or a child's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.fft import irfft, rfft
from scipy.signal import lfilter

from voice.training.clips import RATE, Samples
from voice.training.spectrum import BINS, SHIFT, SIZE, Array, log_mel, power

_QUEFRENCY = 28  # 1.75 ms: below the pitch period of a child
_LIFTER = np.zeros(SIZE, np.float32)
_LIFTER[: _QUEFRENCY + 1] = 1
_LIFTER[-_QUEFRENCY:] = 1
_BIN = np.arange(BINS, dtype=np.float32)
_WINDOW_POWER = 150.0  # power of one bin for white noise of unit variance, under the window and pre-emphasis
_EMPHASIS = 1 + 0.97**2 - 2 * 0.97 * np.cos(np.pi * _BIN / (BINS - 1))
Generator = np.random.Generator


@dataclass(frozen=True)
class Piece:
    """Part of an utterance: samples, how much faster than they were spoken, silence after it in seconds."""

    samples: Samples
    tempo: float = 1.0
    pause: float = 0.0


def fundamental(samples: Samples) -> float:
    """Median pitch in Hz by autocorrelation of the loud frames, 60–450; 150 where nothing is voiced."""
    spectra = power(samples, 320)
    if not len(spectra):
        return 150.0
    loud = spectra[spectra.sum(axis=1) > np.quantile(spectra.sum(axis=1), 0.6)]
    # Without pre-emphasis, and flattened, so that the first formant does not pass for the pitch.
    correlation = irfft(np.sqrt(loud / _EMPHASIS + 1e-9), SIZE, axis=1)
    lags = np.arange(RATE // 450, RATE // 70)
    peaks = correlation[:, lags]
    good = peaks.max(axis=1) > 0.2 * correlation[:, 0]
    return float(RATE / np.median(lags[peaks[good].argmax(axis=1)])) if good.sum() > 2 else 150.0


def _stretched(log_spectra: Array, factor: float, edge: bool) -> Array:
    """Along the frequency axis; beyond the band the last value (`edge`) or nothing."""
    place = _BIN / np.float32(factor)
    low = np.minimum(place.astype(np.int64), BINS - 2)
    share = np.minimum(place - low, 1).astype(np.float32)
    moved = log_spectra[:, low] * (1 - share) + log_spectra[:, low + 1] * share
    if not edge:
        moved[:, place > BINS - 1] = 0
    return moved


def voiced_as(spectra: Array, pitch: float, formants: float) -> Array:
    """Power spectra with the harmonics at `pitch` times and the formants at `formants` times their frequency."""
    logs = np.log(spectra + 1)
    tract = rfft(irfft(logs, SIZE, axis=1) * _LIFTER, SIZE, axis=1).real
    harmonics = logs - tract
    return np.exp(_stretched(tract, formants, True) + _stretched(harmonics, pitch, False)) - 1 + 1e-3


def joined(pieces: Sequence[Piece], rng: Generator) -> Array:
    """Power spectra of the pieces one after another, overlapping by a few frames where there is no pause."""
    whole = np.zeros((0, BINS), np.float32)
    for piece in pieces:
        part = power(piece.samples, SHIFT * piece.tempo)
        overlap = min(int(rng.integers(0, 5)), len(whole), len(part))
        if overlap:
            fade = ((np.arange(overlap) + 1) / (overlap + 1)).astype(np.float32)[:, None]
            seam = whole[-overlap:] * (1 - fade) + part[:overlap] * fade
            whole = np.concatenate([whole[:-overlap], seam, part[overlap:]])
        else:
            whole = np.concatenate([whole, part])
        if piece.pause:
            whole = np.concatenate([whole, np.zeros((int(piece.pause * 100), BINS), np.float32)])
    return whole


def curve(rng: Generator, size: float, knots: int = 6) -> np.ndarray:
    """[BINS] a smooth random gain in power, ± `size` in natural logarithms."""
    at = np.linspace(0, BINS - 1, knots)
    return np.exp(np.interp(_BIN, at, rng.normal(0, size, knots))).astype(np.float32)


def telephone(rng: Generator) -> np.ndarray:
    """[BINS] gain of a narrow line: nothing above 3.3–3.9 kHz, and little below 200 Hz on half of them."""
    hertz = _BIN * RATE / SIZE
    top, floor = rng.uniform(3300, 3900), rng.choice((40.0, 200.0))
    gain = 1 / (1 + (hertz / top) ** 40) + 1e-9
    return (gain * np.where(hertz < floor, 0.05, 1.0)).astype(np.float32)


def white() -> Array:
    """[MEL] log-mel of white noise of unit power, as the windows see it."""
    return log_mel(_EMPHASIS[None].astype(np.float32))[0]


def noise(frames: int, rng: Generator) -> Array:
    """[frames, BINS] of unit mean power before pre-emphasis: steady noise of a random colour, hum, or clatter."""
    colour = np.exp(-rng.choice((0.0, rng.uniform(0, 8))) * _BIN / BINS) * curve(rng, 0.4)
    if rng.random() < 0.2:
        colour = colour + np.where((_BIN % rng.integers(6, 30)) < 1, 8 * np.exp(-6 * _BIN / BINS), 0)
    steady = rng.exponential(1.0, (frames, BINS)).astype(np.float32) * colour.astype(np.float32)
    if rng.random() < 0.3 and frames > 20:
        strength = rng.exponential(1.0, frames // 12 + 2) ** 2
        steady *= np.interp(np.arange(frames), np.arange(len(strength)) * 12, strength).astype(np.float32)[
            :, None
        ]
    return steady / (steady.mean() + 1e-9) * _EMPHASIS.astype(np.float32)


def room(spectra: Array, rng: Generator) -> Array:
    """With the tail of a room: echo power that decays over 0.15–0.7 s."""
    decay = 10 ** (-0.06 / rng.uniform(0.15, 0.7))
    tail = lfilter([0, 1 - decay], [1, -decay], spectra, axis=0).astype(np.float32)
    wet = tail * rng.exponential(1.0, spectra.shape).astype(np.float32)
    return spectra + np.float32(rng.uniform(0.05, 0.6)) * wet


@dataclass
class Disturber:
    """Draws a voice, a room, a line and a noise for an utterance. `babble`: spectra of other people's speech."""

    rng: Generator
    babble: Sequence[Array] = ()

    def features(self, pieces: Sequence[Piece], own_pitch: float, *, change: float = 0.7) -> Array:
        """[frames, MEL] log-mel, float16. `own_pitch` in Hz; `change`: how often the voice becomes another."""
        rng = self.rng
        spectra = joined([self._cut(piece) for piece in pieces], rng)
        if rng.random() < change:
            target = np.exp(rng.uniform(np.log(85), np.log(330)))
            pitch = float(np.clip(target / own_pitch, 0.5, 2.6))
            formants = float(np.clip(pitch**0.28 * rng.uniform(0.92, 1.09), 0.8, 1.35))
            spectra = voiced_as(spectra, pitch, formants)
        before, after = (np.zeros((int(rng.uniform(low, 50)), BINS), np.float32) for low in (0, 4))
        spectra = np.concatenate([before, spectra, after])
        if rng.random() < 0.35:
            spectra = room(spectra, rng)
        if rng.random() < 0.6:
            spectra = spectra * curve(rng, 0.8)
        spectra = self._noisy(spectra)
        if rng.random() < 0.2:
            spectra = spectra * telephone(rng)
        loudest = spectra.mean(axis=1).max() + 1e-9
        # From a whisper into a far microphone to as loud as it gets.
        spectra = spectra * np.float32(np.exp(rng.uniform(np.log(2e5), np.log(2e9))) / loudest)
        if rng.random() < 0.9:
            spectra = spectra + np.float32(_WINDOW_POWER * rng.uniform(0.05, 2)) * rng.exponential(
                1.0, spectra.shape
            ).astype(np.float32)
        return log_mel(spectra).astype(np.float16)

    def _cut(self, piece: Piece) -> Piece:
        """Some recordings begin too late or end too early."""
        if self.rng.random() > 0.25 or len(piece.samples) < RATE // 3:
            return piece
        first, last = (int(self.rng.uniform(0, 0.06) * RATE) for _ in range(2))
        return Piece(piece.samples[first : len(piece.samples) - last], piece.tempo, piece.pause)

    def _noisy(self, spectra: Array) -> Array:
        rng = self.rng
        # As a meter would show it: before pre-emphasis, which lifts white noise far above speech.
        levels = (spectra[:, 2:] / _EMPHASIS[2:]).mean(axis=1)
        speech = np.sort(levels)[len(levels) // 3 :].mean() + 1e-9
        if rng.random() < 0.8:
            ratio = 10 ** (-rng.uniform(3, 20 if rng.random() < 0.5 else 40) / 10)
            spectra = spectra + np.float32(speech * ratio) * noise(len(spectra), rng)
        if len(self.babble) and rng.random() < 0.25:
            other = self.babble[int(rng.integers(len(self.babble)))]
            turned = np.resize(np.roll(other, rng.integers(len(other)), axis=0), spectra.shape)
            spectra = spectra + turned * np.float32(
                speech * 10 ** (-rng.uniform(8, 25) / 10) / ((turned[:, 2:] / _EMPHASIS[2:]).mean() + 1e-9)
            )
        return spectra
