"""CTC training of the network on one thread (on layers this small more threads are slower)."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from voice.training.adopt import settle
from voice.training.corpus import Utterance
from voice.training.disturb import white
from voice.training.frontend import MEL
from voice.training.net import STRIDE, Net, save
from voice.training.units import Units

BATCH_FRAMES = 9000
_WHITE = torch.from_numpy(white()) - float(white().max())
Report = Callable[[str], None]


def batches(lengths: Sequence[int], rng: random.Random) -> list[list[int]]:
    """Places of utterances of similar length, about BATCH_FRAMES frames together, in random order."""
    order = sorted(range(len(lengths)), key=lambda i: lengths[i] + rng.random() * 40)
    found: list[list[int]] = [[]]
    for place in order:  # ascending: the newest is the longest of its batch
        if found[-1] and lengths[place] * (len(found[-1]) + 1) > BATCH_FRAMES:
            found.append([])
        found[-1].append(place)
    rng.shuffle(found)
    return found


def collate(
    examples: Sequence[tuple[np.ndarray, Sequence[int]]], context: int
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Features padded with their edges, lengths in outputs, all labels in a row, lengths of labels."""
    longest = max(len(features) for features, _ in examples)
    padded = np.stack(
        [
            np.pad(
                features.astype(np.float32), ((context, context + longest - len(features)), (0, 0)), "edge"
            )
            for features, _ in examples
        ]
    )
    lengths = torch.tensor([(len(features) - 1) // STRIDE + 1 for features, _ in examples])
    labels = torch.tensor([label for _, said in examples for label in said], dtype=torch.long)
    return torch.from_numpy(padded), lengths, labels, torch.tensor([len(said) for _, said in examples])


def mask(x: Tensor, mean: Tensor, rng: random.Random) -> None:
    """Two bands and two or three stretches of time hidden, in place, and the level of all moved a little."""
    x += rng.gauss(0, 0.7)
    for _ in range(2):
        low = rng.randrange(x.shape[2] - 7)
        wide = rng.randrange(1, 7)
        x[:, :, low : low + wide] = mean[low : low + wide]
    for _ in range(2 + x.shape[1] // 200):
        start = rng.randrange(x.shape[1] - 20)
        x[:, start : start + rng.randrange(1, 14)] = mean


def add_noise(x: Tensor, rng: random.Random) -> None:
    """Steady noise under a third of the utterances, in place, new in every epoch: 5–30 dB below their louder parts."""
    which = [place for place in range(len(x)) if rng.random() < 0.35]
    if not which:
        return
    speech = x[which].flatten(1).quantile(0.85, dim=1)
    below = torch.tensor([rng.uniform(5, 30) * math.log(10) / 10 for _ in which])
    colour = torch.stack(
        [_WHITE + torch.linspace(0, -rng.choice((0.0, 0.0, rng.uniform(0, 5))), MEL) for _ in which]
    )
    # A band's power in one window is the mean of a few exponentials: the wider the band, the steadier.
    steady = torch.log(torch.rand(len(which), x.shape[1], MEL, 3).clamp_min(1e-6).log().neg().mean(-1))
    noise = colour[:, None] + steady + (speech - below)[:, None, None]
    x[which] = torch.logaddexp(x[which], noise)


def distance(one: Sequence[object], other: Sequence[object]) -> int:
    """Levenshtein."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        diagonal, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (a != b))
    return row[-1]


def greedy(log_posteriors: Tensor) -> list[int]:
    """The most likely outputs without repeats and blanks."""
    best = log_posteriors.argmax(-1).tolist()
    return [unit for place, unit in enumerate(best) if unit and (place == 0 or unit != best[place - 1])]


class Trainer:
    """Trains a network on utterances; `kept_apart` of them are only measured on."""

    def __init__(
        self,
        utterances: Sequence[Utterance],
        *,
        start: tuple[Net, Units] | None = None,
        seed: int = 3,
        **sizes: int,
    ) -> None:
        torch.set_num_threads(1)
        torch.manual_seed(seed)
        self.rng = random.Random(seed)
        if start:
            self.net, self.units = start
        else:
            self.units = Units.heard(
                [utterance.syllables for utterance in utterances], 30 if len(utterances) > 9000 else 1
            )
            self.net = Net(self.units.outputs, **sizes)
            some = np.concatenate([u.features[::20].astype(np.float32) for u in utterances[::7]])
            self.net.mean[:] = torch.from_numpy(some.mean(0))
            self.net.deviation[:] = torch.from_numpy(some.std(0))
        examples = [(u.features, self.units.numbers(u.syllables) if u.syllables else []) for u in utterances]
        # CTC needs an output for every unit and a blank between equal ones; vosk needs at least some frames.
        usable = [
            (x, y)
            for x, y in examples
            if y is not None and len(x) // STRIDE >= 1.2 * len(y) + 2 and len(x) > 25
        ]
        self.rng.shuffle(usable)
        apart = len(usable) // 100 + 1
        self.kept_apart, self.examples = usable[:apart], usable[apart:]
        if start:
            settle(self.net, [collate(chunk, self.net.context)[0] for chunk in self._chunks()])

    def run(self, epochs: int, rate: float, path: Path, report: Report, *, minutes: float = 1e9) -> None:
        """Trains, saving after each epoch; stops after `minutes` at the end of an epoch."""
        steps = (len(self._batches(self.examples)) + 12) * epochs
        optimiser = torch.optim.AdamW(self.net.parameters(), lr=rate, weight_decay=1e-3)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps, pct_start=0.15)
        hours = sum(len(x) for x, _ in self.examples) / 360000
        weights = sum(p.numel() for p in self.net.parameters())
        report(
            f"{len(self.examples)} utterances, {hours:.1f} h, {self.units.outputs} outputs, {weights} parameters"
        )
        began = time.monotonic()
        for epoch in range(epochs):
            loss = self._epoch(optimiser, schedule)
            save(self.net, self.units, path)
            spent = (time.monotonic() - began) / 60
            report(
                f"epoch {epoch + 1}/{epochs}: loss {loss:.3f}, wrong units {self.wrong():.1%}, {spent:.1f} min"
            )
            if spent > minutes:
                break

    def _batches(self, examples: Sequence[tuple[np.ndarray, Sequence[int]]]) -> list[list[int]]:
        return batches([len(x) for x, _ in examples], self.rng)

    def _epoch(
        self, optimiser: torch.optim.Optimizer, schedule: torch.optim.lr_scheduler.LRScheduler
    ) -> float:
        self.net.train()
        losses = []
        for batch in self._batches(self.examples):
            x, lengths, labels, label_lengths = collate([self.examples[i] for i in batch], self.net.context)
            add_noise(x, self.rng)
            if self.rng.random() < 0.8:
                mask(x, self.net.mean, self.rng)
            with torch.autocast("cpu", dtype=torch.bfloat16):
                log_posteriors = self.net(x)
            total = F.ctc_loss(
                log_posteriors.transpose(0, 1),
                labels,
                lengths,
                label_lengths,
                reduction="sum",
                zero_infinity=True,
            )
            loss = total / max(1, len(labels))
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.net.parameters(), 3.0)
            optimiser.step()
            schedule.step()
            losses.append(loss.item())
        return float(np.mean(losses))

    def wrong(self) -> float:
        """Unit error rate on what was kept apart, by the most likely output alone."""
        self.net.eval()
        errors = size = 0
        for chunk in self._chunks():
            x, lengths, _, _ = collate(chunk, self.net.context)
            with torch.no_grad():
                posteriors = self.net(x)
            for one, length, (_, said) in zip(posteriors, lengths, chunk, strict=True):
                errors += distance(greedy(one[:length]), said)
                size += len(said)
        return errors / max(1, size)

    def _chunks(self) -> Iterator[list[tuple[np.ndarray, Sequence[int]]]]:
        for batch in self._batches(self.kept_apart):
            yield [self.kept_apart[i] for i in batch]
