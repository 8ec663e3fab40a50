"""Follow-ups: what a short question takes over from the answer before it."""

from typing import Any

from insight.understand.draft import Draft
from insight.understand.reader import Reader

WHERE = ("department", "campus", "clinic_room", "doctor")
ADDING = ("再按", "再分", "同时按", "细分", "拆分", "拆开", "再拆", "进一步按")


def merge(before: Draft, said: Draft, reader: Reader) -> Draft:
    """The earlier draft with what the new question says put in its place."""
    new: dict[str, Any] = {}
    fresh_metric = bool(said.metrics) and said.metrics != before.metrics
    if said.metrics:
        new["metrics"], new["joined"] = said.metrics, said.joined
        new["weak"] = new["counted"] = None
    if fresh_metric and said.aggregation is None:
        new["aggregation"] = None
    if said.ranges and said.against and before.ranges and len(before.ranges) == 1:
        new |= {"ranges": (*before.ranges, *said.ranges), "compare": "ask", "now": None, "same_period": None}
    elif said.ranges:
        new |= {"ranges": said.ranges, "now": None, "same_period": None}
        if before.compare == "ask" and before.ranges and len(before.ranges) == 2:
            new["compare"] = None
    new |= _values(before, said)
    new["replaced"] = _replaced(before, said)
    if said.compare in ("ask", "difference") and before.replaced and not (said.ranges or said.values):
        new |= _with_replaced(before)
    if said.compare == "ask" and before.values and said.values:
        new["values"] |= {
            name: tuple(dict.fromkeys((*before.values[name], *v)))
            for name, v in said.values.items()
            if name in before.values
        }
    if reader.whole:
        new["values"] = {k: v for k, v in (new["values"] or {}).items() if k not in WHERE} or None
    if (
        said.dims
        and reader.follow
        and not (said.rank or said.top or said.ranking)
        and all(how == "bare" for _, how in said.dims)
    ):
        new["dims"] = said.dims
    elif said.dims:
        adding = any(word in reader.text for word in ADDING)
        new["dims"] = _added(before.dims, said.dims) if adding else said.dims
        if not (said.rank or said.top or said.ranking):
            new |= {"rank": None, "top": None, "ranking": None}
        new["trend"] = said.trend
    if said.dims and new["values"]:
        new["values"] = {
            k: v for k, v in new["values"].items() if k in (said.values or {}) or not _listed(k, v, said)
        } or None
    if said.bound and "another_limit" not in reader.flags:
        new |= {"further": said.further, "moved": said.moved}
    if said.aggregation:
        new["aggregations"] = said.aggregations
    if said.inner or said.rank:
        new["inner"] = said.inner
    if said.place or said.rank or said.ranking or said.top or said.standing:
        new |= {"place": said.place, "standing": said.standing, "ranks": said.ranks}
    if said.place and not (said.rank or said.ranking):
        new |= {"top": None}
    if said.parts or said.ranges and before.parts and (said.values or {}).keys() & {"hour", "weekday"}:
        new["parts"] = said.parts
    if said.rank or said.ranking:
        new |= {"rank": said.rank, "ranking": said.ranking, "top": said.top}
        if said.rank and said.aggregation is None and before.aggregation in ("max", "min"):
            new["aggregation"] = None
    elif said.top:
        new["top"] = said.top
        if said.top[1] == "last" and before.rank:
            new |= {"rank": None, "ranking": "asc"}
    if said.compare:
        new["compare"] = said.compare
        if said.compare in ("yoy", "mom"):
            new["same_period"] = None
    if said.same_period:
        new["same_period"] = True
    for name in ("aggregation", "trend", "share", "share_all", "bound", "bound_metric", "which_more", "change_rank",
                 "chart", "day_kind", "exclude_day_kind", "without", "adjective", "how_long", "every", "together", "schedule", "direction", "run", "share_dim", "stretch", "pronoun"):  # fmt: skip
        value = getattr(said, name)
        if value is not None and name not in new:
            new[name] = value
    if said.trend and not said.dims:
        new["dims"] = (
            tuple(d for d in before.dims or () if d[0] not in ("hour", "date", "week", "month")) or None
        )
        new |= {"rank": None, "top": None, "ranking": None}
    if said.kind:
        new["kind"] = said.kind
        if said.kind in ("why", "bottleneck", "anomaly"):
            new |= {
                "dims": said.dims,
                "trend": None,
                "rank": None,
                "top": None,
                "ranking": None,
                "share": None,
                "chart": None,
            }
    if not said.metrics:
        for name in ("counted", "weak"):
            if getattr(said, name) is not None and not before.metrics:
                new[name] = getattr(said, name)
    return before.with_(vague=None, **new)


