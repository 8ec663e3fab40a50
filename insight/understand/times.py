"""The times of a question: ranges from `chinese.time`, and hours, weekdays and kinds of day that filter a range."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from chinese import holidays
from chinese.numbers import parse_number
from chinese.time import parse
from insight.interpretation import TimeRange
from insight.understand.apposed import lengths
from insight.understand.hours import NUMBER, PART, daily_hours, hour_hits, mask, weekday_hits
from insight.understand.lexicon import Term
from insight.understand.scan import Token

_FESTIVAL = re.compile(r"(?:国庆|五一|春节|中秋|端午|清明|元旦|劳动)节?$")
_SENT = re.compile(
    r"发给|推送|推给|订阅|发我|发送|发一|报给我|给我发|发个|发到|自动发|定时|定期|推我|(?<!出)发(?:上|昨|本|今|各|前|全)"
)
_SINCE = re.compile(
    r"(?:以后|今后|往后|之后|日后|(?:从|打|自)(?:今天?|今儿个?|明天|明儿个?|后天|现在|下周|下个?星期|下周[一二三四五六日天]|下个?月|本周|这周)(?:起|开始|往后|以后)+)[，,]?(?:请|麻烦|都|就|要)*$"
)
"""From when on something is to be sent; it is sent from its next time on in any case."""
_TOLD = re.compile(
    r"(?:每天|每日|天天|每个?(?:工作日|周|星期|礼拜|月|季度)|逢)[^，,。]{0,8}(?:[点时:：][^，,。]{0,6}|早上|上午|早晨|晚上|下午|中午)"
    r"[^，,。]{0,4}(?:给我|跟我|向我)?(?:报(?:一下|一次|告|送|给我)|汇报|告诉我|发|推|给我(?:看|说|来|报|弄|一份))"
)
"""每天八点给我报一下: a time of day, and then that something is told."""
_LEFT_OUT = re.compile(
    r"(?:除了|除去|除|不含|不包括|剔除|去掉|排除|不算|去除|不包含|扣除|刨去|刨除|不要|不看|撇开|抛开|不计|扣掉)(?:掉)?$"
)
_LEFT_AFTER = re.compile(
    r"(?:都|给|全|那?两天|的)*(?:去掉|剔除|排除|去除|扣除|扣掉|刨去|刨掉|刨除|拿掉|不要|不算|不看|不计|不含|不包括|不统计|别算|别看|别要|除外|除去)"
    r"(?:掉|了|在内|在外)*(?:吧|呢|的话)?(?=$|[，,。；;！!？? ])"
)
_NOT_MONDAY = re.compile(r"(?<=[周期拜月])一(?=[共般直定样位名些])")  # 上周一共 is no Monday
_AROUND = re.compile(r"前后|左右(?!对比)")
_NOW = re.compile(r"现在|目前|此刻|当前|眼下|实时|这会儿?|此时|当下")
_BESIDE = r"(?:和|与|跟|同|、|比|对比|相比|较|及|以及|还是|或者?|vs|VS|/)"
_TWO_PARTS = re.compile(
    rf"(?:{PART})[^，,]{{0,4}}{_BESIDE}(?:起)?(?:{PART})|(?:{PART})(?:{PART})(?=各|分别|哪|谁)"
)
_WORKED_KIND, _FREE_KIND = "工作日|平日|平时|上班日", "周末|休息日|节假日|双休日"
_TWO_KINDS = re.compile(
    rf"(?:{_WORKED_KIND})[^，,]{{0,4}}{_BESIDE}(?:起)?(?:{_FREE_KIND})|(?:{_FREE_KIND})[^，,]{{0,4}}{_BESIDE}(?:起)?(?:{_WORKED_KIND})"
)
_KIND = re.compile(rf"(?P<worked>{_WORKED_KIND})|(?P<weekend>周末|双休日)|(?P<free>休息日|节假日)")
_SHARED = re.compile(r"占|比例|比重|份额|几成")
_WEEKLY = re.compile(r"周末|双休日|(?:周|星期|礼拜)[六日天]")
_WHOLE = re.compile(r"(?:全|整)[天日]")
_WORKED = re.compile(rf"(?P<which>上|前|最近|近|过去)(?:的)?(?P<n>{NUMBER})?个?(?:工作日|上班日)(?:里|内)?")
_THEN = re.compile(r"(?<=[日假末科号院])后(?=(?:[十一二三四五六七八九\d]+月|上|本|去年|今年|昨))")
_NUMBERED_WEEK = re.compile(r"(?<![年月度期个])第(?P<n>\d{1,2}|[一二三四五六七八九十]{1,3})周")
LAST_WEEK_OF_A_MONTH = 6
_UP_TO = re.compile(r"(?:截至|截止到?|截至到|一直到)$")
_FESTIVE_DAYS = re.compile(
    r"(?<=国庆|五一|春节|元旦|中秋|端午|清明)节?(?:的)?(?:这|那)?[三五六七八九]天(?:假期?|长假|乐)?"
)


@dataclass(frozen=True, slots=True)
class Times:
    """`ranges` in the order of the sentence; `tokens` cover all that was read."""

    ranges: tuple[TimeRange, ...] = ()
    filters: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    every: bool = False
    """每周六: each such day by itself."""
    tokens: tuple[Token, ...] = ()
    places: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    recurrence: dict[str, Any] | None = None
    parts: tuple[tuple[str, str, tuple[Any, ...]], ...] = ()
    """(label, what it filters, values) where parts of the day or kinds of day are named beside each other."""


def _token(text: str, start: int, end: int, kind: str, value: Any) -> Token:
    return Token(start, end, text[start:end], (Term(kind, value, text[start:end]),))


def read_times(
    text: str,
    now: datetime,
    protected: Sequence[tuple[int, int]] = (),
    prefer: str = "past",
    inside: bool = False,
) -> Times:
    """All times of a question. `protected` spans (names of doctors, rooms) are no times, whatever they hold.

    `inside`: weekdays and weekends are those of the range that the conversation is about.

    Hours, parts of the day and weekdays become filters where the rest of the time is longer than a day, and
    part of the range itself where it is one day (昨天上午).
    """
    masked = text
    for start, end in protected:
        masked = mask(masked, start, end)
    scheduled, recurrence = _schedule(text, now) if _SENT.search(text) or _TOLD.search(text) else ([], None)
    for start, end in scheduled:
        masked = mask(masked, start, end)
    masked = _NOT_MONDAY.sub("，", masked)
    masked = _AROUND.sub(lambda hit: "，" * len(hit.group()), masked)
    masked = _THEN.sub("，", masked)
    festive = [(hit.start(), hit.end()) for hit in _FESTIVE_DAYS.finditer(masked)]
    festive += lengths(masked, now, prefer)
    for start, end in festive:
        masked = mask(masked, start, end)
    filters: dict[str, tuple[Any, ...]] = {}
    held: list[tuple[int, int, str]] = [(start, end, "festive") for start, end in festive]
    hours_said = hour_hits(masked)
    for start, end, hours in hours_said:
        filters["hour"] = tuple(sorted({*filters.get("hour", ()), *hours}))
        held.append((start, end, "hour"))
    rest = masked
    for start, end, _ in held:
        rest = mask(rest, start, end)
    worked = _worked_days(text, now)
    if worked:
        rest = mask(rest, worked[0], worked[1])
    day_hits, every = weekday_hits(rest)
    ranges, places, tokens, notes, each_day = _ranges(rest, text, now, day_hits, prefer)
    if each_day and "hour" not in filters:
        filters["hour"] = each_day
    parts = _parts(text, masked, hours_said)
    if parts:
        for name in {kind for _, kind, _ in parts}:
            filters.pop(name, None)
    left_out = any(
        _LEFT_OUT.search(text[:start]) or _LEFT_AFTER.match(text, end) for start, end, _ in day_hits
    )
    # 周末占比, 周末和工作日: a kind of day, not the last weekend
    several = len(day_hits) > 1 or any(len(days) > 1 and set(days) != {6, 7} for _, _, days in day_hits)
    filtering = (
        inside or several or left_out or bool(parts) or bool(_SHARED.search(text) and _WEEKLY.search(text))
    )
    if filtering and day_hits and not _outside(day_hits, tokens):
        ranges, places, tokens, notes = [], [], [], []
    if _outside(day_hits, tokens) and (ranges or every or filtering):
        for start, end, days in day_hits:
            held.append((start, end, "weekday"))
            if not any(kind == "weekday" for _, kind, _ in parts):
                filters["weekday"] = tuple(sorted({*filters.get("weekday", ()), *days}))
    if "hour" in filters and len(ranges) == 1 and _one_day(ranges[0]):
        cut = _cut(ranges[0], filters["hour"])
        if cut is not None:
            ranges = [cut]
            filters.pop("hour")
    if worked and not ranges:
        first, after, dates = worked
        said = text[first:after]
        ranges, places = [TimeRange(_midnight(now, dates[0]), _midnight(now, dates[-1], 1), said)], [first]
        tokens.append(_token(text, first, after, "time", 0))
        if len(dates) > 1:
            filters["day"] = tuple(dates)
    ranges, tokens, places = _up_to(text, ranges, tokens, places)
    tokens += [_token(text, start, end, "schedule", recurrence) for start, end in scheduled]
    for start, end, kind in held:
        tokens.append(_token(text, start, end, "time_filter", kind))
    return Times(
        tuple(ranges),
        filters,
        every and "weekday" in filters,
        tuple(tokens),
        tuple(places),
        tuple(notes),
        recurrence,
        parts,
    )


def _parts(
    text: str, masked: str, hours: Sequence[tuple[int, int, tuple[int, ...]]]
) -> tuple[tuple[str, str, tuple[Any, ...]], ...]:
    """上午和下午, 工作日和周末: (label, what it filters, values) of each, in the order in which they are named."""
    if len(hours) > 1 and _TWO_PARTS.search(masked):
        return tuple(
            (text[start:end].removesuffix("的"), "hour", found) for start, end, found in sorted(hours)
        )
    if not _TWO_KINDS.search(text):
        return ()
    out: dict[str, tuple[str, str, tuple[Any, ...]]] = {}
    for hit in _KIND.finditer(text):
        kind = "workday" if hit["worked"] else "weekday" if hit["weekend"] else "restday"
        out.setdefault(kind, (hit.group(), kind, (6, 7) if kind == "weekday" else ()))
    return tuple(out.values())


def _up_to(
    text: str, ranges: list[TimeRange], tokens: list[Token], places: list[int]
) -> tuple[list[TimeRange], list[Token], list[int]]:
    """截至昨天本月…: of two ranges, the end of the one that is only an end."""
    if len(ranges) != 2:
        return ranges, tokens, places
    for which in (0, 1):
        hit = _UP_TO.search(text[: places[which]])
        last, whole = ranges[which], ranges[1 - which]
        only_end = hit is not None or last.start is None
        if only_end and last.end and whole.start and whole.end and whole.start < last.end <= whole.end:
            cut = TimeRange(whole.start, last.end, whole.text + last.text, whole.grain)
            words = [_token(text, hit.start(), places[which], "time", 0)] if hit else []
            kept = [
                replace(t, terms=(replace(t.terms[0], value=0),)) if t.kind == "time" else t for t in tokens
            ]
            return [cut], [*kept, *words], [places[1 - which]]
    return ranges, tokens, places


def _worked_days(text: str, now: datetime) -> tuple[int, int, list[date]] | None:
    """Where 上个工作日 or 最近5个工作日 stands, and which days those are; 最近 counts today, 上 does not."""
    hit = _WORKED.search(text)
    number = parse_number(hit["n"]) if hit and hit["n"] else None
    if hit is None or (hit["which"] in ("最近", "近", "过去") and number is None):
        return None
    count = min(int(number.value), 250) if number else 1
    day = now.date() if hit["which"] in ("最近", "近", "过去") else now.date() - timedelta(1)
    days: list[date] = []
    while len(days) < count:
        try:
            worked = holidays.is_workday(day)
        except holidays.HolidayError:
            return None
        if worked:
            days.insert(0, day)
        day -= timedelta(1)
    return hit.start(), hit.end(), days


def _midnight(now: datetime, day: date, plus: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=now.tzinfo) + timedelta(plus)


def _schedule(text: str, now: datetime) -> tuple[list[tuple[int, int]], dict[str, Any] | None]:
    """Where a question says how often it wants to be answered, and that as a rule."""
    found = [m for m in _parsed(text, now, "future") if m.kind == "recurrence"]
    spans = [(m.begin, m.finish) for m in found[:1]]
    since = _SINCE.search(text[: spans[0][0]]) if spans else None
    if since:
        spans = [(since.start(), spans[0][1])]
    return spans, (found[0].rule if found else None)


def _ranges(
    masked: str, text: str, now: datetime, day_hits: list[tuple[int, int, tuple[int, ...]]], prefer: str
) -> tuple[list[TimeRange], list[int], list[Token], list[str], tuple[int, ...]]:
    """Ranges of the text, and the hours of each of their days (上周半夜12点); other ranges go before weekdays."""
    without = masked
    for start, end, _ in day_hits:
        without = mask(without, start, end)
    found = _parsed(without, now, prefer) if day_hits else []
    if not any(m.kind == "date_time" for m in found):
        found = _parsed(masked, now, prefer)
    ranges: list[TimeRange] = []
    places: list[int] = []
    tokens: list[Token] = []
    notes: list[str] = []
    each_day: tuple[int, ...] = ()
    for match in found:
        if match.kind != "date_time":
            continue
        if _NOW.fullmatch(text[match.begin : match.finish]) or _WHOLE.fullmatch(
            text[match.begin : match.finish]
        ):
            continue
        if match.note:
            notes.append(match.note)
        if match.start is None and match.end is None:
            tokens.append(_token(text, match.begin, match.finish, "time_unknown", match.note))
            continue
        said = text[match.begin : match.finish]
        daily = (match.rule or {}).get("daily")
        if daily:
            hours = daily_hours(daily)
            if hours is None:
                notes.append(f"「{said}」不是整点，还不会按它筛选")
                tokens.append(_token(text, match.begin, match.finish, "time_unknown", None))
                continue
            each_day = tuple(sorted({*each_day, *hours}))
        first, last = _holiday(said, text[match.finish :], now) or (match.start, match.end)
        finish, around = match.finish, _AROUND.match(text, match.finish)
        if first and last and around:
            first, last, finish = first - timedelta(3), last + timedelta(3), around.end()
        ranges.append(TimeRange(first, last, said, str(match.grain)))
        places.append(match.begin)
        tokens.append(_token(text, match.begin, finish, "time", len(ranges) - 1))
    return ranges, places, tokens, notes, each_day


def _parsed(text: str, now: datetime, prefer: str) -> list[Any]:
    found: list[Any] = list(parse(text, now, prefer="future" if prefer == "future" else "past"))
    if any(m.kind == "date_time" for m in found):
        return found
    for hit in _NUMBERED_WEEK.finditer(text):
        number = parse_number(hit["n"])
        if number is None or number.value <= LAST_WEEK_OF_A_MONTH:
            continue  # of a month, or of the year
        for week in parse("今年" + hit.group(), now):
            if week.start and (prefer == "future" or week.start <= now):
                found.append(replace(week, text=hit.group(), begin=hit.start(), finish=hit.end()))
    return found


def _holiday(said: str, rest: str, now: datetime) -> tuple[datetime, datetime] | None:
    """A festival's whole holiday where a manager names it (国庆门诊量), unless the day itself is meant."""
    if not _FESTIVAL.search(said) or rest.startswith(("当天", "当日", "那天", "那一天")):
        return None
    name = said if said.endswith("春节") else said.removesuffix("节")
    whole = _parsed(name + "假期", now, "past")
    if len(whole) == 1 and whole[0].finish == len(name) + 2 and whole[0].start and whole[0].end:
        return whole[0].start, whole[0].end
    return None


