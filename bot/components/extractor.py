"""Rasa's entity extractor: `bot.nlu.entities`, with the time of the message."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.components import shared
from bot.nlu.entities import extract
from bot.nlu.understanding import prefer


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class ClinicEntityExtractor(GraphComponent, EntityExtractorMixin):
    """Departments, doctors, times, ordinals, numbers, people … with their resolved values."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> ClinicEntityExtractor:
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        """Set `entities`; each carries Rasa's fields and our own (`text`, `scope`, `negated`)."""
        names = shared.gazetteer().current()
        for message in messages:
            metadata = message.get("metadata") or {}
            role = str(metadata.get("role") or "patient")
            found = extract(message.get(TEXT) or "", names, shared.now_of(metadata), prefer(role))
            entities = [{**entity.as_dict(), "extractor": type(self).__name__} for entity in found]
            message.set(ENTITIES, entities, add_to_output=True)
        return messages
