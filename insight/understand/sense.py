"""What a draft means: with the question before it, with what it points at, and with the defaults applied."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from insight.catalogue import Catalogue
from insight.context import among, merge, pointed
from insight.interpretation import Interpretation
from insight.understand.choosing import Unclear
from insight.understand.draft import EACH, WHICH, Draft
from insight.understand.finish import Finisher
from insight.understand.reader import Reader

SPECIAL = ("suggestions", "definition", "list_subscriptions", "unsubscribe")
"""Kinds whose answer is no number."""


MOST = 6
"""Numbers that one question may ask for side by side."""


class Pointless(Exception):
    """这个科 stands for nothing: the last answer was about no single department."""


@dataclass(frozen=True, slots=True)
class Sense:
    """`before`: the draft that a follow-up leans on; `subjects`: what 这个科 and 这三个科室 stand for."""

    catalogue: Catalogue
    now: datetime
    before: Draft | None = None
    subjects: tuple[tuple[str, Any], ...] = ()

    def merged(self, reader: Reader, draft: Draft) -> Draft:
        """The draft with what it takes over. Raises Pointless."""
        said = draft
        if self.before is not None:
            draft = merge(self.before, draft, reader)
        if said.these:
            named = [name for name, _ in said.dims or ()]
            several = [s for s in self.subjects if isinstance(s[1], tuple) and s[0] in named]
            if not several:
                raise Pointless
            draft = among(draft, said, *several[0])
        if draft.pronoun:
            one = [s for s in self.subjects if not isinstance(s[1], tuple) and draft.pronoun in ("any", s[0])]
            if not one:
                raise Pointless
            draft = pointed(draft, said, *one[0])
        return draft

    def of(self, reader: Reader, draft: Draft, notes: list[str]) -> tuple[Draft, Interpretation]:
        """The whole draft and what it means; `notes` are added to. Raises Unclear or Pointless."""
        draft = self.merged(reader, draft)
        if draft.kind in SPECIAL:
            kind: Any = draft.kind
            return draft, Interpretation(kind=kind, metric=(draft.metrics or (None,))[0])
        i = self._within(draft, notes) if draft.inner else self._beside(draft, notes)
        if not draft.metrics and i.metric:
            draft = draft.with_(metrics=(i.metric,))
        return draft, i

    def _finish(self, draft: Draft, notes: list[str]) -> Interpretation:
        return Finisher(draft, self.catalogue, self.now, notes).finish()

    def _within(self, draft: Draft, notes: list[str]) -> Interpretation:
        """候诊最长的科室的满意度: the ranking, and what is asked of those that it finds."""
        assert draft.inner is not None
        metric, dimension = draft.inner
        if draft.kind or draft.bound or draft.parts or draft.joined or draft.share:
            raise Unclear("metrics", "请先问是哪一个，再问它的情况")
        inner = draft.with_(
            inner=None, metrics=(metric,) if metric else None, dims=((dimension, WHICH),), aggregation=None, how_long=None,
            compare=None, trend=None, counted=None, weak=None, vague=None, every=None, which_more=None, adjective=None,
        )  # fmt: skip
        others = tuple(d for d in draft.dims or () if d[0] != dimension)
        outer = draft.with_(
            inner=None, rank=None, ranking=None, top=None, place=None, dims=((dimension, EACH), *others)
        )
        return self._finish(outer, notes).with_(within=self._finish(inner, []))

    def _stages(self, draft: Draft) -> Draft:
        """候诊、缴费、取药各环节: the stages are named, so 各环节 lists nothing more; all of them are the list itself."""
        stages = {stage.metric for stage in self.catalogue.stages.values()}
        named = set(draft.metrics or ())
        if not (
            draft.joined
            and len(named) > 1
            and named <= stages
            and any(d == "stage" for d, _ in draft.dims or ())
        ):
            return draft
        if named == stages:
            return draft.with_(metrics=(draft.metrics or ())[:1], joined=None)
        return draft.with_(dims=tuple(d for d in draft.dims or () if d[0] != "stage") or None)

    def _beside(self, draft: Draft, notes: list[str]) -> Interpretation:
        """Several metrics or aggregations side by side, each as if it were asked for alone."""
        draft = self._stages(draft)
        drafts = [draft]
        if draft.joined and len(draft.metrics or ()) > 1:
            if draft.kind not in (None, "subscription") or draft.moved or draft.change_rank:
                raise Unclear("metrics", "一次只能回答一个指标")
            if len(draft.ranges or ()) > 1 and not draft.compare and not draft.trend:
                raise Unclear("metrics", "几个指标、几段时间请分开问")
            if draft.compare in ("difference", "ask") and len(draft.ranges or ()) < 2:
                units = {self.catalogue.metrics[key].unit for key in draft.metrics or ()}
                if len(units) > 1 or len(draft.metrics or ()) != 2 or draft.dims:
                    raise Unclear("metrics", "这两个指标单位不同，不能相减")
                draft = draft.with_(compare=None)  # 门诊量和挂号量差多少: from each other
            drafts = [self._alone(draft, key) for key in draft.metrics or ()]
        if draft.aggregations and not draft.kind:
            drafts = [one.with_(aggregation=name) for one in drafts for name in draft.aggregations]
        if draft.ranks and not draft.kind:
            compare = None if draft.compare == "difference" else draft.compare  # …差多少: the two of them
            drafts = [
                one.with_(rank=rank, ranks=None, compare=compare) for one in drafts for rank in draft.ranks
            ]
        found = [self._finish(one, notes) for one in drafts[:MOST]]
        if len(drafts) > MOST:
            raise Unclear("metrics", f"一次最多问 {MOST} 个数")
        return found[0].with_(also=tuple(found[1:]))

    def _alone(self, draft: Draft, key: str) -> Draft:
        """One of several metrics; 日均 and 平均 are said of those of them that can have it."""
        metric = self.catalogue.metrics[key]
        means = {self.catalogue.metrics[k].is_mean for k in draft.metrics or ()}
        unfit = {"daily": metric.is_mean, "mean": not metric.is_mean}.get(draft.aggregation or "", False)
        return draft.with_(
            metrics=(key,), joined=None, aggregation=None if unfit and len(means) > 1 else draft.aggregation
        )