def _outside(hits: list[tuple[int, int, tuple[int, ...]]], tokens: list[Token]) -> bool:
    return bool(hits) and not any(t.start < e and s < t.end for s, e, _ in hits for t in tokens)


def _one_day(time: TimeRange) -> bool:
    return time.start is not None and time.end is not None and time.end - time.start <= timedelta(1)


def _cut(time: TimeRange, hours: tuple[int, ...]) -> TimeRange | None:
    """One day's range cut to consecutive hours, of a night the next day's too; None where the hours have gaps."""
    assert time.start is not None
    day = time.start.replace(hour=0, minute=0, second=0, microsecond=0)
    first, last = hours[0], hours[-1] + 1
    gaps = [(one, two) for one, two in zip(hours, hours[1:], strict=False) if two > one + 1]
    if gaps:
        if len(gaps) > 1 or (first, last) != (0, 24):
            return None
        first, last = gaps[0][1], 24 + gaps[0][0] + 1
    return TimeRange(
        day + timedelta(hours=first), day + timedelta(hours=last), time.text, "hour", time.default
    )


def day_kinds(time: TimeRange, kind: str) -> tuple[Any, ...]:
    """The dates of a range that are worked (`workday`) or not (`restday`), by the holiday table.

    Raises chinese.holidays.UnknownYear for a year that is not in the table.
    """
    from insight.compile.dimensions import days_of

    return tuple(day for day in days_of(time) if holidays.is_workday(day) == (kind == "workday"))
