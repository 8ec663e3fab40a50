"""A turn: the message understood, the policies asked until they listen, the conversation kept.

Rasa's own processor loses an action's failure (its events are dropped and nobody hears of it), copies and replays
the whole tracker for every action, and sends all of it to the action server. This one tells the policy of a
failure, and a turn costs the same however long the conversation.
"""

from __future__ import annotations

import logging
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rasa.core.actions.action import Action, ActionBotResponse, ActionListen, create_bot_utterance
from rasa.core.channels.channel import UserMessage
from rasa.core.lock_store import InMemoryLockStore
from rasa.core.nlg import TemplatedNaturalLanguageGenerator
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.processor import MessageProcessor
from rasa.engine.loader import load_predict_graph_runner
from rasa.engine.runner.interface import GraphRunner
from rasa.engine.storage.storage import ModelMetadata
from rasa.exceptions import ActionLimitReached
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.events import ActionExecuted, BotUttered, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.components.flow_policy import DIALOGUE, LAST_REPLY, SIGNAL, STACK
from bot.engine import expects
from bot.runtime.actions import ActionFailed, ActionServer, CustomAction
from bot.runtime.graph import PlainGraphRunner, ServingStorage
from bot.runtime.replies import Replies
from bot.settings import Settings
from bot.stores.conversations import ConversationStore

log = logging.getLogger(__name__)

MAX_PREDICTIONS = 20
# Left of the reply's deadline for what is not an action.
_MARGIN = 0.4
TRANSCRIPT_LENGTH = 12


class ClinicProcessor(MessageProcessor):
    """Rasa's message processor for one conversation turn."""

    def __init__(self, own: Settings, store: ConversationStore) -> None:
        super().__init__(
            own.bot_model,
            store,
            InMemoryLockStore(),
            TemplatedNaturalLanguageGenerator({}),
            max_number_of_predictions=MAX_PREDICTIONS,
        )
        self.nlg = TemplatedNaturalLanguageGenerator(self.domain.responses)
        self.store = store
        self.store.domain = self.domain
        self.server = ActionServer(own.action_endpoint)
        self._deadline = own.reply_deadline
        self._listen = ActionListen()

    @staticmethod
    def _load_model(model_path: Path | str) -> tuple[str, ModelMetadata, GraphRunner]:
        """The model of an archive, run by our own runner."""
        with TemporaryDirectory() as folder:
            metadata, runner = load_predict_graph_runner(
                Path(folder), Path(model_path), ServingStorage, PlainGraphRunner
            )
        return Path(model_path).name, metadata, runner

    async def handle_message(self, message: UserMessage) -> dict[str, Any]:  # type: ignore[override]
        """Answer a message. Returns the gateway's body: `{"messages", "skill", "intent", "slots", "expects"}`."""
        begun = time.monotonic()
        tracker = await self.get_tracker(message.sender_id)
        tracker.clear_followup_action()
        replies = message.output_channel
        assert isinstance(replies, Replies)
        parse_data = message.parse_data or await self.parse_message(message, tracker)
        tracker.update(
            UserUttered(
                message.text,
                parse_data["intent"],
                parse_data["entities"],
                parse_data,  # type: ignore[arg-type]
                input_channel=Replies.name(),
                message_id=message.message_id,
                metadata=message.metadata,
            ),
            self.domain,
        )
        await self._run_turn(tracker, replies, begun + self._deadline - _MARGIN)
        body = self._body(tracker, replies)
        self._remember(tracker, message, replies)
        await self.store.save(tracker)
        return body

    async def _run_turn(self, tracker: DialogueStateTracker, replies: Replies, until: float) -> None:
        for _ in range(MAX_PREDICTIONS):
            prediction = self._predict_next_with_tracker(tracker)
            name = self.domain.action_names_or_texts[prediction.max_confidence_index]
            await self._step(name, tracker, replies, prediction, until)
            if name == ACTION_LISTEN_NAME:
                return
        raise ActionLimitReached(f"no listening after {MAX_PREDICTIONS} predictions")

    async def _step(
        self,
        name: str,
        tracker: DialogueStateTracker,
        replies: Replies,
        prediction: PolicyPrediction,
        until: float,
    ) -> None:
        """Say what the policy wants said, run the action, keep what it brought."""
        tracker.update_with_events(prediction.events, self.domain)
        for say in (prediction.action_metadata or {}).get("says") or []:
            tracker.update(self._say(say, replies), self.domain)
        events: list[Event]
        try:
            events = await self._action(name, until).run(replies, self.nlg, tracker, self.domain)
        except ActionFailed as failure:
            log.error("action failed: %s", failure)
            events = [SlotSet(SIGNAL, {"outcome": "failed", "reason": failure.reason})]
        tracker.update(ActionExecuted(name, prediction.policy_name, prediction.max_confidence), self.domain)
        for event in events:
            if isinstance(event, BotUttered):
                replies.add(event)
        tracker.update_with_events(events, self.domain)

    def _action(self, name: str, until: float) -> Action:
        if name == ACTION_LISTEN_NAME:
            return self._listen
        if name.startswith("utter_"):
            return ActionBotResponse(name, silent_fail=True)
        return CustomAction(name, self.server, until - time.monotonic())

    def _say(self, say: dict[str, Any], replies: Replies) -> BotUttered:
        """A sentence of the engine's."""
        if say["messages"]:
            replies.add_messages(say["messages"])
            return BotUttered(text=say["messages"][0].get("text"), metadata={"engine": True})
        draft = self.nlg.generate_from_slots(say["response"], say["values"], Replies.name()) or {}
        draft["buttons"] = [*(draft.get("buttons") or []), *say["buttons"]]
        draft["engine"] = True
        utterance = create_bot_utterance(draft)
        replies.add(utterance)
        return utterance

    def _body(self, tracker: DialogueStateTracker, replies: Replies) -> dict[str, Any]:
        message = tracker.latest_message
        intent = (message.intent.get("name") if message else None) or ""
        skill = message.parse_data.get("skill", intent) if message else ""
        stack, dialogue = tracker.get_slot(STACK) or [], tracker.get_slot(DIALOGUE) or {}
        # A complaint is one whatever else the sentence looked like: 我要看个病，耳朵嗡嗡响.
        skill = dialogue.get("told") or skill
        # Where nothing is open the rules have answered, and the engine's last question is an old one.
        open_question = dialogue.get("expects") if stack or dialogue.get("offer") else None
        return {
            "messages": replies.messages,
            "skill": skill,
            "intent": intent,
            "slots": dict(stack[-1]["values"]) if stack else {},
            "expects": expects.with_buttons(open_question or expects.FREE, replies.messages),
        }

    @staticmethod
    def _remember(tracker: DialogueStateTracker, message: UserMessage, replies: Replies) -> None:
        """The last reply (to repeat it) and the last few sentences (for the person who takes over)."""
        said = [m["text"] for m in replies.messages if m["text"]]
        transcript = list(tracker.get_slot("transcript") or [])
        if message.text and not message.text.startswith("/"):
            transcript.append({"from": "user", "text": message.text})
        transcript.extend({"from": "bot", "text": text} for text in said)
        tracker.update(SlotSet("transcript", transcript[-TRANSCRIPT_LENGTH:]))
        if replies.messages:
            tracker.update(SlotSet(LAST_REPLY, replies.messages))
