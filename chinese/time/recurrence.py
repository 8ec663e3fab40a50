"""What recurs: 每天早上八点, 每周一三五, 每月15号, 隔天, 工作日."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chinese.time import words as w
from chinese.time.chain import Chain, read_chain
from chinese.time.clock import PART_WORDS, Clock, PartOfDay
from chinese.time.model import Context, Grain
from chinese.time.nodes import DayOfMonth, MonthDay, Weekday, span_of
from chinese.time.nodes_nth import NthWeekday

_COUNT = rf"(?P<n>{w.SMALL}|半)?\s*个?"
_WEEKDAYS = rf"{w.WEEKDAY}(?:[、,和及/]?(?:{w.WEEK})?{w.WEEKDAY})*"
_START = re.compile(
    rf"(?:(?P<every>每隔?|逢|每逢)\s*(?:"
    rf"个?{w.WEEK}(?P<from>{w.WEEKDAY}){w.JOIN}{w.WEEK}?(?P<to>{w.WEEKDAY})"
    rf"|个?{w.WEEK}的?(?P<days>{_WEEKDAYS})(?!\s*[次趟回遍])"
    rf"|(?P<weekend>个?周末|双休日)"
    rf"|(?P<workday>个?工作日)"
    rf"|个?月的?(?P<edge>初|底|末|中)"
    rf"|{_COUNT}(?P<unit>年|季度|月|周(?!岁)|星期|礼拜|天|日(?!元)|小时|钟头|分钟)"
    rf"|个?(?P<part>[早晚]上?|上午|下午|中午|夜里?)"
    rf")|(?P<other>隔[天日周月年]|天天|周周|月月|年年)|(?P<plain>(?:工作日)(?!后|内|之|以|前)))"
)
_UNIT_NAMES = {
    **{"年": ("yearly", "year"), "季度": ("quarterly", "quarter"), "月": ("monthly", "month")},
    **dict.fromkeys(("周", "星期", "礼拜"), ("weekly", "week")),
    **dict.fromkeys(("天", "日"), ("daily", "day")),
    **dict.fromkeys(("小时", "钟头"), ("hourly", "hour")),
    "分钟": ("minutely", "minute"),
}
_DOUBLED = {"天天": "天", "周周": "周", "月月": "月", "年年": "年"}
_EDGES = {"初": [1, 10], "中": [11, 20], "底": [21, 31], "末": [21, 31]}
_NUMERAL_BEFORE = re.compile(rf"[{w.NUMERALS}\d个]$")
_JOIN = re.compile(w.JOIN)
# Parts of the day and clock times do not look at it.
_ANY = Context(datetime(2001, 1, 1), "future")


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A rule as in `Match.rule`, its grain, and where it ends in the text."""

    rule: dict[str, Any]
    grain: Grain
    finish: int


def read_recurrence(folded: str, place: int, now_year: int) -> Recurrence | None:
    """The recurrence that begins at that place."""
    hit = _START.match(folded, place)
    if hit is None or (hit["plain"] and _NUMERAL_BEFORE.search(folded[:place])):
        return None
    rule, grain = _base(hit)
    detail = read_chain(folded, hit.end(), now_year) if hit.end() < len(folded) else None
    finish = hit.end()
    if detail is not None and _add(rule, detail):
        finish = detail.finish
        grain = (
            "minute"
            if "time" in rule
            else "part"
            if "part" in rule
            else "day"
            if "monthday" in rule
            else grain
        )
        finish, until = _until(folded, finish, now_year, detail)
        if until:
            rule["until"] = until
    return Recurrence(rule, grain, finish)


