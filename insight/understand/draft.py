"""What a question says by itself, before defaults and context: every field None where nothing was said."""

from dataclasses import dataclass, fields, replace
from typing import Any

from insight.interpretation import TimeRange
from insight.understand.quantities import Bound

EACH, WHICH, BARE = "each", "which", "bare"


@dataclass(frozen=True, slots=True)
class Draft:
    kind: str | None = None
    metrics: tuple[str, ...] | None = None
    bound_metric: str | None = None
    weak: str | None = None
    """A metric that the wording hints at (看病, 多少人), used where none is named."""
    counted: str | None = None
    """visits or patients, where the question counts them (有多少人次)."""
    aggregation: str | None = None
    dims: tuple[tuple[str, str], ...] | None = None
    """(dimension, how it was named: each, which or bare)."""
    trend: bool | None = None
    values: dict[str, tuple[Any, ...]] | None = None
    share_dim: str | None = None
    exclude: dict[str, tuple[Any, ...]] | None = None
    ranges: tuple[TimeRange, ...] | None = None
    day_kind: str | None = None
    exclude_day_kind: str | None = None
    without: tuple[TimeRange, ...] | None = None
    every: bool | None = None
    compare: str | None = None
    """yoy, mom, ask (a comparison with what was named) or difference."""
    against: bool | None = None
    """The range named is what is compared with: 和上周比."""
    which_more: str | None = None
    adjective: str | None = None
    how_long: bool | None = None
    rank: str | None = None
    ranks: tuple[str, ...] | None = None
    """Two rankings side by side: 最高和最低."""
    ranking: str | None = None
    change_rank: str | None = None
    top: tuple[int, str] | None = None
    share: bool | None = None
    share_all: bool | None = None
    joined: bool | None = None
    """Several metrics that are named side by side: 挂号量和收入."""
    aggregations: tuple[str, ...] | None = None
    """Several aggregations: 平均值和中位数."""
    inner: tuple[str | None, str] | None = None
    """(metric, dimension) of a ranking whose groups are asked about: 候诊最长的科室的满意度."""
    bound: Bound | None = None
    further: tuple[tuple[Bound, str | None], ...] | None = None
    """More thresholds, each with the metric named before it."""
    moved: str | None = None
    """up, down or any, where the threshold is on a change: 增长超过10%."""
    place: tuple[int, str] | None = None
    """(2, first or last, or a word of ranking): 第二名, 倒数第二, 第二高."""
    standing: bool | None = None
    parts: tuple[tuple[str, str, tuple[Any, ...]], ...] | None = None
    """(label, hour, weekday or day kind, values) of stretches of time that are compared or shared."""
    stretch: str | None = None
    """The words of the hours or days that filter: 上午, 周末."""
    run: tuple[int, str] | None = None
    """连续三周: how many buckets of which dimension."""
    peak: str | None = None
    """max or min, where 最长 or 最短 stands right before a duration: 最长候诊时间."""
    share_part: str | None = None
    """The dimension of the value whose part of each group is asked for: 各科室专家号占比."""
    whole: bool | None = None
    """The hospital as a whole is what is compared with: 比全院平均."""
    pace: str | None = None
    """快, 慢, 长, 短 or 久 where a comparison is made by it."""
    replaced: tuple[Any, ...] | None = None
    """(ranges, values) that the last follow-up put others in the place of: 9月呢, then 差多少."""
    these: bool | None = None
    """The several things that the answer before was about: 这三个科室."""
    together: bool | None = None
    direction: str | None = None
    chart: str | None = None
    now: bool | None = None
    schedule: dict[str, Any] | None = None
    same_period: bool | None = None
    vague: str | None = None
    pronoun: str | None = None
    """The dimension of what 这个科 points at; `any` for 它."""

    def said(self) -> dict[str, Any]:
        """The fields that the question filled."""
        return {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) is not None}

    def with_(self, **changes: Any) -> "Draft":
        return replace(self, **changes)
