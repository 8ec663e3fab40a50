"""Clips of all sources → shuffled utterances of features with their syllables, disturbed anew on each pass."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from voice.training import sentences, vocabulary
from voice.training.clips import RATE, Clip, Samples, trim
from voice.training.disturb import Disturber, Piece, fundamental
from voice.training.espeak import TRAINED, synthesiser
from voice.training.pronounce import citation, spoken
from voice.training.spectrum import Array, power
from voice.training.units import names, third_tones


@dataclass(frozen=True)
class Utterance:
    """What one training example is: [frames, MEL] float16 and the syllables heard in it (none: only noise)."""

    features: Array
    syllables: tuple[str, ...]


def texts(
    sentence_count: int, answer_count: int, word_count: int, name_count: int = 0, seed: int = 11
) -> list[str]:
    """What is spoken: sentences, answers and names of the front desk, and strings of everyday words for coverage."""
    speaker, rng = sentences.Speaker(seed), random.Random(seed)
    written = sentences.written()
    rng.shuffle(written)
    found = written[: sentence_count // 2]
    found += [speaker.sentence() for _ in range(sentence_count - len(found))]
    found += [speaker.answer() for _ in range(answer_count)]
    titles = ("", "", "", "医生", "大夫", "主任")
    found += [speaker.name() + rng.choice(titles) for _ in range(name_count)]
    everyday = list(vocabulary.everyday_words(16000, 4000))
    own = vocabulary.own_words()
    alone = vocabulary.characters()
    for _ in range(word_count):
        pick = (everyday, everyday, everyday, own, alone)[rng.randrange(5)]
        found.append("".join(rng.choice(pick) for _ in range(rng.choice((1, 1, 2, 2, 3)))))
    rng.shuffle(found)
    return [text for text in found if 0 < len(text) <= 24]


def synthetic(
    lines: Sequence[str], seed: int = 5, variants: Sequence[str] = ("", *TRAINED)
) -> Iterator[Clip]:
    """Each text spoken by a random voice; half of them with sandhi written out, half as a dictionary has it.

    In a run of third tones espeak-ng changes the tones by itself; 一 and 不 stay as they are written.
    """
    engine, rng = synthesiser(), random.Random(seed)
    for text in lines:
        said = spoken(text) if rng.random() < 0.6 else citation(text)
        heard = third_tones(said)
        if not heard or not names(heard):
            continue
        variant = rng.choice(variants)
        samples = engine.say(
            said, variant, speed=rng.randint(120, 240), pitch=rng.randint(20, 80), lift=rng.randint(30, 70)
        )
        if len(samples) > RATE // 6:
            yield Clip(trim(samples), tuple(heard), f"espeak+{variant}", text)


class Corpus:
    """Turns clips into utterances. `syllables`: a voice with single syllables, spoken together as words."""

    def __init__(
        self, synthetic_clips: Sequence[Clip], words: Sequence[Clip], syllables: Sequence[Clip], seed: int
    ) -> None:
        self.rng = np.random.default_rng(seed)
        self.synthetic, self.words = synthetic_clips, words
        self.single: dict[str, list[Clip]] = defaultdict(list)
        for clip in syllables:
            self.single[clip.syllables[0]].append(clip)
        pool = [clip for clip in (*synthetic_clips[:150], *words[:: max(1, len(words) // 150)])]
        self.disturber = Disturber(self.rng, [power(clip.samples) for clip in pool])
        self.by_speaker: dict[str, list[Clip]] = defaultdict(list)
        for clip in words:
            self.by_speaker[clip.speaker].append(clip)
        self.pitch = {
            speaker: fundamental(np.concatenate([clip.samples for clip in clips[:40]]))
            for speaker, clips in self.by_speaker.items()
        }

    def espeak_pass(self) -> Iterator[Utterance]:
        """Every synthetic clip once."""
        for clip in self.synthetic:
            piece = Piece(clip.samples, float(self.rng.uniform(0.85, 1.2)))
            yield self._utterance([piece], clip.syllables, fundamental(clip.samples), 0.5)

    def word_pass(self) -> Iterator[Utterance]:
        """Every recorded word once: alone, or up to three of one speaker joined."""
        for speaker, clips in self.by_speaker.items():
            order, at = self.rng.permutation(len(clips)), 0
            while at < len(order):
                count = int(self.rng.choice((1, 1, 1, 2, 3)))
                group = [clips[place] for place in order[at : at + count]]
                at += count
                tempo = float(self.rng.uniform(0.8, 1.3))
                pieces = [
                    Piece(clip.samples, tempo, max(0.0, float(self.rng.uniform(-0.2, 0.3)))) for clip in group
                ]
                said = tuple(syllable for clip in group for syllable in clip.syllables)
                yield self._utterance(pieces, said, self.pitch[speaker], 0.75)

    def joined_pass(
        self, cut: Mapping[str, Sequence[tuple[str, Samples]]], count: int
    ) -> Iterator[Utterance]:
        """`count` new words of two to four syllables, cut from the recorded words of one speaker each."""
        speakers = [speaker for speaker, parts in cut.items() if len(parts) > 20]
        for _ in range(count if speakers else 0):
            speaker = speakers[self.rng.integers(len(speakers))]
            parts = cut[speaker]
            chosen = [parts[place] for place in self.rng.integers(0, len(parts), self.rng.integers(2, 5))]
            tempo = float(self.rng.uniform(0.85, 1.3))
            pieces = [Piece(samples, tempo * float(self.rng.uniform(0.9, 1.1))) for _, samples in chosen]
            yield self._utterance(pieces, tuple(said for said, _ in chosen), self.pitch[speaker], 0.75)

    def syllable_pass(self, lines: Sequence[str]) -> Iterator[Utterance]:
        """Words and short sentences put together from single syllables; and every syllable by itself."""
        for clips in self.single.values():
            for clip in clips:
                piece = Piece(clip.samples, float(self.rng.uniform(0.9, 2.2)))
                yield self._utterance([piece], clip.syllables, fundamental(clip.samples), 0.75)
        for line in lines:
            said = spoken(line)
            if not said or any(syllable not in self.single for syllable in said):
                continue
            rate = float(self.rng.uniform(1.1, 2.4))
            pieces = [
                self._shortened(syllable, place == len(said) - 1, rate) for place, syllable in enumerate(said)
            ]
            yield self._utterance(pieces, tuple(said), fundamental(pieces[-1].samples), 0.8)

    def noise_pass(self, count: int) -> Iterator[Utterance]:
        """Noise in which nobody speaks: the network learns to stay silent."""
        for _ in range(count):
            silence = np.zeros(int(self.rng.uniform(0.5, 3) * RATE), np.float32)
            murmur = self.rng.normal(0, 1, len(silence)).astype(np.float32)
            yield Utterance(Disturber(self.rng).features([Piece(silence + murmur)], 150.0, change=0), ())

    def _shortened(self, syllable: str, last: bool, rate: float) -> Piece:
        """A syllable spoken alone is long, and a third tone rises at its end; before another it does neither."""
        choices = self.single[syllable]
        samples = choices[self.rng.integers(len(choices))].samples
        if syllable.endswith("3") and not last:
            samples = samples[: int(len(samples) * self.rng.uniform(0.5, 0.7))]
        if syllable.endswith("5"):
            rate *= 1.3
        return Piece(samples, rate * float(self.rng.uniform(0.85, 1.15)) * (0.75 if last else 1.0))

    def _utterance(
        self, pieces: Sequence[Piece], said: tuple[str, ...], pitch: float, change: float
    ) -> Utterance:
        return Utterance(self.disturber.features(pieces, pitch, change=change), said)
