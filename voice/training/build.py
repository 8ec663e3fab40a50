"""The recipe: text and recordings → clips → features → network. What each step takes and how much of it."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from voice.training import vocabulary
from voice.training.clips import Clip, read_folder
from voice.training.corpus import Corpus, Utterance, synthetic, texts
from voice.training.train import Trainer

Report = Callable[[str], None]


@dataclass(frozen=True)
class Recipe:
    """How much of everything; the counts are texts and passes, the sizes the network's."""

    sentences: int = 7000
    answers: int = 4000
    words: int = 7000
    espeak_passes: int = 2
    word_passes: int = 5
    syllable_lines: int = 12000
    syllable_passes: int = 1
    noises: int = 500
    epochs: int = 8
    rate: float = 0.004
    hidden: int = 256
    bottleneck: int = 112
    depth: int = 6


FULL = Recipe()
TINY = Recipe(
    sentences=60,
    answers=40,
    words=20,
    espeak_passes=1,
    word_passes=1,
    syllable_lines=40,
    noises=5,
    epochs=3,
    hidden=48,
    bottleneck=24,
    depth=3,
)
"""Goes through every step in a minute or two; what it builds loads and decodes, but recognises next to nothing."""


def human(folder: Path, hold_out: Sequence[str], report: Report) -> tuple[list[Clip], list[Clip]]:
    """Words and single syllables of the folder, without the speakers of `hold_out`."""
    clips = list(read_folder(folder, lambda row: row.get("speaker") not in hold_out))
    words = [clip for clip in clips if len(clip.syllables) > 1]
    single = [clip for clip in clips if len(clip.syllables) == 1]
    report(
        f"human: {len(words)} words of {len({c.speaker for c in words})} speakers, {len(single)} syllables"
    )
    return words, single


def utterances(
    recipe: Recipe, speech: Path | None, hold_out: Sequence[str], report: Report
) -> list[Utterance]:
    """All training examples. Without a folder of recordings they are synthetic only."""
    words, single = human(speech, hold_out, report) if speech else ([], [])
    lines = texts(recipe.sentences, recipe.answers, recipe.words)
    spoken = list(synthetic(lines))
    report(f"espeak-ng: {len(spoken)} clips, {sum(len(c.samples) for c in spoken) / 57.6e6:.1f} h")
    corpus = Corpus(spoken, words, single, seed=1)
    found: list[Utterance] = []
    for _ in range(recipe.espeak_passes):
        found += corpus.espeak_pass()
    for _ in range(recipe.word_passes):
        found += corpus.word_pass()
    if single:
        for number in range(recipe.syllable_passes):
            found += corpus.syllable_pass(syllable_lines(recipe.syllable_lines, seed=number))
    found += corpus.noise_pass(recipe.noises)
    report(f"features: {len(found)} utterances, {sum(len(u.features) for u in found) / 360000:.1f} h")
    return found


def syllable_lines(count: int, seed: int) -> list[str]:
    """Words, pairs of words and short answers to be put together from single syllables."""
    rng = random.Random(seed)
    everyday, own = list(vocabulary.everyday_words(16000, 4000)), vocabulary.own_words()
    lines = [rng.choice(everyday) if rng.random() < 0.75 else rng.choice(own) for _ in range(count)]
    return [line + rng.choice(everyday) if rng.random() < 0.2 else line for line in lines]


def acoustic(
    recipe: Recipe,
    out: Path,
    report: Report,
    *,
    speech: Path | None = None,
    hold_out: Sequence[str] = (),
    start: Path | None = None,
    minutes: float = 1e9,
) -> Path:
    """Trains the network and writes it to `out`; `start`: a network to go on from, at half the rate."""
    sizes = {} if start else {"hidden": recipe.hidden, "bottleneck": recipe.bottleneck, "depth": recipe.depth}
    trainer = Trainer(utterances(recipe, speech, hold_out, report), start=start, **sizes)
    out.parent.mkdir(parents=True, exist_ok=True)
    trainer.run(recipe.epochs, recipe.rate / (2 if start else 1), out, report, minutes=minutes)
    return out
