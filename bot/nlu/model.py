"""The intent classifier: logistic regression (one intent against the rest) over n-grams with calibrated confidence.

Trained with scikit-learn; the trained weights are plain arrays, so that a sentence costs some dozen additions and
nothing but numpy is needed to use them. Confidence is calibrated by temperature scaling on held-out folds (Guo et
al., On Calibration of Modern Neural Networks, 2017).
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

FOLDS = 4
# Stronger than this overfits the few hundred sentences of the rare intents; found by cross-validation.
INVERSE_REGULARISATION = 60.0
_WEIGHTS, _META = "weights.npz", "model.json"


class NoModel(Exception):
    """The assistant was not trained; the message says how to."""


@dataclass
class IntentModel:
    """`weights[feature, intent]`, `bias[intent]`; `quality` is what cross-validation measured at training."""

    intents: list[str]
    skills: dict[str, str]
    vocabulary: dict[str, int]
    idf: np.ndarray
    weights: np.ndarray
    bias: np.ndarray
    temperature: float = 1.0
    quality: dict[str, Any] = field(default_factory=dict)

    def rank(self, features: Sequence[str]) -> list[tuple[str, float]]:
        """(intent, probability) in falling order of probability."""
        columns, values = _row(features, self.vocabulary, self.idf)
        scores = self.bias + (values @ self.weights[columns] if len(columns) else 0.0)
        probabilities = _softmax(scores[None, :] / self.temperature)[0]
        return [(self.intents[i], float(probabilities[i])) for i in np.argsort(-probabilities)]

    def save(self, folder: Path) -> None:
        """Write into an existing folder."""
        np.savez_compressed(
            folder / _WEIGHTS, idf=self.idf, weights=self.weights.astype(np.float16), bias=self.bias
        )
        words = sorted(self.vocabulary, key=self.vocabulary.__getitem__)
        meta = {
            "intents": self.intents,
            "skills": self.skills,
            "temperature": self.temperature,
            "quality": self.quality,
            "vocabulary": words,
        }
        (folder / _META).write_text(json.dumps(meta, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> IntentModel:
        """Read what `save` wrote. Raises NoModel."""
        try:
            meta = json.loads((folder / _META).read_text(encoding="utf-8"))
            arrays = np.load(folder / _WEIGHTS)
        except (OSError, ValueError) as error:
            raise NoModel("助手还没有训练，请运行 ./menzhen train") from error
        return cls(
            meta["intents"],
            meta["skills"],
            {word: place for place, word in enumerate(meta["vocabulary"])},
            arrays["idf"],
            arrays["weights"].astype(np.float32),
            arrays["bias"],
            meta["temperature"],
            meta["quality"],
        )


def train(sentences: Sequence[Sequence[str]], intents: Sequence[str], skills: dict[str, str]) -> IntentModel:
    """A model from the features of sentences and their intents; the same input gives the same model."""
    labels = sorted(set(intents))
    target = np.array([labels.index(intent) for intent in intents])
    held_out = _held_out_scores(sentences, target, len(labels))
    temperature = _temperature(held_out, target)
    model = _fit(sentences, target, labels, skills)
    model.temperature = temperature
    model.quality = _quality(held_out / temperature, target, labels, skills)
    return model


def _fit(
    sentences: Sequence[Sequence[str]], target: np.ndarray, labels: list[str], skills: dict[str, str]
) -> IntentModel:
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

    vocabulary: dict[str, int] = {}
    documents: Counter[str] = Counter()
    for sentence in sentences:
        for feature in set(sentence):
            documents[feature] += 1
    for feature, count in sorted(documents.items()):
        # A long n-gram of a single sentence teaches nothing about another one.
        if count > 1 or len(feature) <= 2:
            vocabulary[feature] = len(vocabulary)
    total = len(sentences)
    idf = np.array([math.log((1 + total) / (1 + documents[f])) + 1 for f in vocabulary], dtype=np.float32)
    rows = [_row(sentence, vocabulary, idf) for sentence in sentences]
    matrix = csr_matrix(
        (
            np.concatenate([values for _, values in rows]),
            np.concatenate([columns for columns, _ in rows]),
            np.cumsum([0] + [len(columns) for columns, _ in rows]),
        ),
        shape=(total, len(vocabulary)),
    )
    classifier = LogisticRegression(C=INVERSE_REGULARISATION, solver="liblinear", random_state=7)
    classifier.fit(matrix, target)
    weights = np.zeros((len(vocabulary), len(labels)), dtype=np.float32)
    bias = np.full(len(labels), -30.0, dtype=np.float32)
    coefficients, intercepts = classifier.coef_, classifier.intercept_
    if len(classifier.classes_) == 2:
        coefficients = np.vstack([-coefficients[0], coefficients[0]]) / 2
        intercepts = np.array([-intercepts[0], intercepts[0]]) / 2
    for row, label in enumerate(classifier.classes_):
        weights[:, label] = coefficients[row]
        bias[label] = intercepts[row]
    return IntentModel(labels, skills, vocabulary, idf, weights, bias)


def _row(
    features: Sequence[str], vocabulary: dict[str, int], idf: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Columns and tf-idf values of one sentence, of unit length."""
    counts = Counter(place for f in features if (place := vocabulary.get(f)) is not None)
    columns = np.fromiter(counts.keys(), dtype=np.int32, count=len(counts))
    values = (1 + np.log(np.fromiter(counts.values(), dtype=np.float32, count=len(counts)))) * idf[columns]
    norm = float(np.sqrt(values @ values))
    return columns, (values / norm if norm else values)


def _held_out_scores(sentences: Sequence[Sequence[str]], target: np.ndarray, classes: int) -> np.ndarray:
    from sklearn.model_selection import StratifiedKFold

    folds = max(2, min(FOLDS, int(np.bincount(target).min())))
    scores = np.zeros((len(sentences), classes), dtype=np.float32)
    labels = [str(i) for i in range(classes)]
    for seen, unseen in StratifiedKFold(folds, shuffle=True, random_state=7).split(target, target):
        model = _fit([sentences[i] for i in seen], target[seen], labels, {})
        for i in unseen:
            columns, values = _row(sentences[i], model.vocabulary, model.idf)
            scores[i] = model.bias + (values @ model.weights[columns] if len(columns) else 0.0)
    return scores


def _temperature(scores: np.ndarray, target: np.ndarray) -> float:
    """The temperature of the least negative log-likelihood on held-out sentences."""
    candidates = np.geomspace(0.2, 5.0, 60)
    rows = np.arange(len(target))
    losses = [-np.log(_softmax(scores / t)[rows, target] + 1e-12).mean() for t in candidates]
    return float(candidates[int(np.argmin(losses))])


def _quality(
    scores: np.ndarray, target: np.ndarray, labels: list[str], skills: dict[str, str]
) -> dict[str, Any]:
    """Held-out figures: right intents, right skills, and of out-of-scope sentences how many were refused."""
    best = scores.argmax(axis=1)
    skill = np.array([skills.get(label, label) for label in labels])
    outside = skill[target] == "out_of_scope"
    refused = float((skill[best] == "out_of_scope")[outside].mean()) if outside.any() else None
    return {
        "sentences": len(target),
        "intents": len(labels),
        "intent_accuracy": round(float((best == target).mean()), 4),
        "skill_accuracy": round(float((skill[best] == skill[target]).mean()), 4),
        "out_of_scope_refused": None if refused is None else round(refused, 4),
    }


def _softmax(scores: np.ndarray) -> np.ndarray:
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)
