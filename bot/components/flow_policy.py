"""Rasa's policy that runs flows: the engine of `bot.engine`, its state in slots, its sentences in the prediction."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from rasa.core.featurizers.tracker_featurizers import TrackerFeaturizer
from rasa.core.policies.policy import Policy, PolicyPrediction, SupportedData
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered, SlotSet, UserUttered
from rasa.shared.core.generator import TrackerWithCachedStates
from rasa.shared.core.trackers import DialogueStateTracker

from bot import settings
from bot.components import shared
from bot.engine import definitions, expects
from bot.engine.engine import Engine
from bot.engine.state import Move, State, Turn

STACK, DIALOGUE, SIGNAL, LAST_REPLY = "flow_stack", "flow_dialogue", "flow_signal", "last_reply"
_FILE = "flows.json"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True)
class FlowPolicy(Policy):
    """Predicts with certainty, or not at all where small talk is left to the rules."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"priority": 7}

    @staticmethod
    def supported_data() -> SupportedData:
        return SupportedData.ML_AND_RULE_DATA

    @staticmethod
    def fingerprint_addon(config: dict[str, Any]) -> str | None:
        folder = settings.get().bot_flows
        return "\n".join(
            path.name + path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.yml"))
        )

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        featurizer: TrackerFeaturizer | None = None,
        flows: dict[str, definitions.Flow] | None = None,
    ) -> None:
        super().__init__(config, model_storage, resource, execution_context, featurizer)
        self.flows = flows or {}
        self._engine: Engine | None = None
        self._engine_domain: Domain | None = None

    def train(
        self, training_trackers: list[TrackerWithCachedStates], domain: Domain, **kwargs: Any
    ) -> Resource:
        """Read and check the flow files; the model carries them. Raises FlowError."""
        self.flows = definitions.load(settings.get().bot_flows)
        known = set(domain.action_names_or_texts)
        for flow in self.flows.values():
            strange = sorted(flow.actions() - known)
            if strange:
                raise definitions.FlowError(
                    f"流程 {flow.flow} 用到的 {'、'.join(strange)} 不在 bot/domain 里"
                )
        with self._model_storage.write_to(self._resource) as folder:
            content = [flow.as_dict() for flow in self.flows.values()]
            (Path(folder) / _FILE).write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> FlowPolicy:
        with model_storage.read_from(resource) as folder:
            content = json.loads((Path(folder) / _FILE).read_text(encoding="utf-8"))
        flows = {entry["flow"]: definitions.read(entry, _FILE) for entry in content}
        return cls(config, model_storage, resource, execution_context, flows=flows)

    def predict_action_probabilities(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        rule_only_data: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> PolicyPrediction:
        """One step of the engine. Its sentences travel as `action_metadata.says`; the processor says them."""
        engine = self._engine_for(domain)
        state = State(
            copy.deepcopy(tracker.get_slot(STACK) or []), copy.deepcopy(tracker.get_slot(DIALOGUE) or {})
        )
        state.dialogue["last"] = tracker.get_slot(LAST_REPLY) or []
        turn = turn_of(tracker)
        fresh = tracker.latest_action_name == ACTION_LISTEN_NAME
        if fresh:
            move = engine.begin(state, turn)
        elif state.dialogue.get("running"):
            move = engine.go_on(state, turn, tracker.get_slot(SIGNAL), _said(tracker))
        else:
            move = Move()
        state.dialogue.pop("last", None)
        state.dialogue["expects"] = expects.question(state, self.flows)
        probabilities = self._default_predictions(domain)
        to_rules = fresh and not move.says and not move.action and not state.stack
        if not to_rules:
            probabilities[domain.index_for_action(move.action or ACTION_LISTEN_NAME)] = 1.0
        events = [
            SlotSet(STACK, state.stack),
            SlotSet(DIALOGUE, state.dialogue),
            SlotSet(SIGNAL, None),
        ]
        return self._prediction(
            probabilities,
            events=events,  # type: ignore[arg-type]
            action_metadata={"says": [say.as_dict() for say in move.says]},
        )

    def _engine_for(self, domain: Domain) -> Engine:
        if self._engine is None or self._engine_domain is not domain:
            self._engine = Engine(self.flows, set(domain.action_names_or_texts))
            self._engine_domain = domain
        return self._engine


def turn_of(tracker: DialogueStateTracker) -> Turn:
    """The message that is being answered, as the engine sees it."""
    message = tracker.latest_message
    if message is None:
        return Turn()
    data: dict[str, Any] = dict(message.parse_data)
    understood = data.get("understood") or {}
    metadata = message.metadata or {}
    heard = metadata.get("voice")
    return Turn(
        intent=message.intent.get("name") or "",
        text=message.text or "",
        confidence=float(message.intent.get("confidence") or 0.0),
        entities=[dict(entity) for entity in message.entities],
        ranking=[(entry["name"], entry["confidence"]) for entry in data.get("intent_ranking") or []],
        requests=copy.deepcopy(understood.get("requests") or []),
        close=list(understood.get("close") or []),
        unclear=bool(understood.get("unclear")),
        role=str(metadata.get("role") or "patient"),
        option=data.get("option"),
        event=metadata.get("event"),
        complaint=data.get("complaint"),
        red_flag=data.get("red_flag"),
        now=shared.now_of(metadata),
        uncertain=isinstance(heard, dict) and heard.get("uncertain") is True and data.get("option") is None,
    )


def _said(tracker: DialogueStateTracker) -> bool:
    """Whether the last action uttered anything itself."""
    for event in reversed(tracker.events):
        if isinstance(event, BotUttered):
            return not (event.metadata or {}).get("engine")
        if isinstance(event, UserUttered):
            return False
    return False
