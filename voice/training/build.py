"""The recipe: text and recordings → clips → features → network. What each step takes and how much of it."""

from __future__ import annotations

import multiprocessing
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import torch

from voice.training import align, vocabulary
from voice.training.adopt import adopt
from voice.training.clips import Clip, Samples, read_folder
from voice.training.corpus import Corpus, Utterance, synthetic, texts
from voice.training.net import Net, restore
from voice.training.train import Trainer
from voice.training.units import Units

Report = Callable[[str], None]


@dataclass(frozen=True)
class Recipe:
    """How much of everything; the counts are texts and passes, the sizes the network's."""

    sentences: int = 7000
    answers: int = 4000
    words: int = 7000
    names: int = 1500
    espeak_passes: int = 2
    word_passes: int = 4
    joined_words: int = 9000
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
    names=5,
    espeak_passes=1,
    word_passes=1,
    joined_words=20,
    syllable_lines=40,
    noises=5,
    epochs=3,
    rate=0.0004,
    hidden=48,
    bottleneck=24,
    depth=3,
)
"""Goes through every step in a minute or two; what it builds loads and decodes, but recognises next to nothing."""


@dataclass(frozen=True)
class Human:
    """Recordings: words, single syllables, and the words of each speaker cut into (syllable, samples)."""

    words: Sequence[Clip] = ()
    single: Sequence[Clip] = ()
    cut: Mapping[str, Sequence[tuple[str, Samples]]] = field(default_factory=dict)


def human(folder: Path, hold_out: Sequence[str], network: tuple[Net, Units] | None, report: Report) -> Human:
    """What the folder holds, without the speakers of `hold_out`. `network`: hears where to cut words."""
    clips = list(read_folder(folder, lambda row: row.get("speaker") not in hold_out))
    words = [clip for clip in clips if len(clip.syllables) > 1]
    single = [clip for clip in clips if len(clip.syllables) == 1]
    cut: dict[str, list[tuple[str, Samples]]] = defaultdict(list)
    for clip in words if network else ():
        parts = align.syllables(*network, clip) if network else None
        if parts:
            cut[clip.speaker] += zip(clip.syllables, parts, strict=True)
    report(
        f"human: {len(words)} words of {len({c.speaker for c in words})} speakers, {len(single)} syllables, "
        f"{sum(map(len, cut.values()))} cut from words"
    )
    return Human(words, single, cut)


class Passes:
    """All passes over the data, each with its own seed, so that they can be made side by side."""

    def __init__(self, recipe: Recipe, people: Human, seed: int) -> None:
        self.recipe, self.people, self.seed = recipe, people, seed
        self.all: list[tuple[str, int]] = [
            *(("espeak", number) for number in range(recipe.espeak_passes)),
            *(("syllables", number) for number in range(recipe.syllable_passes if people.single else 0)),
            *(("words", number) for number in range(recipe.word_passes if people.words else 0)),
            ("joined", 0),
            ("noise", 0),
        ]

    def __call__(self, which: tuple[str, int]) -> list[Utterance]:
        """The examples of one pass."""
        torch.set_num_threads(1)
        kind, number = which
        seed = 1000 * self.seed + number
        recipe, people = self.recipe, self.people
        spoken = list(synthetic(self._texts(kind, seed), seed=seed + 5))
        corpus = Corpus(
            spoken, people.words, people.single, seed=seed + {"words": 200, "joined": 400}.get(kind, 1)
        )
        made: dict[str, Callable[[], Iterator[Utterance]]] = {
            "espeak": corpus.espeak_pass,
            "words": corpus.word_pass,
            "joined": lambda: corpus.joined_pass(people.cut, recipe.joined_words),
            "syllables": lambda: corpus.syllable_pass(syllable_lines(recipe.syllable_lines, seed=seed)),
            "noise": lambda: corpus.noise_pass(recipe.noises),
        }
        return list(made[kind]())

    def _texts(self, kind: str, seed: int) -> list[str]:
        """New sentences for each pass; the others need a few as the murmur behind."""
        recipe = self.recipe
        lines = texts(recipe.sentences, recipe.answers, recipe.words, recipe.names, seed=seed + 11)
        return lines if kind == "espeak" else lines[:150]


_passes: list[Passes] = []


def _begin(passes: Passes) -> None:
    _passes[:] = [passes]


def _made(which: tuple[str, int]) -> list[Utterance]:
    return _passes[0](which)


def utterances(
    recipe: Recipe, people: Human, report: Report, *, seed: int = 0, jobs: int = 1
) -> list[Utterance]:
    """All training examples. Without recordings they are synthetic only. `jobs`: processes that make them."""
    passes = Passes(recipe, people, seed)
    found: list[Utterance] = []
    # Forked, so that the recordings are there without being sent. An executor tells when a process dies.
    forked = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(jobs, forked, _begin, (passes,)) as pool:
        for which, made in zip(passes.all, pool.map(_made, passes.all), strict=True):
            found += made
            report(f"{which[0]}: {len(made)} utterances, {sum(len(u.features) for u in made) / 360000:.1f} h")
    return found


def syllable_lines(count: int, seed: int) -> list[str]:
    """Words, pairs of words and short answers to be put together from single syllables."""
    rng = random.Random(seed)
    everyday, own = list(vocabulary.everyday_words(16000, 4000)), vocabulary.own_words()
    lines = [rng.choice(everyday) if rng.random() < 0.75 else rng.choice(own) for _ in range(count)]
    return [line + rng.choice(everyday) if rng.random() < 0.2 else line for line in lines]


def network(path: Path) -> tuple[Net, Units]:
    """From the file that training wrote, or from a model folder. Raises AdoptError for a folder that is none."""
    return adopt(path) if path.is_dir() else restore(path)


def acoustic(
    recipe: Recipe,
    out: Path,
    report: Report,
    *,
    speech: Path | None = None,
    hold_out: Sequence[str] = (),
    start: Path | None = None,
    minutes: float = 1e9,
    seed: int = 0,
    jobs: int = 1,
) -> Path:
    """Trains the network and writes it to `out`; `start`: a network or a model folder to go on from, at half the rate."""
    begun = network(start) if start else None
    people = human(speech, hold_out, begun, report) if speech else Human()
    sizes = {} if start else {"hidden": recipe.hidden, "bottleneck": recipe.bottleneck, "depth": recipe.depth}
    examples = utterances(recipe, people, report, seed=seed, jobs=jobs)
    trainer = Trainer(examples, start=begun, seed=seed + 3, **sizes)
    out.parent.mkdir(parents=True, exist_ok=True)
    trainer.run(recipe.epochs, recipe.rate / (2 if start else 1), out, report, minutes=minutes)
    return out
