"""What a turn says, in the form that the gateway passes on: Message = {text, buttons, card}."""

from __future__ import annotations

from typing import Any

from rasa.core.channels.channel import OutputChannel
from rasa.shared.core.events import BotUttered


class Replies(OutputChannel):
    """Collects the messages of one turn."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    @classmethod
    def name(cls) -> str:
        return "menzhen"

    def add(self, utterance: BotUttered) -> None:
        """Take one utterance; one without text, buttons or card is nothing."""
        message = as_message(utterance.text, utterance.data or {})
        if message["text"] or message["buttons"] or message["card"]:
            self.messages.append(message)

    def add_messages(self, messages: list[dict[str, Any]]) -> None:
        """Messages that were said before, once more."""
        self.messages.extend(messages)


def as_message(text: str | None, data: dict[str, Any]) -> dict[str, Any]:
    """Rasa's utterance as a Message; a card stands in `custom.card`, or `custom` is the card itself."""
    custom = data.get("custom") or {}
    card = custom.get("card") or (custom if custom.get("type") else None)
    buttons = [_button(button) for button in [*(data.get("buttons") or []), *(custom.get("buttons") or [])]]
    picture = data.get("image") or data.get("attachment")
    if isinstance(picture, str):
        buttons.append({"title": "打开", "url": picture})
    return {"text": text or custom.get("text") or None, "buttons": [b for b in buttons if b], "card": card}


def _button(button: dict[str, Any]) -> dict[str, str]:
    found = {key: str(button[key]) for key in ("title", "payload", "url") if button.get(key)}
    return found if "title" in found else {}
