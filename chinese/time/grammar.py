"""Reads whole expressions: chains, ranges, counted times, open ranges; gives them back resolved."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from chinese.calendar import Unit
from chinese.time import words as w
from chinese.time.chain import HEADS, Chain, extend_chain, read_chain
from chinese.time.clock import Clock, PartOfDay
from chinese.time.counted import Length, read_counted, read_length, read_window
from chinese.time.model import Context, Span, Unresolvable
from chinese.time.nodes import DayOfMonth, FullDate, FullMonth, MonthDay, Node, Weekday, YearPart
from chinese.time.recurrence import Recurrence, read_recurrence
from chinese.time.resolve import daily_until, resolve_chain, resolve_range, until_today_end, with_hours

# Words that look like times and are none.
STOP = re.compile(
    r"《[^》]{0,60}》|一下子?(?!午)|二维码|三甲|今日头条|第[一二三四五六七八九十\d]{1,5}个(?![月季星周礼工])|后天性|前天津|明天华|早一?点|晚一?点"
    r"|快一?点|非工作日|日前|[一二两三四五六七八九十\d]{1,5}[周月]?岁|过去了|三九|十分(?![钟之])|三天两头|一天到晚|上下午"
)
_PREFIX = re.compile(r"(?:自从|自打|从|自|由|介于)\s*")
_UNTIL = re.compile(r"(?:截至|截止到?|截至到)\s*")
_JOIN = re.compile(rf"\s*(?:起|开始)?{w.JOIN}")
_JOIN_BETWEEN = re.compile(r"\s*[和与跟]\s*")
_BETWEEN = re.compile(r"\s*(?:之间|中间)")
_RANGE_TAIL = re.compile(r"\s*(?:为?止|之间|期间|这段时间)")
_NEXT_DAY = re.compile(r"(?:次日|翌日|第二天|隔天)的?")
_NEXT_YEAR = re.compile(r"(?:次年|翌年|来年|第二年)的?")
_SINCE = re.compile(
    r"\s*(?:的?以来|开?始?至今|开?始?一?直?到(?:现在|目前|今天|如今)(?:为止)?|起(?!来|床|疹|泡|码|效|夜|身))"
)
_SINCE_WORD = re.compile(r"\s*开始")
_BEFORE = re.compile(r"\s*(?:之前|以前|前(?![列面台往后天年日两几半\d一二三四五六七八九十]))")
_AFTER = re.compile(r"\s*(?:之后|以后|后(?![背脑颈腰悔面来续勤天年日期\d两几半一二三四五六七八九十]))")
_INSIDE = re.compile(r"\s*(?:之内|以内|内(?![科镜分脏障痔容眼])|期间)")

_SAME_PERIOD = re.compile(
    rf"(?P<unit>去年|上年|前年|(?:上上|上)一?个?(?:{w.WEEK}|月|季度|半年))的?(?:同期|同一时期|同一?时段)"
)
_WEEKDAY_END = re.compile(rf"(?P<d>{w.WEEKDAY})(?![{w.NUMERALS}\d次个])")


@dataclass(frozen=True, slots=True)
class Reading:
    """What stands between two offsets: a span (open where `open_start`, `open_end`), a length, or a recurrence.

    `same_period`: 去年同期, to be resolved against another reading of the sentence.
    """

    begin: int
    finish: int
    span: Span | None = None
    open_start: bool = False
    open_end: bool = False
    length: Length | None = None
    recurrence: Recurrence | None = None
    same_period: str | None = None
    note: str | None = None
    chain: Chain | None = None


def read(folded: str, place: int, here: Context, before: Reading | None = None) -> Reading | None:
    """The expression that begins at that place, or None; `before` is the one read last."""
    if recurrence := read_recurrence(folded, place, here.now.year):
        return Reading(place, recurrence.finish, recurrence=recurrence)
    if same := _SAME_PERIOD.match(folded, place):
        return Reading(place, same.end(), same_period=same["unit"])
    if (until := _UNTIL.match(folded, place)) and until.end() < len(folded):
        try:
            return _up_to(folded, place, until.end(), here)
        except Unresolvable:
            return None  # the holiday itself is read next, and says what is unknown
    prefix = _PREFIX.match(folded, place)
    if prefix and prefix.end() < len(folded):
        found = _expression(folded, prefix.end(), here, prefixed=True)
        return replace(found, begin=place) if found and _is_bounded(folded, found) else None
    if found := _expression(folded, place, here, before=before):
        return found
    length = read_length(folded, place)
    return Reading(place, length.finish, length=length) if length else None


def _up_to(folded: str, begin: int, place: int, here: Context) -> Reading | None:
    """截至昨天: open at the start, up to the end of what is named (the moment itself of a clock time)."""
    chain = _chain(folded, place, here)
    span = resolve_chain(chain, here) if chain else None
    if chain is None or span is None:
        return None
    closed = span if span.moment else replace(span, start=span.end)
    return Reading(begin, chain.finish, closed, open_start=True)


def _is_bounded(folded: str, found: Reading) -> bool:
    """从, 自 belong to the expression where it is a range or open."""
    return (
        found.open_end
        or found.open_start
        or _PREFIXED_RANGE.search(folded[found.begin : found.finish]) is not None
    )


_PREFIXED_RANGE = re.compile(r"[-~—–至到和与起]|以来|开始")


def _expression(
    folded: str, place: int, here: Context, *, prefixed: bool = False, before: Reading | None = None
) -> Reading | None:
    chain = _chain(folded, place, here)
    if chain is None:
        return None
    if before and before.chain and _LIST.fullmatch(folded, before.finish, place):
        chain = _inherit(before.chain, chain)
    try:
        return _with_tail(folded, chain, here, prefixed) or _alone(chain, here)
    except Unresolvable as problem:
        return Reading(chain.begin, chain.finish, note=str(problem))


_LIST = re.compile(r"\s*(?:或者?|还是|以?及|[和跟与、,/]|\s)的?\s*")
_SAME_LEVEL = {"festival": "date", "day": "date", "counted": "date", "weekend": "weekday"}


def _inherit(before: Chain, chain: Chain) -> Chain:
    """下周二和周四, 明天上午或者下午: the second of a list keeps the larger units of the first."""
    if chain.nodes[0].cycle is None:
        return chain
    level = _SAME_LEVEL.get(chain.levels[0], chain.levels[0])
    levels = [_SAME_LEVEL.get(known, known) for known in before.levels]
    shared = levels.index(level) if level in levels else 0
    nodes, names = before.nodes[:shared], before.levels[:shared]
    if isinstance(chain.nodes[0], DayOfMonth) and level in levels:
        nodes, names = _month_of(before.nodes[shared], nodes, names)
    return replace(chain, nodes=nodes + chain.nodes, levels=names + chain.levels)


def _month_of(
    day: Node, nodes: tuple[Node, ...], levels: tuple[str, ...]
) -> tuple[tuple[Node, ...], tuple[str, ...]]:
    """6月1日、3日: the month (and year) that the day before named."""
    if isinstance(day, MonthDay):
        return (*nodes, YearPart(day.month, 1, "month")), (*levels, "month")
    if isinstance(day, FullDate):
        return (*nodes, FullMonth(day.year, day.month)), (*levels, "month")
    return nodes, levels


def _alone(chain: Chain, here: Context) -> Reading | None:
    span = resolve_chain(chain, here)
    if span is None:
        return Reading(chain.begin, chain.finish, note="没有这个日期")
    return Reading(chain.begin, chain.finish, span, chain=chain)


def _chain(folded: str, place: int, here: Context) -> Chain | None:
    first = read_counted(folded, place)
    if first is None:
        chain = read_chain(folded, place, here.now.year)
        if chain is not None:
            return chain
        first = read_window(folded, place)
    return read_chain(folded, place, here.now.year, first) if first else None


def _with_tail(folded: str, chain: Chain, here: Context, prefixed: bool) -> Reading | None:
    """A range, or an expression with 以来, 之前, 之后, 内 after it."""
    if reading := _range(folded, chain, here):
        return reading
    place = chain.finish
    if (hit := _SINCE.match(folded, place)) or (prefixed and (hit := _SINCE_WORD.match(folded, place))):
        return _since(chain, hit.end(), here)
    if hit := _BEFORE.match(folded, place):
        span = resolve_chain(chain, here)
        return Reading(chain.begin, hit.end(), span, open_start=True) if span else None
    if hit := _AFTER.match(folded, place):
        span = resolve_chain(chain, here)
        if span is None:
            return None
        start = span.start if span.moment else span.end
        return Reading(chain.begin, hit.end(), replace(span, start=start), open_end=True)
    if hit := _INSIDE.match(folded, place):
        span = resolve_chain(chain, here)
        return Reading(chain.begin, hit.end(), span) if span else None
    return None


def _since(chain: Chain, finish: int, here: Context) -> Reading | None:
    span = resolve_chain(chain, here)
    if span is None:
        return None
    if here.prefer == "future":
        return Reading(chain.begin, finish, replace(span, moment=False), open_end=True)
    closed = until_today_end(span, here)
    return Reading(chain.begin, finish, closed) if closed.start < closed.end else None


def _range(folded: str, left: Chain, here: Context) -> Reading | None:
    joint = _JOIN.match(folded, left.finish)
    between = None if joint else _JOIN_BETWEEN.match(folded, left.finish)
    middle = joint or between
    if middle is None or middle.end() >= len(folded):
        return None
    place = middle.end()
    next_one = _NEXT_DAY.match(folded, place) or _NEXT_YEAR.match(folded, place)
    later: Unit | None = None
    if next_one:
        place, later = next_one.end(), "day" if next_one.re is _NEXT_DAY else "year"
    right = _right(folded, place, left, here)
    if right is None:
        return None
    finish = right.finish
    closing = (_BETWEEN if between else _RANGE_TAIL).match(folded, finish)
    if between and closing is None:
        return None
    finish = closing.end() if closing else finish
    if daily := _daily_range(folded, left, right, here):
        return daily
    span = resolve_range(left, right, here, later=later)
    return Reading(left.begin, finish, span) if span else None


def _right(folded: str, place: int, left: Chain, here: Context) -> Chain | None:
    if place >= len(folded):
        return None
    right = _chain(folded, place, here)
    if right is None and left.levels[-1] == "weekday" and (day := _WEEKDAY_END.match(folded, place)):
        node = Weekday(w.WEEKDAYS[day["d"]])
        return extend_chain(folded, Chain((node,), ("weekday",), place, day.end()), here.now.year)
    return right


def _daily_range(folded: str, left: Chain, right: Chain, here: Context) -> Reading | None:
    """周一到周五上午, 周一到周五八点到十二点: the hours belong to each of the days."""
    dates = tuple(node for node in right.nodes if not isinstance(node, PartOfDay | Clock))
    hours = right.nodes[len(dates) :]
    if not dates or not hours or any(isinstance(node, PartOfDay | Clock) for node in left.nodes):
        return None
    days = resolve_range(left, replace(right, nodes=dates, levels=right.levels[: len(dates)]), here)
    span = days and with_hours(days, hours, here)
    if span is None or span.daily is None:
        return None
    joint = _JOIN.match(folded, right.finish) if isinstance(hours[-1], Clock) else None
    until = read_chain(folded, joint.end(), here.now.year) if joint and joint.end() < len(folded) else None
    if until is not None and until.levels[-1] == "clock":
        longer = daily_until(span, replace(right, nodes=hours), until, here)
        if longer is not None:
            return Reading(left.begin, until.finish, longer)
    return Reading(left.begin, right.finish, span)


class Starts:
    """The places where an expression may begin, in their order; each search of the text is made once."""

    def __init__(self, folded: str) -> None:
        self._folded = folded
        self._head: int | None = HEADS.search(folded, 0)
        self._other = self._search(0)

    def next(self, place: int) -> int | None:
        """The first one at or after `place`, which never goes back."""
        if self._head is not None and self._head < place:
            self._head = HEADS.search(self._folded, place)
        if self._other is not None and self._other < place:
            self._other = self._search(place)
        return min((found for found in (self._head, self._other) if found is not None), default=None)

    def _search(self, place: int) -> int | None:
        hit = _ANY_START.search(self._folded, place)
        return hit.start() if hit else None


_ANY_START = re.compile(
    r"每|逢|隔[天日周月年]|天天|工作日|去年|上年|前年|从|自|由|介于|截|大半|小半|半|好|数|几|片刻|很久|老半天|最近|近|过|往前|前|上"
    r"|未来|接下来|今后|往后|之后|此后|随后|以后|后|这|下|再过|周周|月月|年年|大半天|[\d零一二两俩三四五六七八九十百千廿卅]"
)
