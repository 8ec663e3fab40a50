"""The account of a question's words: each is taken for something, known to be harmless, or said not to be understood.

A word that means something must make a difference. Each is taken away in turn; where the question then still means
the same, the word was used for nothing, and an answer would pass over what it says. Only words that repeat what is
understood anyway (等了多久 beside 候诊) may do that.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from insight.interpretation import Interpretation
from insight.understand.choosing import Unclear
from insight.understand.lexicon import Lexicon
from insight.understand.reader import PEOPLE, Reader
from insight.understand.scan import LIGHT, Token
from insight.understand.sense import SPECIAL, Pointless, Sense

CARRYING = frozenset({
    "metric", "value", "dimension", "which_dimension", "series", "rank", "ranking", "change_rank", "which_more",
    "adjective", "direction", "share", "share_all", "mean", "median", "maximum", "minimum", "quantile", "daily",
    "top", "counted", "bound", "compare", "difference", "yoy", "mom", "same_period", "trend", "distribution", "why",
    "bottleneck", "anomaly", "forecast", "how_long", "count_people", "count_visits", "weak_wait", "workday",
    "restday", "exclude_before", "exclude_after", "vague", "money_vague", "time_vague", "place",
    "standing", "total", "run", "per", "once",
})  # fmt: skip
"""Kinds of words that say something about the number asked for."""

COUNTS = ("visits", "patients", "doctors", "complaints")
BUCKETS = {"hour", "date", "week", "month", "quarter", "year", "weekday"}
EMPHATIC = ("最厉害", "厉害", "最牛", "最牛的", "优秀", "最优秀", "优秀的", "最重要", "最值得", "最给力", "最强的", "最有潜力", "最出名", "有名",
            "最有名", "靠谱", "最靠谱", "最靠谱的", "最有效率", "最舒服", "绩效", "业绩", "质量", "服务质量", "服务")  # fmt: skip
"""Vague words that ask for something else than the metric beside them."""


COUNTING = ("几", "多少", "每", "各", "哪", "一", "这", "那", "两", "单")
NAMING = ("metric", "dimension", "value", "time", "time_filter", "series", "which_dimension", "how_long", "weak_visits",
          "weak_wait", "count_people", "count_visits", "share", "share_all", "workday", "restday", "tail", "whole",
          "quantile", "bound", "once", "own", "direction", "difference", "compare", "mean", "median",
          "distribution", "whole_time", "now")  # fmt: skip


def loose(text: str, tokens: Sequence[Token]) -> list[Token]:
    """Small words that stand where they say nothing known: 数 in 多数, 单 and 间 in 单人间, 主任 that is not called."""
    out = []
    for place, token in enumerate(tokens):
        before = tokens[place - 1] if place else None
        if before is not None and before.end != token.start and text[before.end : token.start].strip():
            before = None
        if token.kind == "measure":
            known = before is not None and (
                before.kind in ("which", "counted", "bound", "how_long", "top", "quantile", "metric", "value")
                or before.text.endswith(COUNTING)
                or before.kind in ("weak_visits", "share", "difference", "count_people")
            )
        elif token.kind == "tail":
            known = before is not None and before.kind in NAMING
        elif token.kind == "whole_time":
            known = before is not None and before.kind in ("time", "filler", "time_filter", "now", "share")
        elif token.kind == "once":
            after = next((t for t in tokens[place + 1 :] if t.kind not in LIGHT), None)
            near = [t.kind for t in (before, after) if t is not None]
            known = bool({"metric", "how_long", "money_vague", "time_vague", "weak_visits", "mean", "maximum",
                          "minimum", "rank"} & set(near)) and not (before and before.kind == "tail")  # fmt: skip
        elif token.kind == "vocative":
            called = text[token.end : token.end + 1] != "的"
            known = (
                called
                and all(t.kind in LIGHT for t in tokens[:place])
                or all(t.kind in LIGHT for t in tokens[place:])
            )
        else:
            continue
        if not known:
            out.append(token)
    return out


def idle(text: str, reader: Reader, i: Interpretation, sense: Sense, lexicon: Lexicon) -> list[Token]:
    """The words that were used for nothing."""
    if i.kind in SPECIAL or i.kind == "subscription" or "export" in reader.flags:
        return []
    followed = sense.before is not None
    said = reader.draft()
    out = []
    for place, token in enumerate(reader.tokens):
        if token.kind not in CARRYING:
            continue
        rest = (*reader.tokens[:place], *reader.tokens[place + 1 :])
        other = Reader(text, rest, reader.times)
        draft = other.read()
        if followed:
            same = draft == said
        else:
            try:
                same = _meaning(sense.of(other, draft, [])[1]) == _meaning(i)
            except (Unclear, Pointless):
                same = False
        if same and not _repeats(place, reader, i, sense, lexicon):
            out.append(token)
    return out


def quoted(tokens: Iterable[Token]) -> str:
    return "、".join(f"「{t.text}」" for t in tokens)


def _meaning(i: Interpretation) -> Any:
    return i.with_(notes=(), used=())


def _repeats(place: int, reader: Reader, i: Interpretation, sense: Sense, lexicon: Lexicon) -> bool:
    """Whether a word says again what is understood anyway, or says nothing that could be missed."""
    token, catalogue = reader.tokens[place], sense.catalogue
    kind, value = token.kind, token.value
    metric = catalogue.metrics.get(i.metric or "")
    touched = {
        m for m in (i.metric, *(t.metric for t in i.where), i.having.metric if i.having else None) if m
    }
    durations = [m for m in touched if catalogue.metrics[m].is_duration or m == "stage_minutes"]
    if kind == "how_long" and _apart(place, reader.tokens):
        return False
    if any(
        t is not token and (t.kind, t.value, t.dimension) == (kind, value, token.dimension)
        for t in reader.tokens
    ):
        return True
    if kind == "metric":
        near = {"patients": "visits", "waiting_now": "wait_minutes", "stage_minutes": "flow_minutes"}
        return value in touched or value == near.get(i.metric or "")
    if kind in ("dimension", "which_dimension", "series"):
        grouped = value in i.group_by or value in i.filters or value in i.exclude
        if value == "date" and {"weekday", "hour"} & set(i.group_by):
            return True  # 一周里哪天
        if i.parts and value in ("hour", "date", "weekday"):
            return True  # 上午和下午哪个时段
        if value == "stage" and durations:
            return True  # 缴费环节
        return grouped and not _listed_beside(place, reader.tokens) or value == "doctor"
    if kind == "value":
        return value in i.filters.get(token.dimension, ())
    if kind == "mean":
        return i.aggregation in ("mean", "daily") or bool(metric and metric.is_mean)
    if kind == "total":
        return metric is None or not metric.is_mean or metric.key == "flow_minutes"
    if kind == "once":
        return bool(metric and metric.is_mean) or bool(durations)
    if kind == "how_long":
        scored = token.text == "几分" and metric is not None and metric.unit == "score"
        return bool(durations) or scored or i.kind in ("bottleneck", "why")
    if kind == "time_vague":
        return bool(durations)
    if kind == "money_vague":
        return bool(metric and metric.unit in ("yuan", "rate"))
    if kind in ("count_people", "count_visits"):
        return (
            token.text in PEOPLE
            or bool(metric and metric.unit in COUNTS)
            or bool(i.where)
            or i.kind != "query"
        )
    if kind == "weak_wait":
        return bool(durations) or i.metric == "waiting_now"
    if kind == "vague":
        return token.text not in EMPHATIC
    if kind == "direction":
        changing = i.kind in ("why", "anomaly", "bottleneck") or i.compare is not None
        return changing or value == "any" and bool(BUCKETS & set(i.group_by))
    if kind == "trend":
        return bool(BUCKETS & set(i.group_by)) or i.kind in ("forecast", "anomaly")
    if kind in ("compare", "difference"):
        used = i.compare is not None or i.versus is not None or bool(i.parts) or bool(i.also)
        return used or bool(i.group_by) and token.text not in ("比", "较", "比起", "相较", "相对于")
    if kind in ("which_more", "adjective"):
        return i.versus is not None or i.compare is not None or i.kind == "why" or bool(i.parts)
    if kind == "share":
        return bool(metric and metric.unit == "rate") or i.share or i.beyond
    if kind in ("workday", "restday"):
        return bool(i.parts)
    if kind == "counted" and place and reader.tokens[place - 1].text in ("另外", "其他", "其余"):
        return False  # 另外两个: not those that are named
    if kind == "counted" and token.text.startswith("几"):
        limited = bool(i.having or i.where or i.moved)
        return limited or not i.group_by  # 几个科室候诊超过30分钟: the list answers that too
    if kind == "counted":
        if value[0] == 1 and (i.limit == 1 or i.aggregation in ("max", "min")):
            return True  # 最长的一天
        if value[0] == 2 and any(t.kind in ("compare", "difference", "which_more") for t in reader.tokens):
            return True  # 两个比一下
        known = {d: lexicon.counts.get(d) for d in i.group_by}
        return value[0] in known.values()
    if kind == "rank":
        return i.order is not None and any(t.kind == "top" for t in reader.tokens)
    if kind in ("yoy", "mom"):
        return i.compare_kind == {"yoy": "同比", "mom": "环比"}[kind]
    if kind in ("exclude_before", "exclude_after"):
        return bool(i.exclude)
    if kind == "anomaly":
        return i.kind == "why"
    if kind == "forecast":
        return i.time is not None and i.time.end is not None and i.time.end > sense.now
    return kind == "distribution" and i.share


def _apart(place: int, tokens: Sequence[Token]) -> bool:
    """Whether 和 parts a word from another of its kind: 等了多久和看了多久."""
    others = [at for at, t in enumerate(tokens) if at != place and t.kind == tokens[place].kind]
    return any(any(t.kind == "both" for t in tokens[min(at, place) : max(at, place)]) for at in others)


def _listed_beside(place: int, tokens: Sequence[Token]) -> bool:
    """Whether 和 ties a word to the value beside it: in 自费和医保 the second is no explanation of the first."""
    for step in (1, -1):
        at = place + step
        if 0 <= at < len(tokens) and tokens[at].kind == "both":
            beyond = at + step
            if 0 <= beyond < len(tokens) and tokens[beyond].kind == "value":
                return True
    return False
