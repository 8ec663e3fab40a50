"""What may be said next, for whoever listens: made from the question that is open and from what was shown with it.

Contract: docs/protocols/voice.md, “What the assistant expects”. Built once for all skills.
"""

from __future__ import annotations

import json
import re
from typing import Any

from bot.engine import hearing
from bot.engine.definitions import Flow, Item
from bot.engine.state import CONFIRM, HEARD, RETRY, RUN, WAIT, State

FREE: dict[str, Any] = {"kinds": ["free"], "slot": None, "flow": None, "options": []}
# What an entity of a flow file is for the ear. Other entities (an examination, a drug) are free speech.
KINDS = {
    "department": "department",
    "doctor": "doctor",
    "date_time": "date_time",
    "number": "number",
    "ordinal": "number",
    "id_number": "identity",
    "phone": "phone",
    "person": "person",
    "symptom": "symptom",
    "body_part": "symptom",
    "visit_type": "visit_type",
}
MAX_OPTIONS = 20
_CHOSEN = re.compile(r"/choose\s*(\{.*\})", re.DOTALL)


def question(state: State, flows: dict[str, Flow]) -> dict[str, Any]:
    """The open question: kinds of answers, slot, flow, and the options that the engine knows of."""
    offer, frame = state.dialogue.get("offer"), state.top
    flow = flows.get(frame["flow"]) if frame else None
    if offer:
        options = offer.get("options") or []
        return _found(["choice"] if options else ["yes_no"], None, flow, options)
    if frame is None or flow is None:
        return dict(FREE)
    asked = frame["asked"]
    if asked == CONFIRM:
        return _found(["yes_no"], None, flow, [])
    if asked == HEARD:
        named = [KINDS[entity] for entity in hearing.kinds(flow, frame) if entity in KINDS]
        return _found(["yes_no", *named], None, flow, frame["options"])
    if asked == RETRY:
        return _found(["yes_no"], None, flow, [])
    if asked in (WAIT, RUN, None):
        return _found(["free"], None, flow, frame["options"])
    item = flow.item(asked)
    return _found(_of_item(flow, item), asked, flow, frame["options"])


def with_buttons(asked: dict[str, Any], messages: list[dict[str, Any]]) -> dict[str, Any]:
    """The question with what the reply's buttons add: each may be said by its title, and beside 改日期 also the day."""
    kinds, options = list(asked["kinds"]), list(asked["options"])
    known = {option["id"] for option in options}
    for id, title in [tapped for message in messages for tapped in _tapped(message)]:
        kinds += (asked.get("changes") or {}).get(title, [])
        if id not in known and len(options) < MAX_OPTIONS:
            known.add(id)
            options.append({"id": id, "title": title, "words": [title]})
    if options:
        kinds.append("choice")
    found = {**asked, "kinds": list(dict.fromkeys(kinds)), "options": options}
    return {key: found[key] for key in FREE}


def _found(kinds: list[str], slot: str | None, flow: Flow | None, options: list[Any]) -> dict[str, Any]:
    changes = {f"改{item.label}": _kinds(item) for item in (flow.collect if flow else ()) if item.label}
    return {
        "kinds": kinds,
        "slot": slot,
        "flow": flow.flow if flow else None,
        "options": [_option(each) for each in options if not each.get("disabled")][:MAX_OPTIONS],
        "changes": changes,
    }


def _of_item(flow: Flow, item: Item | None) -> list[str]:
    if item is None:
        return ["free"]
    kinds = ["choice"] if item.choose else list(_kinds(item))
    if item.choose and any("date_time" in (flow.item(slot) or item).entities for slot in item.depends):
        # Among times shown a time is named (九点半的), or another day is wanted (换成后天).
        kinds.append("date_time")
    return list(dict.fromkeys(kinds)) or ["free"]


def _kinds(item: Item) -> list[str]:
    return [KINDS.get(entity, "free") for entity in item.entities]


def _option(option: dict[str, Any]) -> dict[str, Any]:
    words = [str(word) for word in option.get("words") or [] if str(word).strip()]
    return {"id": str(option["id"]), "title": str(option.get("title") or ""), "words": words}


def _tapped(message: dict[str, Any]) -> list[tuple[str, str]]:
    """Id and title of what can be tapped; links are not said."""
    found = []
    for button in message.get("buttons") or []:
        if button.get("title") and not button.get("url"):
            found.append((_id(button.get("payload"), button["title"]), button["title"]))
    return found


def _id(payload: str | None, title: str) -> str:
    hit = _CHOSEN.fullmatch(payload or "")
    if hit is None:
        return payload or title
    try:
        return str(json.loads(hit[1]).get("option", title))
    except (ValueError, AttributeError):
        return title
