"""Rasa's ear for complaints: whatever a sentence asks for, what ails the person who says it is not overheard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot import settings
from bot.nlu import complaints


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class ComplaintDetector(GraphComponent, EntityExtractorMixin):
    """Sets `complaint` (`text`, `sure`) where the sentence tells of one; the entities stay as they are."""

    def __init__(self, table: Path) -> None:
        self._complaints = complaints.load(table)

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"table": "knowledge/triage.yml"}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> ComplaintDetector:
        return cls(settings.get().bot_nlu_data / config["table"])

    def process(self, messages: list[Message]) -> list[Message]:
        """After the entities are known."""
        for message in messages:
            symptoms = [
                entity["text"]
                for entity in message.get(ENTITIES) or []
                if entity["entity"] == "symptom" and not entity.get("negated")
            ]
            found = self._complaints.find(message.get(TEXT) or "", symptoms)
            if found:
                message.set("complaint", {"text": found.text, "sure": found.sure}, add_to_output=True)
        return messages
