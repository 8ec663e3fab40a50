"""What several graph components use: one set of the hospital's names, one dictionary of words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from bot import settings
from bot.nlu.entities import Entity
from bot.nlu.understanding import LiveGazetteer
from bot.nlu.words import Splitter


@lru_cache
def gazetteer() -> LiveGazetteer:
    """The hospital's names, reloaded when they change."""
    own = settings.get()
    return LiveGazetteer(own.bot_nlu_data / "vocabulary", own.vocabulary)


@lru_cache
def splitter() -> Splitter:
    """The tokenizer of this process."""
    return Splitter(gazetteer().current().words())


def now_of(metadata: dict[str, Any] | None) -> datetime:
    """The clinic's time of a message: `metadata.now`, else the machine's. Always aware, Asia/Shanghai."""
    text = (metadata or {}).get("now")
    if text:
        try:
            moment = datetime.fromisoformat(str(text))
        except ValueError:
            moment = None
        if moment is not None:
            return (
                moment.replace(tzinfo=settings.SHANGHAI)
                if moment.tzinfo is None
                else moment.astimezone(settings.SHANGHAI)
            )
    return settings.get().now()


def entities_of(found: Sequence[dict[str, Any]]) -> list[Entity]:
    """Our entities from the dictionaries that a Rasa message carries."""
    return [
        Entity(
            e["entity"],
            e["text"],
            e["value"],
            e["start"],
            e["end"],
            e.get("scope", ""),
            e.get("negated", False),
        )
        for e in found
        if "text" in e
    ]
