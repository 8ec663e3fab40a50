"""Rasa's intent classifier: n-grams and logistic regression, clarification, two requests in a message."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT, TEXT_TOKENS
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot import settings
from bot.components import shared
from bot.nlu.entities import extract
from bot.nlu.features import features
from bot.nlu.model import IntentModel, train
from bot.nlu.skills import skill_of
from bot.nlu.training import files_of_intents
from bot.nlu.understanding import Classifier
from bot.nlu.words import Word

RANKING_LENGTH = 5


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class SkillClassifier(GraphComponent, IntentClassifier):
    """Sets `intent`, `intent_ranking`, `skill`, and `understood` (unclear, close, requests)."""

    def __init__(self, model_storage: ModelStorage, resource: Resource) -> None:
        self._model_storage, self._resource = model_storage, resource
        self._classifier: Classifier | None = None

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SkillClassifier:
        return cls(model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> SkillClassifier:
        loaded = cls(model_storage, resource)
        with model_storage.read_from(resource) as folder:
            loaded._classifier = Classifier(IntentModel.load(Path(folder)))
        return loaded

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from the sentences; the model is written to the resource."""
        names, split, now = shared.gazetteer().current(), shared.splitter(), shared.now_of(None)
        examples = [example for example in training_data.intent_examples if example.get(TEXT)]
        rows = [
            features(text, split.words(text), extract(text, names, now))
            for text in (example.get(TEXT) for example in examples)
        ]
        intents = [example.get(INTENT) for example in examples]
        stems = files_of_intents(settings.get().bot_nlu_data)
        skills = {intent: skill_of(intent, stems.get(intent, intent)) for intent in set(intents)}
        model = train(rows, intents, skills)
        self._classifier = Classifier(model)
        with self._model_storage.write_to(self._resource) as folder:
            model.save(Path(folder))
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Classify; entities and tokens are there already."""
        if self._classifier is None:
            return messages
        for message in messages:
            words = [Word(token.text, token.start, token.end) for token in message.get(TEXT_TOKENS) or []]
            entities = shared.entities_of(message.get(ENTITIES) or [])
            role = str((message.get("metadata") or {}).get("role") or "patient")
            found = self._classifier.understand(message.get(TEXT) or "", words, entities, role)
            ranking = [{"name": name, "confidence": p} for name, p in found.ranking[:RANKING_LENGTH]]
            message.set(INTENT, {"name": found.intent, "confidence": found.confidence}, add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
            skill = self._classifier.model.skills.get(found.intent, found.intent)
            message.set("skill", skill, add_to_output=True)
            more = {"unclear": found.unclear, "close": found.close, "requests": found.requests}
            message.set("understood", more, add_to_output=True)
        return messages
