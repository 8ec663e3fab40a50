"""What a question measures: the metrics and aggregations it names, and the thresholds with the metric of each."""

import re
from typing import TYPE_CHECKING

from insight.understand.choosing import IMPLIED
from insight.understand.scan import LIGHT, Token

if TYPE_CHECKING:
    from insight.understand.reader import Reader

_JOINED = re.compile(r"[、，,和与跟及]|以及|还有|同时|另外|并且|加上|vs", re.IGNORECASE)
_MANY = re.compile(
    r"(?:的|了|掉)?(?:人|号)?(?:都|一共|总共)?(?:有|是)?(?:多少|几)(?:个|人|号|次|例|起|宗)?(?!比|百分|成|钱|分|块|元|小时|久|长|个?(?:小时|钟头))"
)
AGGREGATIONS = {"mean": "mean", "median": "median", "maximum": "max", "minimum": "min"}


def read_metrics(reader: "Reader") -> None:
    """The metrics named; the one that a threshold belongs to is told from the one asked for."""
    tokens, out = reader.tokens, reader.out
    found = [(place, t) for place, t in enumerate(tokens) if t.kind == "metric"]
    for _, token in found:
        reader.use(token, f"指标 {token.value}")
    keys = list(dict.fromkeys(t.value for _, t in found))
    keys = _thresholds(reader, found, keys)
    if _inner(reader, found, keys):
        keys = keys[-1:]
    elif len(keys) > 1 and _side_by_side(reader, [p for p, t in found if t.value in keys]):
        out["joined"] = True
    if keys:
        out["metrics"] = tuple(keys)
    for _, token in found:
        if not re.search("率|比|占|情况", token.text) and _MANY.match(reader.text, token.end):
            out.setdefault("counted", "visits")  # 退号的有多少: how many, where there may be only a rate
    for one, two in zip(tokens, tokens[1:], strict=False):
        if one.kind == "rank" and one.value in ("long", "short") and two.kind == "metric":
            out["peak"] = "max" if one.value == "long" else "min"
    said = [(p, _aggregation(t)) for p, t in enumerate(tokens) if t.kind in (*AGGREGATIONS, "quantile")]
    names = tuple(dict.fromkeys(name for _, name in said))
    if len(names) > 1 and _side_by_side(reader, [place for place, _ in said]):
        out["aggregations"] = names


def read_ranks(reader: "Reader") -> None:
    """Two rankings side by side: 最高和最低的科室."""
    found = [place for place, t in enumerate(reader.tokens) if t.kind == "rank"]
    names = tuple(dict.fromkeys(reader.tokens[place].value for place in found))
    if len(names) == 2 == len(found) and _side_by_side(reader, found, ("dimension", "which", "counted")):
        reader.out["ranks"] = names


def _aggregation(token: Token) -> str:
    return f"p{float(token.value) * 100:g}" if token.kind == "quantile" else AGGREGATIONS[token.kind]


def _thresholds(reader: "Reader", found: list[tuple[int, Token]], keys: list[str]) -> list[str]:
    """Reads the thresholds; the metrics that are left are those asked for."""
    out, tokens = reader.out, reader.tokens
    bounds = [(place, t) for place, t in enumerate(tokens) if t.kind == "bound"]
    if not bounds:
        return keys
    place, token = bounds[0]
    out["bound"] = token.value
    if re.search(r"(?<!于)等|候诊|排", token.text):
        out.setdefault("weak", "wait_minutes")  # 至少等了一小时
    for _, bound in bounds:
        reader.use(bound, "门槛")
        if "全院" in bound.text or "医院" in bound.text:
            reader.whole = True
    changing = _changing(tokens, place)
    if changing and not token.value.average:
        out["moved"] = changing
        return keys
    before = [t.value for at, t in found if at < place]
    if before:
        out["bound_metric"] = before[-1]
        left = [k for k in keys if k != before[-1]]
    elif found and len(keys) > 1:
        out["bound_metric"], left = keys[0], keys[1:]
    else:
        left = keys
    last, further = out.get("bound_metric"), []
    for at, bound in bounds[1:]:
        near = [t.value for where, t in found if place < where < at]
        if near:
            last = near[-1]
            left = [k for k in left if k != last]
        further.append((bound.value, last))
        place = at
    if further:
        out["further"] = tuple(further)
    return left


def _changing(tokens: tuple[Token, ...], place: int) -> str | None:
    """up, down or any where the threshold at `place` is on a change: 增长超过10%, 翻倍."""
    if tokens[place].text.startswith("翻"):
        return "up"
    at = place - 1
    while at >= 0 and tokens[at].kind in (*LIGHT, "yoy", "mom"):
        at -= 1
    if at < 0:
        return None
    word = tokens[at]
    if word.kind == "adjective" and any(t.kind in ("compare", "yoy", "mom") for t in tokens[:at]):
        return {"desc": "up", "asc": "down"}[str(word.value)]
    if word.kind == "direction":
        return str(word.value)
    if word.kind == "difference" and re.search(r"增幅|涨幅|增速|增长|上升", word.text):
        return "up"
    if word.kind == "difference" and re.search(r"降幅|跌幅|下降|减少", word.text):
        return "down"
    return "any" if word.kind == "difference" else None


def _side_by_side(reader: "Reader", places: list[int], light: tuple[str, ...] = ()) -> bool:
    """Whether words are named in a row: each tied to the one before by 和 or a comma, with little between them."""
    for one, two in zip(places, places[1:], strict=False):
        first, second = reader.tokens[one], reader.tokens[two]
        between = reader.tokens[one + 1 : two]
        if not _JOINED.search(reader.text[first.end : second.start]):
            return False
        if any(t.kind not in (*LIGHT, *light, "both", "time", "how_long", "each", "dimension", "follow", *AGGREGATIONS, "quantile", "count_people", "count_visits", "daily") for t in between):  # fmt: skip
            return False
    return True


def _inner(reader: "Reader", found: list[tuple[int, Token]], keys: list[str]) -> bool:
    """候诊最长的科室的满意度: a ranking by one metric, whose groups are asked about by another."""
    tokens = reader.tokens
    for place, token in enumerate(tokens):
        if token.kind not in ("rank", "top", "place"):
            continue
        dim = next(
            (
                at
                for at in range(place + 1, len(tokens))
                if tokens[at].kind not in (*LIGHT, "counted", "top", "which", "rank")
            ),
            None,
        )
        if dim is None or tokens[dim].kind != "dimension":
            continue
        ahead = {t.value for at, t in found if at < place and t.value in keys}
        after = {t.value for at, t in found if at > dim and t.value in keys}
        own = IMPLIED[token.value][0] if token.kind == "rank" and token.value in IMPLIED else None
        if len(after) != 1 or len(ahead) > 1 or not (ahead or own) or ahead & after or own in after:
            continue
        if any(t.kind in ("rank", "both", "compare") for t in tokens[dim + 1 :]):
            continue
        reader.out["inner"] = (next(iter(ahead), None), tokens[dim].value)
        return True
    return False
