"""Reads a chain of nodes (去年|三月|第二周|周三|下午|三点半) off a text."""

from __future__ import annotations

import re
from dataclasses import dataclass

from chinese.time.nodes import Node
from chinese.time.rule import Hit, RuleSet
from chinese.time.rules_calendar import RULES as CALENDAR_RULES
from chinese.time.rules_day import RULES as DAY_RULES
from chinese.time.rules_lunar import RULES as LUNAR_RULES
from chinese.time.rules_week import RULES as WEEK_RULES

_ALL = (*LUNAR_RULES, *CALENDAR_RULES, *WEEK_RULES, *DAY_RULES)
HEADS = RuleSet(rule for rule in _ALL if rule.head)
_LEVELS = {rule.level for rule in _ALL} | {"counted", "window", "range"}
FOLLOWERS = {level: RuleSet(rule for rule in _ALL if level in rule.after) for level in _LEVELS}

_GLUE = re.compile(r"\s*(?:份?的|[,,、]\s?|[(\[]|\s)?\s*")
_CLOSING = re.compile(r"\s*[)\]]")
_ABOUT = re.compile(r"(?:左右|前后|上下(?!午)|那天|当天|这天|一整?天|全年|整年|全月|整月)(?!班)")
# One o'clock in words is also "a bit": it counts only where something says that it is a time.
_ONE = re.compile(r"[一1]点(?!钟|半|整|[一三13]刻|[零〇二三四五]?十|\d|过)")
_ONE_BEFORE = re.compile(r"(?:^|[在从到至约改,，。;；\s]|[点分半钟]-)$")
_ONE_AFTER = re.compile(r"\s*(?:$|[去来到至挂有的吧左前后以之行可,，。!?！？~\-])")
_NUMERAL = frozenset("零〇一二两三四五六七八九十百千万0123456789")


@dataclass(frozen=True, slots=True)
class Chain:
    """Nodes from large to small, with the level that the last one reached."""

    nodes: tuple[Node, ...]
    levels: tuple[str, ...]
    begin: int
    finish: int

    @property
    def level(self) -> str:
        """The finest level reached."""
        return self.levels[-1]


def read_chain(folded: str, place: int, now_year: int, first: Hit | None = None) -> Chain | None:
    """The longest chain at that place; `first` is a node already read there (a counted day, a window)."""
    if first is None:
        first = _head(folded, place, now_year)
        if first is None:
            return None
    return extend_chain(folded, Chain((first.node,), (first.level,), place, first.finish), now_year)


def _head(folded: str, place: int, now_year: int) -> Hit | None:
    char = folded[place]
    if char in _NUMERAL and place and folded[place - 1] in _NUMERAL:
        return None
    found = HEADS.match(folded, place, now_year)
    if (
        found
        and found.level == "clock"
        and _ONE.match(folded, place)
        and not _is_one_oclock(folded, place, found)
    ):
        return None
    return found


def _is_one_oclock(folded: str, place: int, found: Hit) -> bool:
    return bool(
        _ONE_BEFORE.search(folded[max(place - 2, 0) : place]) and _ONE_AFTER.match(folded, found.finish)
    )


def extend_chain(folded: str, chain: Chain, now_year: int) -> Chain:
    """The chain with everything that may still follow it."""
    nodes, levels, finish = list(chain.nodes), list(chain.levels), chain.finish
    while True:
        glue = _GLUE.match(folded, finish)
        starts = {finish, glue.end()} if glue else {finish}
        followers = FOLLOWERS[levels[-1]]
        hit = next(
            (hit for start in sorted(starts) if (hit := followers.match(folded, start, now_year))), None
        )
        if hit is None:
            break
        # 周日，二月十号 is one day; 周三、20号 are two.
        mark = glue[0].strip() if glue else ""
        if mark == "、" or (mark == "," and {levels[-1], hit.level} != {"weekday", "date"}):
            break
        nodes.append(hit.node)
        levels.append(hit.level)
        finish = hit.finish
        if glue and glue[0].strip() in ("(", "[") and (closing := _CLOSING.match(folded, finish)):
            finish = closing.end()
    if levels[-1] not in ("clock", "part") and (about := _ABOUT.match(folded, finish)):
        finish = about.end()
    return Chain(tuple(nodes), tuple(levels), chain.begin, finish)
