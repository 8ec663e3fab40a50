"""第二个, 最早的那个, 便宜的, 王医生那个, 九点半的: what a person means among what was shown."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from bot.engine.state import Turn

Option = dict[str, Any]

_PRICES = ("fee_fen", "amount_fen", "total_fen", "price_fen")
_STARTS = ("start", "issued", "time", "date")
_DOCTORS = ("doctor", "doctor_name")
_TITLE = re.compile(r"(?:副?主任医?师?|主治医师|医生|大夫|医师|教授|专家)$")

_LAST = re.compile(r"(?:最后|最末|最底|最下)[面边头尾]?(?:的|那个?|一个)|末尾那?个|倒数第一")


def choose(turn: Turn, options: list[Option]) -> list[Option]:
    """The options that the sentence can mean: one where it is clear, several where not, none where it names none."""
    if turn.option is not None:
        return [option for option in options if str(option["id"]) == turn.option]
    open_options = [option for option in options if not option.get("disabled")]
    for entity in turn.wanted():
        if entity["entity"] == "ordinal":
            return _at(options, int(entity["value"]))
    place = _place(turn)
    if place:
        return _at(options, place)
    for entity in turn.wanted():
        if entity["entity"] == "selector" and entity["value"] != "any":
            return _extreme(open_options, entity["value"])
    named = _by_entity(turn, open_options)
    return named or _by_words(turn, open_options)


def named(text: str, options: list[Option]) -> list[Option]:
    """The options whose title or word the whole sentence is."""
    plain = _bare(text)
    return [
        o for o in options if plain and plain in (str(o.get("title", "")), *map(str, o.get("words") or []))
    ]


def _place(turn: Turn) -> int:
    """2 as a whole sentence, 最后面那个; 0 where no place is named."""
    if _LAST.search(turn.text):
        return -1
    plain = _bare(turn.text)
    number = next((e for e in turn.wanted() if e["entity"] == "number" and e["text"] == plain), None)
    return int(number["value"]) if number and float(number["value"]) == int(number["value"]) else 0


def _at(options: list[Option], place: int) -> list[Option]:
    """1 is the first, -1 the last; 看更多 is none of them."""
    options = [option for option in options if option.get("place", True)]
    index = place - 1 if place > 0 else len(options) + place
    return [options[index]] if 0 <= index < len(options) else []


def _extreme(options: list[Option], selector: str) -> list[Option]:
    keys = _PRICES if selector in ("cheapest", "dearest") else _STARTS
    found = [(value, option) for option in options for value in [_field(option, keys)] if value is not None]
    if not found:
        # What is shown in order of time answers 最早的 even where no times are told.
        return {"earliest": options[:1], "latest": options[-1:]}.get(selector, [])
    values = [value for value, _ in found]
    best = min(values) if selector in ("earliest", "cheapest") else max(values)
    return [option for value, option in found if value == best][:1]


def _field(node: Any, keys: tuple[str, ...]) -> Any:
    """The first such field of an option, however deep in its values."""
    if isinstance(node, dict):
        for key in keys:
            if isinstance(node.get(key), str | int | float) and node[key] != "":
                return node[key]
        for value in node.values():
            found = _field(value, keys)
            if found is not None:
                return found
    return None


def _by_entity(turn: Turn, options: list[Option]) -> list[Option]:
    kept = options
    used = False
    for entity in turn.wanted():
        if entity["entity"] == "doctor":
            used, kept = True, [o for o in kept if _mentions_doctor(o, entity["value"])]
        elif entity["entity"] == "date_time" and entity.get("scope") in ("clock", "full", "part"):
            used, kept = True, [o for o in kept if _starts_in(o, entity)]
        elif entity["entity"] == "visit_type":
            used, kept = True, [o for o in kept if entity["value"] in _strings(o)]
        elif entity["entity"] in ("department", "lab_test", "person"):
            value = entity["value"]
            names = (
                {value.get("code"), value.get("name")} if isinstance(value, dict) else {value, entity["text"]}
            )
            used, kept = True, [o for o in kept if names & set(_strings(o)) or _titled(o, names)]
    return kept if used else []


def _mentions_doctor(option: Option, doctor: dict[str, Any]) -> bool:
    wanted = [doctor, *(doctor.get("candidates") or [])]
    codes = {d["code"] for d in wanted if d.get("code")}
    names = {d["name"] for d in wanted if d.get("code")}
    strings = set(_strings(option))
    if strings & (codes | names) or _titled(option, names):
        return True
    if doctor.get("code"):
        return False
    if doctor["name"] in strings:
        return True
    shown = _field(option, _DOCTORS)
    family = _TITLE.sub("", str(doctor["name"]))
    return isinstance(shown, str) and bool(family) and shown.startswith(family)


def _titled(option: Option, names: Iterable[str | None]) -> bool:
    title = str(option.get("title", ""))
    return any(name and name in title for name in names)


def _starts_in(option: Option, entity: dict[str, Any]) -> bool:
    """Whether the option starts within the named time; a clock time is compared without its day."""
    start, value = _field(option, _STARTS), entity["value"]
    if not isinstance(start, str) or not value.get("start"):
        return False
    try:
        shown, begin = datetime.fromisoformat(start), datetime.fromisoformat(value["start"])
    except ValueError:
        return False
    if entity["scope"] == "clock":
        return shown.hour % 12 == begin.hour % 12 and (
            shown.minute == begin.minute or value.get("grain") == "hour"
        )
    if value.get("grain") in ("minute", "hour"):
        return shown.replace(tzinfo=None) == begin.replace(tzinfo=None)
    if entity["scope"] == "part":
        end = datetime.fromisoformat(value["end"]) if value.get("end") else begin
        hours = (end - begin).total_seconds() / 3600 or 24
        return begin.hour <= shown.hour < begin.hour + hours
    end = datetime.fromisoformat(value["end"]) if value.get("end") else begin
    return begin.replace(tzinfo=None) <= shown.replace(tzinfo=None) < end.replace(tzinfo=None)


def _strings(node: Any) -> list[str]:
    if isinstance(node, str):
        return [node]
    if isinstance(node, dict):
        return [text for value in node.values() for text in _strings(value)]
    if isinstance(node, list):
        return [text for value in node for text in _strings(value)]
    return []


def _by_words(turn: Turn, options: list[Option]) -> list[Option]:
    text = turn.text
    plain = _bare(text)
    if not plain:
        return []
    exact = named(text, options)
    if exact:
        return exact
    # 内科 in 呼吸内科 and 上午 in 明天上午 are parts of another name.
    longer = [str(e.get("text") or "") for e in turn.wanted()]
    said = [
        o
        for o in options
        if any(
            len(word) > 1 and word in text and not any(word in name and word != name for name in longer)
            for word in map(str, filter(None, [o.get("title"), *(o.get("words") or [])]))
        )
    ]
    if said:
        return said
    return [o for o in options if len(plain) > 1 and plain in str(o.get("title", ""))]


def _bare(text: str) -> str:
    return text.strip(" 。.！!，,的那个吧就要选")
