"""Where one syllable of a recorded word ends and the next begins, found by a network that is already trained.

Few people say few words here. Cut between their syllables, the words give new ones in the same voices.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from voice.training.clips import Clip, Samples
from voice.training.net import STRIDE, Net
from voice.training.spectrum import SHIFT, WINDOW, fbank
from voice.training.units import Units, names

_UNSURE = -4.0  # mean log posterior of the units on the best path; worse is another word or a broken clip


def viterbi(log_posteriors: np.ndarray, labels: Sequence[int]) -> tuple[list[list[int]], float]:
    """The outputs' places at which each label is on CTC's best path, and the labels' mean log posterior there.

    `log_posteriors` [outputs in time, units], blank first; no place is empty unless there are too few outputs.
    """
    states = [0]
    for label in labels:
        states += [label, 0]
    scores = np.full(len(states), -np.inf)
    scores[:2] = log_posteriors[0, states[:2]]
    back = np.zeros((len(log_posteriors), len(states)), np.int64)
    for time in range(1, len(log_posteriors)):
        following = np.full(len(states), -np.inf)
        for place, state in enumerate(states):
            steps = [place, place - 1]
            if state and place > 2 and states[place - 2] != state:
                steps.append(place - 2)
            best = max((step for step in steps if step >= 0), key=lambda step: float(scores[step]))
            following[place] = scores[best] + log_posteriors[time, state]
            back[time, place] = best
        scores = following
    place = len(states) - (1 if scores[-1] >= scores[-2] else 2)
    found: list[list[int]] = [[] for _ in labels]
    total = 0.0
    for time in range(len(log_posteriors) - 1, -1, -1):
        if place % 2:
            found[place // 2].insert(0, time)
            total += float(log_posteriors[time, states[place]])
        place = back[time, place]
    count = sum(map(len, found))
    return found, total / count if count else -np.inf


def syllables(net: Net, units: Units, clip: Clip) -> list[Samples] | None:
    """The clip cut between its syllables, or None where the network does not hear them."""
    labels = units.numbers(clip.syllables)
    features = fbank(clip.samples)
    if labels is None or len(features) < STRIDE * (len(labels) + 2):
        return None
    around = np.pad(features, ((net.context, net.context), (0, 0)), "edge")
    with torch.no_grad():
        log_posteriors = net(torch.from_numpy(around)[None])[0].numpy()
    places, sure = viterbi(log_posteriors, labels)
    if sure < _UNSURE or not all(places):
        return None
    cuts, unit = [], 0
    for syllable in clip.syllables[:-1]:
        unit += len(names([syllable]) or ())
        middle = (places[unit - 1][-1] + places[unit][0]) / 2
        cuts.append(int(middle * STRIDE * SHIFT + WINDOW / 2))
    edges = [0, *cuts, len(clip.samples)]
    parts = [clip.samples[start:end] for start, end in zip(edges, edges[1:], strict=False)]
    return parts if min(map(len, parts)) > WINDOW * 3 else None
