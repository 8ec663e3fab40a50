"""Weekdays said in one breath: 周一三五上午, 下周二、四: a reading for each, with the hours that stand behind the last."""

from __future__ import annotations

import re
from dataclasses import replace

from chinese.time import words as w
from chinese.time.chain import Chain, extend_chain
from chinese.time.grammar import Reading, finished
from chinese.time.model import Context
from chinese.time.nodes import Node, Relative, Weekday

_DAYS = "一二三四五六"
# 周三五官科, 周一二楼: the digits are weekdays only where a sentence goes on as it does behind a day.
_RUN = re.compile(
    rf"(?P<week>(?P<rel>{w.RELATIVE})?{w.WEEK}的?)(?P<days>[{_DAYS}](?:[、,]?[{_DAYS}])+[日天]?)"
    r"(?=\s*(?:$|[,.。;；!?！？)）]|上午|下午|中午|[早晚]上?|全天|的|都|各|均|有|没|出诊|坐诊|门诊|停诊|看诊|哪|能|可|行|吗|休|开|去|来|看|挂|约|和|或|还))"
)


def read_weekdays(folded: str, place: int, here: Context) -> list[Reading]:
    """The readings of such a list at that place; none where there is no list."""
    hit = _RUN.match(folded, place)
    if hit is None:
        return []
    places = [at for at in range(*hit.span("days")) if folded[at] in w.WEEKDAYS]
    numbers = [w.WEEKDAYS[folded[at]] for at in places]
    if numbers != sorted(set(numbers)):
        return []
    week: tuple[Node, ...] = (Relative("week", w.relative_offset(hit["rel"])),) if hit["rel"] else ()
    levels = ("week",) * len(week)
    last = extend_chain(folded, Chain((), ("weekday",), place, hit.end()), here.now.year)
    readings = []
    for at, number in zip(places, numbers, strict=True):
        nodes = (*week, Weekday(number), *last.nodes)
        reading = finished(folded, replace(last, nodes=nodes, levels=(*levels, *last.levels)), here)
        if reading is None:
            return []
        first, final = at == places[0], at == places[-1]
        readings.append(
            replace(reading, begin=place if first else at, finish=reading.finish if final else at + 1)
        )
    return readings
