"""The whole way from a sentence to what it means: words, entities, intent, second request, red flags."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.nlu import decide, vocabulary
from bot.nlu.decide import Understood
from bot.nlu.entities import Entity, extract
from bot.nlu.features import features
from bot.nlu.gazetteer import Gazetteer
from bot.nlu.model import IntentModel
from bot.nlu.red_flags import RedFlags
from bot.nlu.words import Splitter, Word

log = logging.getLogger(__name__)

MANAGERS = frozenset({"director", "head", "doctor", "finance"})
MANAGERS_ONLY = frozenset({"management_question"})
# A patient who plainly asks for the hospital's figures is told that these are not for everybody.
SURELY_MANAGERS = 0.98


class LiveGazetteer:
    """The hospital's names, read again within seconds when a vocabulary file changes."""

    LOOK_EVERY_SECONDS = 2.0

    def __init__(self, folder: Path, exported: Path) -> None:
        self._folder, self._exported = folder, exported
        self._looked = time.monotonic()
        self._load()

    def current(self) -> Gazetteer:
        """The names as they are now."""
        if time.monotonic() - self._looked > self.LOOK_EVERY_SECONDS:
            self.refresh()
        return self._gazetteer

    def refresh(self) -> None:
        """Read the files again if they changed. A broken file leaves the names as they were."""
        self._looked = time.monotonic()
        if vocabulary.fingerprint(self._folder, self._exported) == self._seen:
            return
        try:
            self._load()
        except vocabulary.VocabularyError as error:
            log.error("vocabulary not reloaded: %s", error)

    def _load(self) -> None:
        self._seen = vocabulary.fingerprint(self._folder, self._exported)
        self._gazetteer = Gazetteer(vocabulary.read(self._folder, self._exported))


@dataclass
class Parse:
    """All that was understood of a sentence; `red_flag` is the Chinese name of an emergency."""

    text: str
    skill: str
    intent: str
    confidence: float
    entities: list[Entity]
    understood: Understood | None
    red_flag: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """One line of `./menzhen parse`."""
        return {
            "text": self.text,
            "skill": self.skill,
            "intent": self.intent,
            "confidence": round(self.confidence, 4),
            "entities": [{"entity": e.entity, "text": e.text, "value": e.value} for e in self.entities],
        }


class Classifier:
    """Intent of a sentence from its words and entities, with the second request where there is one."""

    def __init__(self, model: IntentModel) -> None:
        self.model = model

    def understand(
        self, sentence: str, words: Sequence[Word], entities: Sequence[Entity], role: str = "patient"
    ) -> Understood:
        """Entities that the sentence denies do not count as a second request's.

        Managers' skills are never understood out of a patient's words.
        """
        whole = decide.decide(sentence, entities, self._rank(sentence, words, entities, role))
        if whole.intent in ("inform", "choose", "correct") and whole.confidence == 1.0:
            return whole
        for end, start in decide.joints(sentence):
            first = self._half(sentence, words, entities, (0, end), role)
            second = self._half(sentence, words, entities, (start, len(sentence)), role)
            if decide.different_requests(first[0], second[0]):
                whole.requests = [first[1], second[1]]
                whole.intent, whole.confidence = first[0]
                whole.unclear, whole.close = False, []
                break
        return whole

    def _rank(
        self, sentence: str, words: Sequence[Word], entities: Sequence[Entity], role: str
    ) -> list[tuple[str, float]]:
        ranking = self.model.rank(features(sentence, words, entities))
        if role in MANAGERS or (ranking[0][0] in MANAGERS_ONLY and ranking[0][1] >= SURELY_MANAGERS):
            return ranking
        open_to_patients = [(name, p) for name, p in ranking if name not in MANAGERS_ONLY]
        share = sum(p for _, p in open_to_patients)
        return [(name, p / share) for name, p in open_to_patients]

    def _half(
        self,
        sentence: str,
        words: Sequence[Word],
        entities: Sequence[Entity],
        span: tuple[int, int],
        role: str,
    ) -> tuple[tuple[str, float], dict[str, Any]]:
        start, end = span
        text = sentence[start:end]
        inside = [
            Entity(e.entity, e.text, e.value, e.start - start, e.end - start, e.scope, e.negated)
            for e in entities
            if e.start >= start and e.end <= end
        ]
        part = [
            Word(w.text, w.start - start, w.end - start) for w in words if w.start >= start and w.end <= end
        ]
        best = self._rank(text, part, inside, role)[0]
        request = {
            "text": text.strip(" ，,。"),
            "intent": best[0],
            "confidence": round(best[1], 4),
            "entities": [e.as_dict() for e in inside],
        }
        return best, request


class Understanding:
    """The parts put together, for use without Rasa; Rasa's graph runs the same parts one by one."""

    def __init__(
        self, gazetteer: LiveGazetteer, splitter: Splitter, classifier: Classifier, red_flags: RedFlags
    ) -> None:
        self.gazetteer, self.splitter = gazetteer, splitter
        self.classifier, self.red_flags = classifier, red_flags

    def parse(self, sentence: str, now: datetime, role: str = "patient") -> Parse:
        """`now` aware; managers mostly mean the past, patients the future."""
        entities = extract(sentence, self.gazetteer.current(), now, prefer(role))
        flag = self.red_flags.find(sentence)
        if flag:
            return Parse(sentence, "emergency", "emergency", 1.0, entities, None, flag.name)
        understood = self.classifier.understand(sentence, self.splitter.words(sentence), entities, role)
        skill = self.classifier.model.skills.get(understood.intent, understood.intent)
        return Parse(sentence, skill, understood.intent, understood.confidence, entities, understood)


def prefer(role: str) -> str:
    """Which way a bare weekday or date is read for this role."""
    return "past" if role in MANAGERS else "future"
