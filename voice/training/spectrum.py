"""Power spectra and log-mel features, equal to those that vosk computes from conf/fbank.conf.

Kept apart from a library's front end because training works on the spectrum in between (see disturb.py).
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from scipy.fft import rfft

from voice.training.clips import RATE, Samples
from voice.training.frontend import HIGH, LOW, MEL

WINDOW, SHIFT, SIZE = 400, 160, 512
BINS = SIZE // 2 + 1
Array: TypeAlias = "np.ndarray[tuple[int, int], np.dtype[np.float32]]"
_HANN = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / (WINDOW - 1))
_POVEY = (_HANN**0.85).astype(np.float32)


def _mel(frequency: np.ndarray) -> np.ndarray:
    return 1127.0 * np.log(1.0 + frequency / 700.0)


def _filters() -> Array:
    """[BINS, MEL] triangles, equally wide on the mel scale, as Kaldi lays them."""
    edges = np.linspace(_mel(np.array(LOW)), _mel(np.array(HIGH)), MEL + 2)
    place = _mel(np.arange(BINS - 1) * RATE / SIZE)[:, None]
    rising = (place - edges[None, :-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[None, 2:] - place) / (edges[2:] - edges[1:-1])
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    return np.vstack([triangles, np.zeros((1, MEL))]).astype(np.float32)  # Kaldi leaves the last bin out


_FILTERS = _filters()


def power(samples: Samples, shift: float = SHIFT) -> Array:
    """[frames, BINS] power spectra of 25 ms windows every `shift` samples; a shift above 160 speeds the speech up."""
    if len(samples) < WINDOW:
        return np.zeros((0, BINS), np.float32)
    starts = (np.arange(int((len(samples) - WINDOW) / shift) + 1) * shift).astype(np.int64)
    frames = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[starts]
    frames = frames - frames.mean(axis=1, keepdims=True)
    before = np.concatenate([frames[:, :1], frames[:, :-1]], axis=1)
    spectrum = rfft((frames - np.float32(0.97) * before) * _POVEY, SIZE, axis=1)
    return spectrum.real**2 + spectrum.imag**2


def log_mel(spectra: Array) -> Array:
    """[frames, MEL] from power spectra."""
    return np.log(np.maximum(spectra @ _FILTERS, np.finfo(np.float32).eps))


def fbank(samples: Samples) -> Array:
    """[frames, MEL]: what vosk feeds to the network."""
    return log_mel(power(samples))
