"""Flow files: what a skill asks for, confirms and runs. Format: docs/architecture.md, “Flows”."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

# How a slot is called where its flow gives no `label`.
LABELS = {
    "department": "科室",
    "doctor": "医生",
    "date": "日期",
    "visit_type": "号别",
    "appointment_slot": "时间段",
    "appointment": "预约",
    "person": "就诊人",
    "patient": "就诊人",
    "report": "报告",
    "bill": "费用",
    "symptom": "症状",
    "phone": "手机号",
    "id_number": "证件号",
}
# Other words that people use for a slot when they want to change it.
LABEL_WORDS = {
    "date": ("日期", "时间", "日子", "哪天"),
    "appointment_slot": ("时间段", "时段", "号源", "时间"),
    "doctor": ("医生", "大夫", "专家"),
    "department": ("科室", "科"),
    "visit_type": ("号别", "号的类型"),
    "person": ("就诊人", "病人", "看病的人"),
    "patient": ("就诊人", "病人", "看病的人"),
}
_FLOW_KEYS = {
    "flow", "name", "roles", "start", "collect", "confirm", "run", "release", "fallback_for", "events", "inherits",
    "complaints", "leads_to",
}  # fmt: skip
_ITEM_KEYS = {"slot", "from", "ask", "optional", "choose", "depends", "label", "prefer"}


class FlowError(Exception):
    """A flow file cannot be used; the message is Chinese and names the file and the place."""


@dataclass(frozen=True)
class Item:
    """One thing that a flow needs to know. `prefer`: `future` where of several times the one to come is meant."""

    slot: str
    entities: tuple[str, ...] = ()
    ask: str = ""
    optional: bool = False
    choose: bool = False
    depends: tuple[str, ...] = ()
    label: str = ""
    prefer: str = ""

    def words(self) -> tuple[str, ...]:
        """What people call this slot."""
        return tuple(dict.fromkeys([self.label, *LABEL_WORDS.get(self.slot, ())]))


@dataclass(frozen=True)
class Flow:
    """A job from the first question to its end. `fallback_for`: roles whose unclear sentences open this flow;
    `events`: the types of pushed events that its `run` wants even where no frame waits; `inherits`: jobs whose values
    it takes over where it follows them and the sentence leaves them out; `complaints`: the slot that takes what ails a
    person, whatever was being done when they said so; `leads_to`: the flow that this one goes on to."""

    flow: str
    name: str
    run: str
    roles: tuple[str, ...] = ("patient",)
    start: tuple[str, ...] = ()
    collect: tuple[Item, ...] = ()
    confirm: str = ""
    release: str = ""
    fallback_for: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    inherits: tuple[str, ...] = ()
    complaints: str = ""
    leads_to: str = ""

    def item(self, slot: str | None) -> Item | None:
        """The item of a slot; None where the flow has none."""
        return next((item for item in self.collect if item.slot == slot), None)

    def sources(self, slot: str) -> set[str]:
        """Slots on which this one depends, however far up the chain."""
        return {item.slot for item in self.collect if slot in self.dependants(item.slot)}

    def dependants(self, slot: str) -> list[str]:
        """Slots to be cleared when this one changes, however far down the chain."""
        found: list[str] = []
        pending = [slot]
        while pending:
            changed = pending.pop()
            for item in self.collect:
                if changed in item.depends and item.slot not in found and item.slot != slot:
                    found.append(item.slot)
                    pending.append(item.slot)
        return found

    def actions(self) -> set[str]:
        """Every action and response that the flow names."""
        asks = {item.ask for item in self.collect}
        return {name for name in {*asks, self.confirm, self.run, self.release} if name}

    def as_dict(self) -> dict[str, Any]:
        """The content of the flow's file."""
        collect = [
            {"slot": i.slot, "from": list(i.entities), "ask": i.ask, "optional": i.optional}
            | {"choose": i.choose, "depends": list(i.depends), "label": i.label, "prefer": i.prefer}
            for i in self.collect
        ]
        return {
            "flow": self.flow,
            "name": self.name,
            "run": self.run,
            "roles": list(self.roles),
            "start": list(self.start),
            "collect": collect,
            "confirm": self.confirm,
            "release": self.release,
            "fallback_for": list(self.fallback_for),
            "events": list(self.events),
            "inherits": list(self.inherits),
            "complaints": self.complaints,
            "leads_to": self.leads_to,
        }


