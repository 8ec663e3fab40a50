"""Reads whole expressions: chains, ranges, counted times, open ranges; gives them back resolved."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chinese.calendar import Unit
from chinese.time import words as w
from chinese.time.chain import HEADS, Chain, extend_chain, read_chain
from chinese.time.clock import Clock, PartOfDay
from chinese.time.counted import Length, read_counted, read_length, read_window
from chinese.time.model import Context, Span, Unresolvable
from chinese.time.nodes import DayOfMonth, FullDate, FullMonth, Weekday, Year
from chinese.time.recurrence import Recurrence, read_another, read_recurrence
from chinese.time.resolve import daily_until, resolve_chain, resolve_range, until_today_end, with_hours
from chinese.time.rule import Hit

# Words that look like times and are none.
STOP = re.compile(
    r"《[^》]{0,60}》|一下子?(?!午)|二维码|三甲|今日头条|第[一二三四五六七八九十\d]{1,5}个(?![月季星周礼工])|后天性|前天津|明天华|早一?点"
    r"|晚一?点|快一?点|非工作日|日前|[一二两三四五六七八九十\d]{1,5}[周月]?岁|过去了|三九|十分(?![钟之])|三天两头|一天到晚|上下午"
    r"|(?:[糖酸酶胞酐素板白脂钾钠钙]|参考[值范围]{1,2})\s*[\d.]+\s*[-~—]\s*[\d.]+|二月红|一日[游千]|一时半[会刻]|一早一晚"
    r"|[一二三四五六七八九十两]点(?:式|水|共|一线)|两点之间[的线直]|[某哪]一[天年周月]|[同头]一天|(?<!已经)有一天(?![了多])|最后一天|清明上河"
    r"|(?:中秋|端午)(?:月饼|粽)|\d{1,2}-\d{1,2}成|[每一][次片粒]\d/\d|[单双]周(?:的?周?[一二三四五六日天])?(?!期|末)"
    r"|(?:术|诊|检查|复查|体检|[化放]疗|[住出入]院|分娩|生产|接种|发病|挂号|预约|用药|缴费|事发)(?:的|后)?当[天日]"
)
_PREFIX = re.compile(r"(?:自从|自打|从|自|由|介于)\s*")
_UNTIL = re.compile(r"(?:截至到?|截止到?|截到)\s*")
_JOIN = re.compile(rf"\s*(?:起|开始)?{w.JOIN}")
_JOIN_BETWEEN = re.compile(r"\s*[和与跟]\s*")
_BETWEEN = re.compile(r"\s*(?:之间|中间)")
_RANGE_TAIL = re.compile(r"\s*(?:为?止|之间|期间|这段时间)")
_NEXT_DAY = re.compile(r"(?:次日|翌日|第二天|隔天)的?")
_NEXT_YEAR = re.compile(r"(?:次年|翌年|来年|第二年)的?")
_UNTIL_NOW = re.compile(
    r"\s*(?:的?以来|开?始?一?直?至今|开?始?一?直?到(?:现在|目前|今天|如今)(?:为止)?|起至今)"
)
_SINCE = re.compile(r"\s*起(?!来|床|疹|泡|码|效|夜|身)")
_SINCE_WORD = re.compile(r"\s*开始")
_BEFORE = re.compile(rf"\s*{w.BEFORE}")
_AFTER = re.compile(rf"\s*{w.AFTER}")
_INSIDE = re.compile(r"\s*(?:之内|以内|内(?![科镜分脏障痔容眼])|期间)")

_SAME_PERIOD = re.compile(
    rf"(?P<unit>去年|上年|前年|(?:上上|上)一?个?(?:{w.WEEK}|月|季度|半年))的?(?:同期|同一时期|同一?时段)"
)
_YEAR_END = re.compile(r"(?:19|20|21)\d\d(?![\d年.:/-])")
_WEEKDAY_END = re.compile(rf"(?P<d>{w.WEEKDAY})(?![{w.NUMERALS}\d次个楼层号诊科甲官维叉肢院])")


@dataclass(frozen=True, slots=True)
class Reading:
    """What stands between two offsets: a span (open where `open_start`, `open_end`), a length, or a recurrence.

    `same_period`: 去年同期, to be resolved against another reading of the sentence. `nothing`: words that count
    from a day that nobody named (第二天上午).
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
    nothing: bool = False


def read(folded: str, place: int, here: Context, before: Reading | None = None) -> Reading | None:
    """The expression that begins at that place, or None; `before` is the one read last."""
    recurrence = read_recurrence(folded, place, here.now.year)
    if recurrence is None and before and before.recurrence and _LIST.fullmatch(folded, before.finish, place):
        recurrence = read_another(folded, place, here.now.year, before.recurrence)
    if recurrence:
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
    if day := _DAY_OF_BEFORE.match(folded, place):
        return _counted_from(before, day, folded, here)
    if found := _expression(folded, place, here, before=before):
        return found
    length = read_length(folded, place)
    return Reading(place, length.finish, length=length) if length else None


