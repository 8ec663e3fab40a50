"""Writes a stock Rasa project: default pipeline and policies, our sentences with their entities, a form for booking.

Fair to it: jieba in place of the whitespace tokenizer, which cannot split Chinese, and no call to a hospital: its
answers are fixed sentences, where ours come from the facade.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from bot.nlu import vocabulary
from bot.nlu.entities import Entity, extract
from bot.nlu.gazetteer import Gazetteer
from bot.nlu.training import sentence_files
from bot.settings import SHANGHAI
from common.settings import ROOT

ENTITIES = ("department", "date_time", "doctor", "visit_type", "person", "lab_test")
NOW = datetime(2026, 11, 23, 9, tzinfo=SHANGHAI)
FORM = "booking_form"

PIPELINE: list[dict[str, Any]] = [
    {"name": "JiebaTokenizer"},
    {"name": "RegexFeaturizer"},
    {"name": "LexicalSyntacticFeaturizer"},
    {"name": "CountVectorsFeaturizer"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
    {"name": "DIETClassifier", "epochs": 100, "constrain_similarities": True},
    {"name": "EntitySynonymMapper"},
    {"name": "ResponseSelector", "epochs": 100, "constrain_similarities": True},
    {"name": "FallbackClassifier", "threshold": 0.3, "ambiguity_threshold": 0.1},
]
POLICIES: list[dict[str, Any]] = [
    {"name": "MemoizationPolicy"},
    {"name": "RulePolicy"},
    {"name": "UnexpecTEDIntentPolicy", "max_history": 5, "epochs": 100},
    {"name": "TEDPolicy", "max_history": 5, "epochs": 100, "constrain_similarities": True},
]


def generate(folder: Path, epochs: int = 100) -> None:
    """Write the project into `folder` (config, domain, data, credentials). `epochs` of DIET, TED and the selector;
    a turn costs the same whatever their number."""
    sentences = _sentences()
    (folder / "data").mkdir(parents=True, exist_ok=True)
    _write(folder / "config.yml", _config(epochs))
    _write(folder / "domain.yml", _domain(sorted(sentences)))
    _write(folder / "data" / "rules.yml", {"version": "3.1", "rules": _rules(sorted(sentences))})
    _write(folder / "data" / "stories.yml", {"version": "3.1", "stories": _stories()})
    _write(folder / "credentials.yml", {"rest": None})
    _write(folder / "endpoints.yml", {})
    nlu = [
        {"intent": intent, "examples": "".join(f"- {text}\n" for text in texts)}
        for intent, texts in sorted(sentences.items())
    ]
    _write(folder / "data" / "nlu.yml", {"version": "3.1", "nlu": nlu})


def _sentences() -> dict[str, list[str]]:
    names = Gazetteer(vocabulary.read(ROOT / "nlu_data" / "vocabulary", Path("/nonexistent")))
    found: dict[str, list[str]] = {}
    for path in sentence_files(ROOT / "nlu_data"):
        for block in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            for line in block["examples"].splitlines():
                text = line.strip().removeprefix("-").strip()
                if text:
                    found.setdefault(block["intent"], []).append(_annotated(text, extract(text, names, NOW)))
    return found


def _annotated(text: str, entities: list[Entity]) -> str:
    """Rasa's form: 我想挂[骨科](department)的号. Brackets of the sentence itself would be read as that."""
    if any(mark in text for mark in "[](){}"):
        return "".join(char for char in text if char not in "[](){}")
    for entity in reversed([e for e in entities if e.entity in ENTITIES]):
        text = f"{text[: entity.start]}[{entity.text}]({entity.entity}){text[entity.end :]}"
    return text


def _config(epochs: int) -> dict[str, Any]:
    def trained(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{**part, "epochs": epochs} if "epochs" in part else part for part in parts]

    return {
        "recipe": "default.v1",
        "assistant_id": "stock",
        "language": "zh",
        "pipeline": trained(PIPELINE),
        "policies": trained(POLICIES),
    }


def _domain(intents: list[str]) -> dict[str, Any]:
    responses = {f"utter_{intent}": [{"text": f"这里是{intent}的回答。"}] for intent in intents}
    responses |= {
        "utter_ask_department": [{"text": "您要挂哪个科？"}],
        "utter_ask_date": [{"text": "您想哪天看？"}],
        "utter_ask_choice": [{"text": "明天上午有这些号：1. 王医生 9:00；2. 李医生 9:30。您要哪一个？"}],
        "utter_booked": [{"text": "{department} {date} 挂好了。"}],
        "utter_cancelled": [{"text": "好的，已停止。"}],
        "utter_default": [{"text": "不好意思，没听懂。"}],
    }
    return {
        "version": "3.1",
        "intents": intents,
        "entities": list(ENTITIES),
        "slots": {
            "department": _slot({"type": "from_entity", "entity": "department"}),
            "date": _slot({"type": "from_entity", "entity": "date_time"}),
            "choice": _slot(
                {
                    "type": "from_text",
                    "intent": "choose",
                    "conditions": [{"active_loop": FORM, "requested_slot": "choice"}],
                }
            ),
        },
        "forms": {FORM: {"required_slots": ["department", "date", "choice"]}},
        "responses": responses,
        "session_config": {"session_expiration_time": 60, "carry_over_slots_to_new_session": True},
    }


def _slot(mapping: dict[str, Any]) -> dict[str, Any]:
    return {"type": "text", "influence_conversation": False, "mappings": [mapping]}


def _rules(intents: list[str]) -> list[dict[str, Any]]:
    form = {"active_loop": FORM}
    rules: list[dict[str, Any]] = [
        {"rule": "open the form", "steps": [{"intent": "book_appointment"}, {"action": FORM}, form]},
        {
            "rule": "submit the form",
            "condition": [form],
            "steps": [
                {"action": FORM},
                {"active_loop": None},
                {"slot_was_set": [{"requested_slot": None}]},
                {"action": "utter_booked"},
            ],
        },
        {
            "rule": "leave the form",
            "condition": [form],
            "steps": [
                {"intent": "cancel_task"},
                {"action": "action_deactivate_loop"},
                {"active_loop": None},
                {"action": "utter_cancelled"},
            ],
        },
    ]
    inside = {"book_appointment", "inform", "choose", "correct", "cancel_task"}
    for intent in intents:
        if intent not in inside:
            answer = [{"intent": intent}, {"action": f"utter_{intent}"}]
            rules.append({"rule": intent, "steps": answer})
            rules.append(
                {
                    "rule": f"{intent} in the form",
                    "condition": [form],
                    "steps": [*answer, {"action": FORM}, form],
                }
            )
    return rules


def _stories() -> list[dict[str, Any]]:
    """The machine-learned policies need stories: the ways that the rules leave open."""
    return [
        {
            "story": "talk before",
            "steps": [
                {"intent": "greet"},
                {"action": "utter_greet"},
                {"intent": "book_appointment"},
                {"action": FORM},
                {"active_loop": FORM},
            ],
        },
        {
            "story": "questions in a row",
            "steps": [
                {"intent": "hospital_info"},
                {"action": "utter_hospital_info"},
                {"intent": "thanks"},
                {"action": "utter_thanks"},
                {"intent": "goodbye"},
                {"action": "utter_goodbye"},
            ],
        },
    ]


def _write(path: Path, content: Any) -> None:
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