def _base(hit: re.Match[str]) -> tuple[dict[str, Any], Grain]:
    if hit["from"]:
        first, last = w.WEEKDAYS[hit["from"]], w.WEEKDAYS[hit["to"]]
        days = range(first, last + 1) if first <= last else [*range(first, 8), *range(1, last + 1)]
        return {"freq": "weekly", "weekday": list(days)}, "day"
    if hit["days"]:
        days = sorted({w.WEEKDAYS[char] for char in hit["days"] if char in w.WEEKDAYS})
        return {"freq": "weekly", "weekday": days}, "day"
    if hit["weekend"]:
        return {"freq": "weekly", "weekday": [6, 7]}, "day"
    if hit["workday"] or hit["plain"]:
        return {"freq": "workday"}, "day"
    if hit["edge"]:
        return {"freq": "monthly", "monthday": _EDGES[hit["edge"]]}, "day"
    if hit["other"]:
        word = hit["other"]
        freq, grain = _UNIT_NAMES[_DOUBLED.get(word) or word[1]]
        return ({"freq": freq} if word in _DOUBLED else {"freq": freq, "interval": 2}), grain  # type: ignore[return-value]
    if hit["part"]:
        return {"freq": "daily", "part": PART_WORDS[hit["part"]]}, "part"
    return _counted(hit)


def _counted(hit: re.Match[str]) -> tuple[dict[str, Any], Grain]:
    freq, grain = _UNIT_NAMES[hit["unit"]]
    rule: dict[str, Any] = {"freq": freq}
    if hit["n"] == "半":
        halves = {
            "hourly": ("minutely", 30),
            "yearly": ("monthly", 6),
            "monthly": ("daily", 15),
            "daily": ("hourly", 12),
        }
        rule["freq"], rule["interval"] = halves.get(freq, (freq, 1))
    elif hit["n"]:
        # 每隔一天 is every second day, 每三天 every third; 每隔三天 is said for every third too.
        count = w.value_of(hit["n"])
        interval = (
            count + 1
            if hit["every"] == "每隔" and count == 1 and freq in ("daily", "weekly", "monthly")
            else count
        )
        if interval > 1:
            rule["interval"] = interval
    return rule, grain  # type: ignore[return-value]


def _add(rule: dict[str, Any], detail: Chain) -> bool:
    """Puts the weekday, day, part of the day and clock time of a chain into the rule; False where it holds others."""
    today = span_of("day", _ANY.now)
    if "part" in rule:
        today = PartOfDay(rule["part"]).at(today, _ANY) or today
    found: dict[str, Any] = {}
    for node in detail.nodes:
        if isinstance(node, PartOfDay):
            found["part"] = node.name
            today = node.at(today, _ANY) or today
        elif isinstance(node, Clock):
            moment = node.at(today, _ANY)
            found["time"] = f"{moment.start:%H:%M}" if moment else None
        elif isinstance(node, DayOfMonth) and rule["freq"] == "monthly":
            found["monthday"] = [node.day]
        elif isinstance(node, MonthDay) and rule["freq"] == "yearly":
            found["month"], found["monthday"] = [node.month], [node.day]
        elif isinstance(node, NthWeekday) and rule["freq"] == "monthly":
            found["nth"], found["weekday"] = node.number, [node.weekday]
        elif isinstance(node, Weekday) and rule["freq"] == "weekly":
            found["weekday"] = [node.number]
        else:
            return False
    rule.update(found)
    return True


def _until(folded: str, finish: int, now_year: int, detail: Chain) -> tuple[int, str | None]:
    """每天八点到十二点: the clock time that ends it."""
    joint = _JOIN.match(folded, finish)
    if joint is None or joint.end() >= len(folded):
        return finish, None
    last = read_chain(folded, joint.end(), now_year)
    if last is None or last.levels[-1] != "clock" or not set(last.levels) <= {"part", "clock"}:
        return finish, None
    rule: dict[str, Any] = {"freq": "daily"}
    nodes = last.nodes if len(last.nodes) > 1 else (*detail.nodes[:-1], *last.nodes)
    _add(rule, Chain(nodes, last.levels, last.begin, last.finish))
    return last.finish, rule.get("time")
