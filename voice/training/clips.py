"""Clips of speech: samples with what is said in them; a folder of human recordings read into clips.

Samples are float32 on the scale of 16-bit integers, 16 kHz, mono, everywhere in this package.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from common.errors import MenzhenError
from voice.training.units import names, third_tones

RATE = 16000
Samples: TypeAlias = "np.ndarray[tuple[int], np.dtype[np.float32]]"


class SpeechFolderError(MenzhenError):
    code = "speech_folder"
    message = "语音文件夹不对。"


@dataclass(frozen=True)
class Clip:
    """One recording: the samples, its syllables as spoken, who speaks, and the text where it is known."""

    samples: Samples
    syllables: tuple[str, ...]
    speaker: str
    text: str = ""


def read_folder(folder: Path, wanted: Callable[[dict[str, Any]], bool] = lambda row: True) -> Iterator[Clip]:
    """The clips of FOLDER/clips.jsonl, trimmed; only the rows that are `wanted`.

    A row is `{"file", "pinyin": "bei3 jing1", "speaker", "text"?}`; the file may be of any format that PyAV reads.
    Raises SpeechFolderError, which names the row.
    """
    listing = folder / "clips.jsonl"
    if not listing.is_file():
        raise SpeechFolderError(f"{folder} 里没有 clips.jsonl。")
    for number, line in enumerate(listing.read_text(encoding="utf-8").splitlines(), 1):
        try:
            row = json.loads(line)
            if not wanted(row):
                continue
            syllables = third_tones(row["pinyin"].split())
            samples = trim(decode(folder / row["file"]))
            speaker = str(row["speaker"])
        except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
            raise SpeechFolderError(f"{listing} 第 {number} 行：{type(error).__name__} {error}") from error
        if not names(syllables):
            raise SpeechFolderError(f"{listing} 第 {number} 行：读不出的拼音 {row['pinyin']}")
        if len(samples) >= RATE // 8:
            yield Clip(samples, tuple(syllables), speaker, row.get("text") or "")


def decode(path: Path) -> Samples:
    """The samples of an audio file. Raises OSError or ValueError (PyAV's own errors are one of the two)."""
    import av

    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    parts: list[np.ndarray] = []
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            parts += [piece.to_ndarray().reshape(-1) for piece in resampler.resample(frame)]
    parts += [piece.to_ndarray().reshape(-1) for piece in resampler.resample(None)]
    return np.concatenate(parts).astype(np.float32)


def resampled(samples: np.ndarray, rate: int) -> Samples:
    """16-bit samples of another rate, at RATE."""
    import av

    frame = av.AudioFrame.from_ndarray(samples.astype(np.int16)[None, :], format="s16", layout="mono")
    frame.sample_rate = rate
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    parts = [
        piece.to_ndarray().reshape(-1) for piece in [*resampler.resample(frame), *resampler.resample(None)]
    ]
    return np.concatenate(parts).astype(np.float32)


def trim(samples: Samples, margin: float = 0.06) -> Samples:
    """Without the silence at both ends, but for `margin` seconds; as it is where no silence stands out."""
    step = RATE // 100
    count = len(samples) // step
    if count < 5:
        return samples
    level = np.log10(np.mean(samples[: count * step].reshape(count, step) ** 2, axis=1) + 1)
    loud = np.flatnonzero(level > max(level.max() - 3.2, np.percentile(level, 10) + 0.3))
    if not len(loud):
        return samples
    edge = int(margin * RATE)
    return samples[max(0, loud[0] * step - edge) : (loud[-1] + 1) * step + edge]
