"""Counted times: 三天后, 近30天, 未来一周, 三天内; and plain lengths."""

from __future__ import annotations

import re
from dataclasses import dataclass

from chinese.time.nodes import Node
from chinese.time.quantity import Ahead, Direction, Offset, Quantity, Window, read_quantity
from chinese.time.rule import Hit
from chinese.time.workdays import Workday, WorkdayWindow

_OFFSET = re.compile(
    r"\s*(?:(?P<back>(?:之|以)?前(?![列面台往]))|(?P<ahead>(?:之|以|过)?后(?![背脑颈腰悔面续勤天])))"
)
_WITHIN = re.compile(r"\s*(?:之内|以内|内(?![科镜分脏障痔容眼]))")
_RECENT = re.compile(r"\s*以?来(?!看|挂|做|查|复|取|了|过|医|院|这)")
_WINDOW = re.compile(
    r"(?P<back>(?:最近|过去)的?(?:这(?=[一二两三四五六七八九十半\d]))?|(?<![附接将])近)|(?P<before>往前|(?<![提饭餐术产睡之以目])前|(?<![以晚早马路网身脸头手腿脚背嘴舌皮肤床地线加赶碰爱染犯怀得连接戴穿考楼车船额胸腹脖鼻耳眼眉唇指趾肩臂膝腰])上)"
    r"|(?P<ahead>未来的?|接下来的?|今后的?|往后的?|之后的?|此后的?|随后的?|以后的?|(?<![饭餐术产之以今往最延押落])后)"
    r"|(?P<within>这)|(?P<next>(?<![以一看查问找算说讲等搜试])下)|(?P<offset>再过|(?<![\u4e00-\u9fff])过)"
)
_WINDOW_TAIL = re.compile(
    r"\s*(?:以来|之内|以内|内(?![科镜分脏])|里(?!面)|来(?!看|挂|做|查|复|取|了|过|医|院)|期间)"
)
_THAT_HOUR = re.compile(r"[上下]个(?:小时|钟头)")
_ONE_HOUR = Quantity("hour", 1, 0, 3600, exact=True)
_UNKNOWN_LENGTH = re.compile(
    r"(?:(?:大|小)半[年月天]|大半个[月天]|一会儿?|一阵子?|一小会儿?|片刻|(?:好|大)半天|好久|很久|老半天|半天)(?!诊)"
)


def read_counted(folded: str, place: int) -> Hit | None:
    """三天后, 两小时前, 一周内, 三个工作日后, 半个月以来."""
    if place and folded[place - 1] in _NUMERAL_BEFORE:
        return None
    length = read_quantity(folded, place)
    if length is None:
        return None
    quantity, end = length
    if not quantity.exact or quantity.plain_month or (quantity.plain_day and _is_date(folded[place:end])):
        return None
    if hit := _OFFSET.match(folded, end):
        if _NUMBERED_YEAR.fullmatch(folded[place:end]) and _EDGE.match(folded, hit.end()):
            return None
        return Hit(_offset(quantity, 1 if hit["ahead"] else -1), _level(quantity), hit.end())
    if hit := _WITHIN.match(folded, end):
        return _window(quantity, "within", hit.end())
    if hit := _RECENT.match(folded, end):
        return _window(quantity, "back", hit.end())
    return None


def _window(quantity: Quantity, direction: Direction, finish: int) -> Hit | None:
    """Not of half a week or half a day, of which nobody says where they begin."""
    if quantity.unit == "workday":
        whole = quantity.count >= 1 and quantity.count == int(quantity.count)
        return Hit(WorkdayWindow(int(quantity.count), direction), "window", finish) if whole else None
    if quantity.unit == "week" and quantity.count < 1:
        return None
    return Hit(Window(quantity, direction), "window", finish)


_NUMERAL_BEFORE = frozenset("零〇一二两三四五六七八九十百千万0123456789.第半")


# 19年前三季度 are the first quarters of 2019.
_NUMBERED_YEAR = re.compile(r"\d\d\s*年")
_EDGE = re.compile(r"\s*[\d一二两三四五六七八九十]{1,3}\s*个?(?:季度|月|半年|周|天)|半年")


def _level(quantity: Quantity) -> str:
    """What may follow it: a year's month (三年前的五月), a counted day's weekday (两周后的周三), a day's hour."""
    if quantity.is_clock:
        return "clock"
    if quantity.unit == "year" and quantity.months % 12 == 0 and not quantity.seconds:
        return "year"
    return "day" if quantity.unit in ("day", "workday") else "counted"


def _is_date(text: str) -> bool:
    """20日前 is before the twentieth, 三日前 three days ago."""
    digits = text.rstrip("日 ")
    return digits.isdigit() and int(digits) > 10


def _offset(quantity: Quantity, sign: int) -> Node:
    return Workday(sign * int(quantity.count)) if quantity.unit == "workday" else Offset(quantity, sign)


def read_window(folded: str, place: int) -> Hit | None:
    """近三天, 未来一周, 前两个月, 再过三天."""
    if hit := _THAT_HOUR.match(folded, place):
        return Hit(Window(_ONE_HOUR, "ahead" if hit[0][0] == "下" else "before"), "window", hit.end())
    prefix = _WINDOW.match(folded, place)
    if prefix is None:
        return None
    length = read_quantity(folded, prefix.end())
    if length is None or not length[0].exact or length[0].unit in ("workday", "second") and prefix["within"]:
        return None
    quantity, end = length
    # 看下3月的号: the third month; 近三月 and 前三日 are lengths.
    if (quantity.plain_month or quantity.plain_day) and prefix[0] in ("上", "下", "这"):
        return None
    tail = _WINDOW_TAIL.match(folded, end)
    end = tail.end() if tail else end
    if prefix["offset"]:
        return Hit(_offset(quantity, 1), _level(quantity), end)
    if prefix["next"]:
        if quantity.unit == "workday":
            return _window(quantity, "ahead", end)
        return Hit(Ahead(quantity), "window", end) if quantity.count == int(quantity.count) else None
    direction = next(name for name in ("back", "before", "ahead", "within") if prefix[name])
    return _window(quantity, direction, end)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Length:
    """A length of time by itself; `quantity` is None where it is unknown (一会儿)."""

    quantity: Quantity | None
    finish: int


def read_length(folded: str, place: int) -> Length | None:
    """The length of time at that place."""
    if hit := _UNKNOWN_LENGTH.match(folded, place):
        return Length(None, hit.end())
    if place and folded[place - 1] in _NUMERAL_BEFORE:
        return None
    found = read_quantity(folded, place)
    if found is None or (not found[0].exact and _is_vague(folded, place, found[1])):
        return None
    quantity, finish = found
    if quantity.plain_month or quantity.plain_day or quantity.unit == "workday":
        return None
    return Length(quantity, finish)


_VAGUE_BEFORE = re.compile(r"(?:[前这过近后上]|(?:过去|最近|未来|今后|以前|接下来)的?)$")


def _is_vague(folded: str, begin: int, finish: int) -> bool:
    """前几天, 几天前, 这几天: a time that nobody can tell, and no length."""
    return bool(_VAGUE_BEFORE.search(folded[max(begin - 4, 0) : begin]) or _OFFSET.match(folded, finish))
