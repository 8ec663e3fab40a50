"""Calls to the action server: one kept connection, a short request, a deadline, failures told apart."""

from __future__ import annotations

import json
import logging
from typing import Any

import aiohttp
import rasa
from rasa.core.actions.action import Action, create_bot_utterance
from rasa.core.nlg import NaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event, UserUttered, deserialise_events
from rasa.shared.core.trackers import DialogueStateTracker

log = logging.getLogger(__name__)

# Kept by the engine for itself; no action needs them.
_NOT_SENT = frozenset(
    {"flow_dialogue", "flow_signal", "last_reply", "session_started_metadata", "requested_slot"}
)


class ActionFailed(Exception):
    """A custom action did not run to its end. `reason`: unreachable, timeout, refused, broken_answer."""

    def __init__(self, action: str, reason: str, detail: str = "") -> None:
        self.action, self.reason = action, reason
        super().__init__(f"{action}: {reason} {detail}".strip())


class ActionServer:
    """The webhook of rasa-sdk."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close the kept connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def call(self, name: str, tracker: DialogueStateTracker, seconds: float) -> dict[str, Any]:
        """Run a custom action. Returns `{"events", "responses"}`. Raises ActionFailed."""
        if seconds <= 0:
            raise ActionFailed(name, "timeout", "no time left in this turn")
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                json_serialize=_dumps, connector=aiohttp.TCPConnector(limit=200, keepalive_timeout=60)
            )
        timeout = aiohttp.ClientTimeout(total=seconds)
        try:
            async with self._session.post(self._url, json=request(name, tracker), timeout=timeout) as answer:
                if answer.status != 200:
                    raise ActionFailed(name, "refused", f"status {answer.status}")
                body = json.loads(await answer.read())
        except TimeoutError as error:
            raise ActionFailed(name, "timeout") from error
        except aiohttp.ClientError as error:
            raise ActionFailed(name, "unreachable", type(error).__name__) from error
        except ValueError as error:
            raise ActionFailed(name, "broken_answer") from error
        if not isinstance(body, dict):
            raise ActionFailed(name, "broken_answer")
        return body


class CustomAction(Action):
    """A custom action, run by the action server."""

    def __init__(self, name: str, server: ActionServer, seconds: float) -> None:
        self._name, self._server, self._seconds = name, server, seconds

    def name(self) -> str:
        return self._name

    async def run(  # type: ignore[override]
        self,
        output_channel: Any,
        nlg: NaturalLanguageGenerator,
        tracker: DialogueStateTracker,
        domain: Domain,
    ) -> list[Event]:
        """The utterances, then the events. Raises ActionFailed."""
        body = await self._server.call(self._name, tracker, self._seconds)
        try:
            events: list[Event] = []
            for response in body.get("responses") or []:
                events.append(await _utterance(dict(response), nlg, tracker))
            events.extend(deserialise_events(body.get("events") or []))
        except (TypeError, ValueError, KeyError) as error:
            raise ActionFailed(self._name, "broken_answer", type(error).__name__) from error
        return events


async def _utterance(
    response: dict[str, Any], nlg: NaturalLanguageGenerator, tracker: DialogueStateTracker
) -> Event:
    """rasa-sdk's response as an utterance; `template`/`response` names one of the domain's."""
    name = response.pop("response", None) or response.pop("template", None)
    draft: dict[str, Any] = {}
    if name:
        draft = await nlg.generate(name, tracker, "menzhen", **response) or {}
    buttons = [*(draft.get("buttons") or []), *(response.pop("buttons", None) or [])]
    draft.update({key: value for key, value in response.items() if value})
    draft["buttons"] = buttons
    return create_bot_utterance(draft)


def request(name: str, tracker: DialogueStateTracker) -> dict[str, Any]:
    """What rasa-sdk reads, and no more: the slots and the message that is being answered."""
    message = tracker.latest_message
    latest: dict[str, Any] = {}
    events: list[dict[str, Any]] = []
    if isinstance(message, UserUttered):
        latest = {key: value for key, value in dict(message.parse_data).items() if key != "text_tokens"}
        latest["metadata"] = message.metadata
        events = [
            {
                "event": "user",
                "timestamp": message.timestamp,
                "text": message.text,
                "parse_data": latest,
                "metadata": message.metadata,
                "input_channel": "menzhen",
                "message_id": message.message_id,
            }
        ]
    slots = {key: slot.value for key, slot in tracker.slots.items() if key not in _NOT_SENT}
    return {
        "next_action": name,
        "sender_id": tracker.sender_id,
        "tracker": {
            "sender_id": tracker.sender_id,
            "slots": slots,
            "latest_message": latest,
            "latest_event_time": message.timestamp if message else None,
            "followup_action": None,
            "paused": False,
            "events": events,
            "latest_input_channel": "menzhen",
            "active_loop": {},
            "latest_action": {"action_name": tracker.latest_action_name},
            "latest_action_name": tracker.latest_action_name,
        },
        "domain": {},
        "version": rasa.__version__,
    }


def _dumps(body: Any) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))