def _counted_from(before: Reading | None, day: re.Match[str], folded: str, here: Context) -> Reading | None:
    """25号手术，次日上午出院; 上周三就诊，当天下午: the day that was named before, or the one after it."""
    closed = before is not None and not (before.open_start or before.open_end or day["later"])
    named = before.span if before and closed else None
    if named is None or not named.is_one_day:
        if day["same"]:
            return _expression(folded, day.start(), here)  # today
        rest = _chain(folded, day.end(), here) if day.end() < len(folded) else None
        goes_on = rest is not None and rest.nodes[0].cycle == "day"
        return Reading(day.start(), rest.finish if rest and goes_on else day.end(), nothing=True)
    when = named.start + timedelta(days=0 if day["same"] else 1)
    first = Hit(FullDate(when.year, when.month, when.day), "date", day.end())
    chain = read_chain(folded, day.start(), here.now.year, first)
    return finished(folded, chain, here) if chain else None


_DAY_OF_BEFORE = re.compile(
    rf"(?:次日|翌日|第二天)(?!的?(?:午|饭))|(?P<later>第{w.SMALL}天)|(?P<same>当(?:[天日]|(?=晚)))"
)


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
    if before and before.chain and before.span and _LIST.fullmatch(folded, before.finish, place):
        chain = _inherit(before.chain, chain)
        if isinstance(chain.nodes[0], DayOfMonth):
            here = replace(here, now=before.span.start, prefer="future")  # 28号、3号: the next one after it
        elif chain.nodes[0].cycle == "day":
            chain = _on(before.span.start, chain)
    if way := _WAY.search(folded, max(place - 8, 0), place):
        here = replace(here, prefer="past" if way["gone"] else "future")
    return finished(folded, chain, here, prefixed=prefixed)


# 刚过去的国庆, 即将到来的春节: which one is meant is said.
_WAY = re.compile(r"(?:(?P<gone>刚?刚?过去|刚?刚?结束)|(?:即将|将要|马上)到来)的(?:[这那]个)?$")


def finished(folded: str, chain: Chain, here: Context, *, prefixed: bool = False) -> Reading | None:
    """The reading of a chain with the range or the 以来, 之前, 之后, 内 that may follow it."""
    try:
        return _with_tail(folded, chain, here, prefixed) or _alone(chain, here)
    except Unresolvable as problem:
        return Reading(chain.begin, chain.finish, note=str(problem))


def _on(day: datetime, chain: Chain) -> Chain:
    """上午十点和十一点: both are of one day."""
    date = FullDate(day.year, day.month, day.day)
    return replace(chain, nodes=(date, *chain.nodes), levels=("date", *chain.levels))


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
    return replace(chain, nodes=nodes + chain.nodes, levels=names + chain.levels)


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
    if hit := _UNTIL_NOW.match(folded, place):
        # What has gone on until now began before now, whichever way a bare date is meant.
        return _since(chain, hit.end(), here, replace(here, prefer="past"))
    if (hit := _SINCE.match(folded, place)) or (prefixed and (hit := _SINCE_WORD.match(folded, place))):
        return _since(chain, hit.end(), here, here)
    if hit := _BEFORE.match(folded, place):
        span = resolve_chain(chain, here)
        return Reading(chain.begin, hit.end(), span, open_start=True) if span else None
    if hit := _AFTER.match(folded, place):
        span = resolve_chain(chain, here)
        if span is None:
            return None
        span = replace(span, start=span.start if span.moment else span.end)
        if (now := _UNTIL_NOW.match(folded, hit.end())) and span.start <= here.now:
            return Reading(chain.begin, now.end(), until_today_end(span, here))
        return Reading(chain.begin, hit.end(), span, open_end=True)
    if hit := _INSIDE.match(folded, place):
        span = resolve_chain(chain, here)
        return Reading(chain.begin, hit.end(), span) if span else None
    return None


def _since(chain: Chain, finish: int, here: Context, start: Context) -> Reading | None:
    """From what is named on; `start` says which way that is meant. Open where it has not begun yet."""
    span = resolve_chain(chain, start)
    if span is None:
        return None
    closed = until_today_end(span, here)
    if here.prefer == "future" or closed.start >= closed.end:
        return Reading(chain.begin, finish, replace(span, moment=False), open_end=True)
    return Reading(chain.begin, finish, closed)


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
    if right is None and isinstance(left.nodes[-1], FullMonth) and (year := _YEAR_END.match(folded, place)):
        return Chain((Year(int(year[0])),), ("year",), place, year.end())
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
    r"每|逢|次日|翌日|第[一二三四五六七八九十\d]{1,3}天|隔[天日周月年]|天天|工作日|去年|上年|前年|从|自|由|介于|截|大半|小半|半|好|数|几|片刻|很久|老半天|最近|近|过|往前|前|上"
    r"|未来|接下来|今后|往后|之后|此后|随后|以后|后|这|下|再过|周周|月月|年年|大半天|[\d零一二两俩三四五六七八九十百千廿卅]"
)
