"""Rasa's emergency detector: last in the pipeline, it overrules every other reading."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot import settings
from bot.nlu import red_flags


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class RedFlagDetector(GraphComponent, IntentClassifier):
    """Sets the intent `emergency` where the sentence raises a red flag of the table."""

    def __init__(self, table: Path) -> None:
        self._flags = red_flags.load(table)

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"table": "red_flags.yml"}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> RedFlagDetector:
        return cls(settings.get().bot_nlu_data / config["table"])

    def process(self, messages: list[Message]) -> list[Message]:
        """Overrule the classifier."""
        for message in messages:
            flag = self._flags.find(message.get(TEXT) or "")
            if flag is None:
                continue
            message.set(INTENT, {"name": "emergency", "confidence": 1.0}, add_to_output=True)
            message.set("skill", "emergency", add_to_output=True)
            message.set("red_flag", flag.name, add_to_output=True)
            message.set("understood", {}, add_to_output=True)
        return messages
