"""What was said aloud and not heard well: a doctor or a time is held back, read out, and counts when it is affirmed.

The frame keeps such values under `held`: `{slot: {"value", "text", "said"}}`. Built once for all skills; a typed or
tapped message is never uncertain.
"""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot.engine import filling
from bot.engine.definitions import Flow
from bot.engine.filling import Filled
from bot.engine.state import Frame, Say, Turn, button

READ_BACK = frozenset({"doctor", "date_time"})
"""The entities that are read back; whatever else is heard wrongly is seen on the screen or in the confirmation."""
_TITLES = ("医生", "大夫", "医师", "主任", "教授", "专家")


def fill(flow: Flow, frame: Frame, turn: Turn, *, correcting: bool = False) -> Filled:
    """As `filling.fill`; of an uncertain message doctors and times are held back, unless they were heard twice alike."""
    if not turn.uncertain or not any(entity["entity"] in READ_BACK for entity in turn.wanted()):
        return filling.fill(flow, frame, turn, correcting=correcting)
    trial = copy.deepcopy(frame)
    tried = filling.fill(flow, trial, turn, correcting=correcting)
    doubtful = [slot for slot in (*tried.new, *tried.corrected) if is_read_back(flow, slot)]
    before = frame.get("held") or {}
    held = {
        slot: {"value": trial["values"][slot], "text": trial["raw"][slot], "said": _said(trial, slot)}
        for slot in doubtful
        if slot in trial["values"]
    }
    if not held or all(before.get(slot, {}).get("value") == kept["value"] for slot, kept in held.items()):
        return filling.fill(flow, frame, turn, correcting=correcting)
    sure = [entity for entity in turn.entities if entity["entity"] not in READ_BACK]
    filled = filling.fill(flow, frame, replace(turn, entities=sure), correcting=correcting)
    frame["held"] = {**before, **held}
    filled.held = list(held)
    return filled


def hold_option(flow: Flow, frame: Frame, turn: Turn, option: dict[str, Any]) -> bool:
    """Whether a chosen option is held back: one that tells a doctor or a day, chosen by an uncertain message."""
    values = option.get("values") or {}
    if not turn.uncertain or not any(is_read_back(flow, slot) for slot in values):
        return False
    title = str(option.get("title") or "")
    held = {slot: {"value": value, "text": title, "said": title} for slot, value in values.items()}
    if frame.get("held") == held:
        return False
    frame["held"] = held
    return True


def is_read_back(flow: Flow, slot: str) -> bool:
    """Whether a slot is a doctor's or a time's."""
    item = flow.item(slot)
    return item is not None and bool(READ_BACK & set(item.entities))


def kinds(flow: Flow, frame: Frame) -> list[str]:
    """The entities that an answer to the read-back may correct."""
    items = [flow.item(slot) for slot in frame.get("held") or {}]
    return list(dict.fromkeys(entity for item in items if item for entity in item.entities))


def question(frame: Frame) -> Say:
    """“您说的是王建国医生、明天上午（11月24日）吗？”"""
    said = "、".join(dict.fromkeys(kept["said"] for kept in frame["held"].values() if kept["said"]))
    return Say("utter_read_back", {"said": said}, [button("是的", "/affirm"), button("不是", "/deny")])


def accept(flow: Flow, frame: Frame) -> Filled:
    """What was held back counts."""
    filled = Filled()
    for slot, kept in (frame.pop("held", None) or {}).items():
        filling.put(flow, frame, slot, kept["value"], kept["text"], filled)
    return filled


def forget(frame: Frame) -> None:
    """What was held back was not meant."""
    frame.pop("held", None)


def _said(frame: Frame, slot: str) -> str:
    """A value for the ear: a doctor's whole name, a day with its date."""
    value, text = frame["values"][slot], str(frame["raw"].get(slot, ""))
    if not isinstance(value, dict):
        return text
    if value.get("name"):
        name = str(value["name"])
        return name if name.endswith(_TITLES) else f"{name}医生"
    start, end = _moment(value.get("start")), _moment(value.get("end"))
    long = start is not None and end is not None and end - start > timedelta(days=1)
    if start is None or long or value.get("grain") == "any" or f"{start.month}月" in text:
        return text
    return f"{text}（{start.month}月{start.day}日）"


def _moment(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except (TypeError, ValueError):
        return None
