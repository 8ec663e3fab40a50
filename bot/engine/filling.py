"""Values of a sentence into the slots of a frame: new ones, corrected ones, those that depend on them cleared."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.engine import phrases
from bot.engine.definitions import Flow, Item
from bot.engine.state import CONFIRM, Frame, Turn

TEXT = "text"
# What 哪天都行 looks at: as far ahead as can be booked.
ANY_DAY = timedelta(days=14)


@dataclass
class Filled:
    """What changed in a frame. `ambiguous`: a slot whose name fits several; `unknown`: a name nobody has; `held`: slots
    whose values have to be read back first."""

    new: list[str] = field(default_factory=list)
    corrected: list[str] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    ambiguous: tuple[Item, dict[str, Any]] | None = None
    unknown: str = ""
    held: list[str] = field(default_factory=list)

    def any(self) -> bool:
        """Whether the sentence said anything for this frame."""
        return bool(self.new or self.corrected or self.same or self.ambiguous or self.unknown or self.held)


def fill(flow: Flow, frame: Frame, turn: Turn, *, correcting: bool = False) -> Filled:
    """Put what the sentence names into the frame; each entity fills at most one slot."""
    filled = Filled()
    for entity in _one_of_each(flow, turn, correcting):
        item = _item_for(flow, frame, entity["entity"], filled)
        if item is None:
            continue
        value = _narrowed(entity["value"], frame) if isinstance(entity["value"], dict) else entity["value"]
        if isinstance(value, dict) and "candidates" in value:
            if not value["candidates"]:
                filled.unknown = str(value["name"])
                continue
            if entity["entity"] == "department" and not item.optional:
                filled.ambiguous = filled.ambiguous or (item, value)
                continue
        text = entity.get("text") or str(entity["value"])
        if entity["entity"] == "date_time":
            value, text = _merged(frame, item.slot, entity, value, text, correcting)
        put(flow, frame, item.slot, value, text, filled)
    asked = flow.item(frame["asked"])
    if asked and TEXT in asked.entities and asked.slot not in frame["values"] and turn.text.strip():
        put(flow, frame, asked.slot, turn.text.strip(), turn.text.strip(), filled)
    elif phrases.any_day(turn.text):
        open_day = next((i for i in flow.collect if takes_any_day(i) and i.slot not in frame["values"]), None)
        if open_day:
            put_any_day(flow, frame, open_day, turn, filled)
    return filled


def takes_any_day(item: Item) -> bool:
    """Whether this is a day to come, so that 哪天都行 answers it."""
    return not item.optional and item.prefer == "future" and "date_time" in item.entities


def put_any_day(flow: Flow, frame: Frame, item: Item, turn: Turn, filled: Filled | None = None) -> bool:
    """Any day that can be booked; False where the time is not known."""
    if turn.now is None:
        return False
    span = {"start": turn.now.isoformat(), "end": (turn.now + ANY_DAY).isoformat(), "grain": "any"}
    put(flow, frame, item.slot, span, "最近", filled)
    return True


def put(flow: Flow, frame: Frame, slot: str, value: Any, text: str, filled: Filled | None = None) -> None:
    """Set one slot; a changed value clears what depends on it and the confirmation."""
    filled = filled or Filled()
    (frame.get("held") or {}).pop(slot, None)
    before = frame["values"].get(slot)
    if before == value:
        filled.same.append(slot)
        return
    frame["values"][slot] = value
    frame["raw"][slot] = text
    (filled.new if before is None else filled.corrected).append(slot)
    touch(flow, frame, slot)


def clear(flow: Flow, frame: Frame, slot: str) -> None:
    """Empty a slot and what depends on it."""
    frame["values"].pop(slot, None)
    frame["raw"].pop(slot, None)
    touch(flow, frame, slot)


def touch(flow: Flow, frame: Frame, slot: str) -> None:
    """A slot changed: its dependants are not true any more, nor what was offered for them, nor the confirmation."""
    dependants = flow.dependants(slot)
    for dependant in dependants:
        frame["values"].pop(dependant, None)
        frame["raw"].pop(dependant, None)
    if frame["asked"] in (slot, CONFIRM, *dependants):
        frame["options"] = []
    frame["confirmed"] = False
    frame["misses"] = 0


def _one_of_each(flow: Flow, turn: Turn, correcting: bool) -> list[dict[str, Any]]:
    """Of several entities of a kind the first; in a correction (不是明天，是后天) the last."""
    chosen: dict[str, dict[str, Any]] = {}
    past = _times_past(turn) if any(item.prefer == "future" for item in flow.collect) else []
    for entity in turn.wanted():
        if entity in past or (entity["entity"] == "person" and phrases.mentioned(turn.text, entity)):
            continue
        if correcting or entity["entity"] not in chosen:
            chosen[entity["entity"]] = entity
    return sorted(chosen.values(), key=lambda e: e["entity"] != "department")


def _times_past(turn: Turn) -> list[dict[str, Any]]:
    """Times that are not the wish: of several those that are over (上周拍过片子，想挂明天的号), and any that is told
    as something that was."""
    times = [entity for entity in turn.wanted() if entity["entity"] == "date_time"]
    if turn.now is None:
        return []
    over = [t for t in times if (end := _moment(t["value"].get("end"))) is not None and end <= turn.now]
    told = [t for t in over if phrases.history(turn.text, t)]
    others = [t for t in times if t not in told]
    past = [t for t in others if t in over or phrases.present(t)]
    return told + (past if len(past) < len(others) else [])


def _item_for(flow: Flow, frame: Frame, entity: str, filled: Filled) -> Item | None:
    fits = [item for item in flow.collect if entity in item.entities]
    taken = {*filled.new, *filled.corrected, *filled.same}
    fits = [item for item in fits if item.slot not in taken]
    asked = [item for item in fits if item.slot == frame["asked"]]
    empty = [item for item in fits if item.slot not in frame["values"]]
    return next(iter([*asked, *empty, *fits]), None)


def _narrowed(value: dict[str, Any], frame: Frame) -> dict[str, Any]:
    """Of several doctors Wang the one of the department that is already known."""
    department = frame["values"].get("department")
    candidates = value.get("candidates")
    if not candidates or not isinstance(department, dict):
        return value
    kept = [c for c in candidates if _code(c.get("department")) == department.get("code")]
    return kept[0] if len(kept) == 1 else ({**value, "candidates": kept} if kept else value)


def _code(department: Any) -> Any:
    return department.get("code") if isinstance(department, dict) else department


def _merged(
    frame: Frame, slot: str, entity: dict[str, Any], value: dict[str, Any], text: str, correcting: bool
) -> tuple[dict[str, Any], str]:
    """下午 after 明天上午 means tomorrow afternoon; a corrected day (不对，是后天) keeps the half-day."""
    before = frame["values"].get(slot)
    if not isinstance(before, dict) or not before.get("start") or not value.get("start"):
        return value, text
    moved = phrases.shift(text)
    if moved and before.get("grain") != "any":
        return _moved(before, timedelta(days=moved), value, text)
    old_start, old_end = _moment(before["start"]), _moment(before.get("end"))
    start, end = _moment(value["start"]), _moment(value.get("end"))
    if old_start is None or start is None or end is None or old_end is None:
        return value, text
    if entity.get("scope") in ("part", "clock") and (old_end - old_start).days <= 1:
        shift = old_start.date() - start.date()
        merged = {**value, "start": (start + shift).isoformat(), "end": (end + shift).isoformat()}
        return merged, _day_words(frame["raw"].get(slot, "")) + text
    part_of_day = old_end.date() == old_start.date() or (old_start.hour, old_end.hour) == (12, 0)
    if correcting and entity.get("scope") == "day" and value.get("grain") == "day" and part_of_day:
        shift = start.date() - old_start.date()
        kept = {**before, "start": (old_start + shift).isoformat(), "end": (old_end + shift).isoformat()}
        return kept, text + _part_words(frame["raw"].get(slot, ""))
    return value, text


def _moved(
    before: dict[str, Any], by: timedelta, value: dict[str, Any], text: str
) -> tuple[dict[str, Any], str]:
    """再往后一天: the day after the one that was said."""
    start, end = _moment(before["start"]), _moment(before.get("end"))
    if start is None or end is None:
        return value, text
    start, end = start + by, end + by
    return {**before, "start": start.isoformat(), "end": end.isoformat()}, f"{start.month}月{start.day}日"


_PARTS = ("上午", "下午", "早上", "早晨", "中午", "傍晚", "晚上")


def _day_words(raw: str) -> str:
    place = min((raw.find(part) for part in _PARTS if part in raw), default=len(raw))
    return raw[:place]


def _part_words(raw: str) -> str:
    place = min((raw.find(part) for part in _PARTS if part in raw), default=len(raw))
    return raw[place:]


def _moment(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except (TypeError, ValueError):
        return None