def _replaced(before: Draft, said: Draft) -> tuple[Any, ...] | None:
    """What a follow-up puts something else in the place of: one range for another, one value for another."""
    one_range = len(before.ranges or ()) == 1 == len(said.ranges or ())
    names = set(before.values or {}) & set(said.values or {})
    one_value = len(names) == 1 and all(
        len(values[name]) == 1 for name in names for values in (before.values or {}, said.values or {})
    )
    if one_range and not said.values:
        return before.ranges, None
    if one_value and not said.ranges:
        (name,) = names
        return None, (name, (before.values or {})[name])
    return None


def _with_replaced(before: Draft) -> dict[str, Any]:
    """两个比一下, 差多少 after 9月呢 or 外科呢: the two that were asked for one after the other."""
    assert before.replaced is not None
    ranges, value = before.replaced
    if ranges:
        return {"ranges": (*ranges, *(before.ranges or ())), "compare": "ask"}
    name, values = value
    return {"values": {**(before.values or {}), name: (*values, *(before.values or {}).get(name, ()))}}


def pointed(draft: Draft, said: Draft, dimension: str, value: Any) -> Draft:
    """The draft about the one thing that 这个科 stands for: what ranked or limited such things before is over."""
    dims = tuple(d for d in draft.dims or () if d[0] != dimension) or None
    values = {**(draft.values or {}), dimension: (value,)}
    return draft.with_(
        dims=dims, values=values, rank=said.rank, ranking=said.ranking, top=said.top, place=said.place,
        bound=said.bound, bound_metric=said.bound_metric, further=said.further, moved=said.moved, pronoun=None,
    )  # fmt: skip


def among(draft: Draft, said: Draft, dimension: str, values: tuple[Any, ...]) -> Draft:
    """The draft about the several things that 这三个科室 stands for, ranked only if that is said now."""
    return draft.with_(
        values={**(draft.values or {}), dimension: values}, rank=said.rank, ranking=said.ranking, top=said.top,
        place=said.place, change_rank=said.change_rank, bound=said.bound, bound_metric=said.bound_metric,
        further=said.further, moved=said.moved, these=None, inner=None,
    )  # fmt: skip


def _values(before: Draft, said: Draft) -> dict[str, Any]:
    """Filters: a dimension named again is replaced, others stay; a value that is now wanted is no longer excluded."""
    values, exclude = dict(before.values or {}), dict(before.exclude or {})
    for name, wanted in (said.values or {}).items():
        values[name] = wanted
        exclude.pop(name, None)
    for name, unwanted in (said.exclude or {}).items():
        left = tuple(v for v in values.get(name, ()) if v not in unwanted)
        if name in values:
            if left:
                values[name] = left
            else:
                del values[name]
        exclude[name] = tuple(dict.fromkeys((*exclude.get(name, ()), *unwanted)))
    return {"values": values or None, "exclude": exclude or None}


def _listed(name: str, values: tuple[Any, ...], said: Draft) -> bool:
    """Whether what was one of several is now asked for as all of them: 骨科的候诊, then 最长的三个科室."""
    return len(values) == 1 and any(dim == name for dim, _ in said.dims or ())


def _added(
    before: tuple[tuple[str, str], ...] | None, said: tuple[tuple[str, str], ...]
) -> tuple[tuple[str, str], ...]:
    return tuple(dict([*(before or ()), *said]).items())
