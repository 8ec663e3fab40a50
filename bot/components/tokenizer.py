"""Rasa's tokenizer: `bot.nlu.words` with the hospital's vocabulary."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message

from bot.components import shared
from bot.nlu import vocabulary


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class ClinicTokenizer(Tokenizer):
    """Words from a private jieba dictionary; its fingerprint covers the vocabulary, so that a change is trained."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            "intent_tokenization_flag": False,
            "intent_split_symbol": "_",
            "token_pattern": None,
            "prefix_separator_symbol": None,
            "vocabulary": "nlu_data/vocabulary",
        }

    @staticmethod
    def supported_languages() -> list[str]:
        return ["zh"]

    @staticmethod
    def fingerprint_addon(config: dict[str, Any]) -> str:
        return repr(vocabulary.fingerprint(Path(config.get("vocabulary", "")), Path()))

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> ClinicTokenizer:
        return cls(config)

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        words = shared.splitter().words(message.get(attribute))
        return [Token(word.text, word.start, word.end) for word in words]
