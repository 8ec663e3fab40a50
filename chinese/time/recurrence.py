"""What recurs: 每天早上八点, 每周一三五, 每月1号和15号, 每年春节, 隔天, 工作日."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chinese.calendar import Unit
from chinese.time import words as w
from chinese.time.chain import Chain, read_chain
from chinese.time.clock import PART_WORDS, Clock, PartOfDay
from chinese.time.festivals import Festival, HolidayPeriod
from chinese.time.model import Context, Grain
from chinese.time.nodes import (
    DayOfMonth,
    MonthDay,
    MonthSlice,
    Node,
    Relative,
    Weekday,
    Weekend,
    YearPart,
    span_of,
)
from chinese.time.nodes_lunar import LunarDay
from chinese.time.nodes_nth import NthUnit, NthWeek, NthWeekday
from chinese.time.rule import Hit
from chinese.time.workdays import NthWorkday

_COUNT = rf"(?P<n>{w.SMALL}|半)?\s*个?"
_WEEKDAYS = rf"{w.WEEKDAY}(?:[、,和及/]?(?:{w.WEEK})?{w.WEEKDAY})*"
_START = re.compile(
    rf"(?:(?P<every>每隔?|逢|每逢)\s*(?:"
    rf"个?{w.WEEK}(?P<from>{w.WEEKDAY}){w.JOIN}{w.WEEK}?(?P<to>{w.WEEKDAY})"
    rf"|个?{w.WEEK}的?(?P<days>{_WEEKDAYS})(?!\s*[次趟回遍])"
    rf"|(?P<weekend>个?周末|双休日)"
    rf"|(?P<workday>个?工作日)"
    rf"|(?:个?月)?的?(?:农历)?初一[、,和]?(?P<lunar>十五)"
    rf"|{_COUNT}(?P<unit>年|季度|月|周(?!岁)|星期|礼拜|天|日(?!元)|小时|钟头|分钟)"
    rf"|个?(?P<part>[早晚]上?|上午|下午|中午|夜里?)"
    rf")|隔周(?P<alternate>{w.WEEKDAY})(?!\s*[次趟回遍个])"
    rf"|(?P<other>隔[天日周月年]|天天|(?<![单双上下本这])周周|月月|年年)|(?P<plain>(?:工作日)(?!后|内|之|以|前)))"
)
_UNIT_NAMES = {
    **{"年": ("yearly", "year"), "季度": ("quarterly", "quarter"), "月": ("monthly", "month")},
    **dict.fromkeys(("周", "星期", "礼拜"), ("weekly", "week")),
    **dict.fromkeys(("天", "日"), ("daily", "day")),
    **dict.fromkeys(("小时", "钟头"), ("hourly", "hour")),
    "分钟": ("minutely", "minute"),
}
_DOUBLED = {"天天": "天", "周周": "周", "月月": "月", "年年": "年"}
# What may follow a recurrence is what may follow its unit: 每月|最后一天, 每年|春节, 每周|的周三.
_LEVELS: dict[str, Unit] = {"yearly": "year", "monthly": "month", "weekly": "week", "daily": "day"}
_STARTING = re.compile(r"\s*从")
_AND = re.compile(r"\s*[、,和及与]\s*")
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
    return _detailed(folded, Recurrence(rule, grain, hit.end()), now_year)


def read_another(folded: str, place: int, now_year: int, before: Recurrence) -> Recurrence | None:
    """每周三上午和|周五下午, 每天八点和|二十点: what a list of them goes on with."""
    chain = read_chain(folded, place, now_year)
    if chain is None or not isinstance(chain.nodes[0], PartOfDay | Clock | Weekday):
        return None
    dropped = {"time", "until"} if isinstance(chain.nodes[0], Clock) else {"time", "until", "part"}
    rule = {name: value for name, value in before.rule.items() if name not in dropped}
    return _with(folded, Recurrence(rule, before.grain, place), chain, chain.nodes, now_year)


def _detailed(folded: str, found: Recurrence, now_year: int) -> Recurrence:
    """With the day, the part of the day and the hours that follow it."""
    begin = found.finish
    if (start := _STARTING.match(folded, begin)) and start.end() < len(folded):
        begin = start.end()
    if begin >= len(folded):
        return found
    unit = "day" if "weekday" in found.rule else _LEVELS.get(found.rule["freq"], "day")
    first = Hit(Relative(unit, 0), "part" if "part" in found.rule else unit, begin)
    chain = read_chain(folded, found.finish, now_year, first)
    nodes = chain.nodes[1:] if chain else ()
    if not nodes:
        chain = read_chain(folded, begin, now_year)
        nodes = chain.nodes if chain else ()
    return (chain and _with(folded, found, chain, nodes, now_year)) or found


def _with(
    folded: str, found: Recurrence, chain: Chain, nodes: tuple[Node, ...], now_year: int
) -> Recurrence | None:
    rule = dict(found.rule)
    if not _add(rule, nodes):
        return None
    finish = chain.finish
    if "monthday" in rule and isinstance(nodes[-1], DayOfMonth):
        finish = _more_days(folded, finish, rule, now_year)
    finish, until = _until(folded, finish, now_year, nodes)
    if until:
        rule["until"] = until
    grain = next(
        (
            grain
            for key, grain in (("time", "minute"), ("part", "part"), ("monthday", "day"), ("weekday", "day"))
            if key in rule
        ),
        found.grain,
    )
    return Recurrence(rule, grain, finish)  # type: ignore[arg-type]


def _more_days(folded: str, finish: int, rule: dict[str, Any], now_year: int) -> int:
    """每月1号和|15号上午."""
    while (joint := _AND.match(folded, finish)) and joint.end() < len(folded):
        chain = read_chain(folded, joint.end(), now_year)
        if chain is None or not isinstance(chain.nodes[0], DayOfMonth):
            break
        days = rule["monthday"]
        if not _add(rule, chain.nodes):
            break
        rule["monthday"] = sorted({*days, chain.nodes[0].day})
        finish = chain.finish
    return finish


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
    if hit["lunar"]:
        return {"freq": "monthly", "calendar": "lunar", "monthday": [1, 15]}, "day"
    if hit["alternate"]:
        return {"freq": "weekly", "interval": 2, "weekday": [w.WEEKDAYS[hit["alternate"]]]}, "day"
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


def _add(rule: dict[str, Any], nodes: tuple[Node, ...]) -> bool:
    """Puts the month, day, weekday, part of the day and clock time into the rule; False where there are others."""
    today = span_of("day", _ANY.now)
    if "part" in rule:
        today = PartOfDay(rule["part"]).at(today, _ANY) or today
    found: dict[str, Any] = {}
    for node in nodes:
        if isinstance(node, PartOfDay):
            found["part"] = node.name
            today = node.at(today, _ANY) or today
        elif isinstance(node, Clock):
            moment = node.at(today, _ANY)
            found["time"] = f"{moment.start:%H:%M}" if moment else None
        elif rule["freq"] == "weekly" and isinstance(node, Weekday):
            found["weekday"] = [node.number]
        elif rule["freq"] == "weekly" and isinstance(node, Weekend):
            found["weekday"] = [6, 7]
        elif rule["freq"] in ("monthly", "yearly") and (days := _days_of(node, rule["freq"])):
            found |= days
        else:
            return False
    rule.update(found)
    return True


def _days_of(node: Node, freq: str) -> dict[str, Any] | None:
    """The days of a month or a year that a node names; None for others."""
    if isinstance(node, DayOfMonth):
        return {"monthday": [node.day]}
    if freq == "yearly":
        if isinstance(node, MonthDay):
            return {"month": [node.month], "monthday": [node.day]}
        if isinstance(node, YearPart):
            months = range(node.first_month - 1, node.first_month - 1 + node.months)
            return {"month": sorted(month % 12 + 1 for month in months)}  # winter ends in February
        if isinstance(node, LunarDay) and node.month:
            return {"calendar": "lunar", "month": [node.month], "monthday": [node.day]}
        return {"festival": node.name} if isinstance(node, Festival | HolidayPeriod) else None
    if isinstance(node, NthWeekday):
        return {"nth": node.number, "weekday": [node.weekday]}
    if isinstance(node, NthUnit) and node.unit == "day":
        return {"monthday": [31 if node.number == -1 else node.number]} if node.number >= -1 else None
    if isinstance(node, NthWorkday):
        return {"workday": node.number}
    if isinstance(node, NthWeek):
        return {"week": node.number}
    if isinstance(node, MonthSlice):
        # 每月初 begins with its first day, 每月底 is counted on at the month's end.
        last = node.last or 31
        return {"monthday": [last if last == 31 else node.first], "within": [node.first, last]}
    return {"calendar": "lunar", "monthday": [node.day]} if isinstance(node, LunarDay) else None


def _until(folded: str, finish: int, now_year: int, nodes: tuple[Node, ...]) -> tuple[int, str | None]:
    """每天八点到十二点: the clock time that ends it."""
    joint = _JOIN.match(folded, finish)
    if joint is None or joint.end() >= len(folded):
        return finish, None
    last = read_chain(folded, joint.end(), now_year)
    if last is None or last.levels[-1] != "clock" or not set(last.levels) <= {"part", "clock"}:
        return finish, None
    rule: dict[str, Any] = {"freq": "daily"}
    parts = tuple(node for node in nodes if isinstance(node, PartOfDay))
    _add(rule, last.nodes if len(last.nodes) > 1 else (*parts, *last.nodes))
    return last.finish, rule.get("time")