def load(folder: Path) -> dict[str, Flow]:
    """All flows of a folder by name. Raises FlowError."""
    flows: dict[str, Flow] = {}
    for path in sorted(folder.glob("*.yml")):
        try:
            content = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)
        except (OSError, yaml.YAMLError) as error:
            raise FlowError(f"流程文件 {path} 读不了：{error}") from error
        flow = read(content, path.name)
        if flow.flow in flows:
            raise FlowError(f"流程 {flow.flow} 有两个文件，一个是 {path.name}")
        flows[flow.flow] = flow
    _check_starts(flows.values())
    return flows


def read(content: Any, source: str) -> Flow:
    """One flow from a file's content. Raises FlowError."""
    if not isinstance(content, dict):
        raise FlowError(f"{source}：应是一个流程（flow: 名字 …）")
    unknown = set(content) - _FLOW_KEYS
    missing = [key for key in ("flow", "name", "run") if not content.get(key)]
    if unknown or missing:
        raise FlowError(f"{source}：{_complaint(unknown, missing)}")
    items = tuple(_item(entry, source) for entry in content.get("collect") or [])
    slots = [item.slot for item in items]
    for item in items:
        strange = [slot for slot in item.depends if slot not in slots]
        if strange:
            raise FlowError(f"{source}：{item.slot} 依赖的 {'、'.join(strange)} 不在 collect 里")
    if content.get("complaints") and content["complaints"] not in slots:
        raise FlowError(f"{source}：complaints 说的 {content['complaints']} 不在 collect 里")
    return Flow(
        flow=content["flow"],
        name=content["name"],
        run=content["run"],
        roles=tuple(content.get("roles") or ("patient",)),
        start=tuple(content.get("start") or ()),
        collect=items,
        confirm=content.get("confirm") or "",
        release=content.get("release") or "",
        fallback_for=tuple(content.get("fallback_for") or ()),
        events=tuple(content.get("events") or ()),
        inherits=tuple(content.get("inherits") or ()),
        complaints=content.get("complaints") or "",
        leads_to=content.get("leads_to") or "",
    )


def _item(entry: Any, source: str) -> Item:
    if not isinstance(entry, dict) or not entry.get("slot"):
        raise FlowError(f"{source}：collect 的每一项都要有 slot：{entry!r}")
    unknown = set(entry) - _ITEM_KEYS
    if unknown:
        raise FlowError(f"{source}：{entry['slot']} 有不认识的字段 {'、'.join(sorted(unknown))}")
    if not entry.get("ask") and not entry.get("optional"):
        raise FlowError(f"{source}：{entry['slot']} 不是 optional，就要有 ask")
    if entry.get("prefer") not in (None, "", "future"):
        raise FlowError(f"{source}：{entry['slot']} 的 prefer 只能是 future")
    return Item(
        slot=entry["slot"],
        entities=tuple(entry.get("from") or ()),
        ask=entry.get("ask") or "",
        optional=bool(entry.get("optional")),
        choose=bool(entry.get("choose")),
        depends=tuple(entry.get("depends") or ()),
        label=entry.get("label") or LABELS.get(entry["slot"], ""),
        prefer=entry.get("prefer") or "",
    )


def _complaint(unknown: set[str], missing: list[str]) -> str:
    parts = [f"缺少 {'、'.join(missing)}"] if missing else []
    parts += [f"不认识的字段 {'、'.join(sorted(unknown))}"] if unknown else []
    return "；".join(parts)


def _check_starts(flows: Iterable[Flow]) -> None:
    opened: dict[str, str] = {}
    for flow in flows:
        for intent in flow.start:
            if intent in opened:
                raise FlowError(f"意图 {intent} 同时打开 {opened[intent]} 和 {flow.flow}")
            opened[intent] = flow.flow


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
