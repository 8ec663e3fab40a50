"""Answers that are no numbers: what can be asked, how a metric is computed, subscriptions and alerts."""

from typing import TYPE_CHECKING, Any

from insight.answer.outcomes import Reply
from insight.answer.sentence import definition
from insight.interpretation import Interpretation
from insight.subscriptions import ALERT_MINUTES, in_words
from insight.understand.engine import Understanding

if TYPE_CHECKING:
    from insight.engine import Insight


def answer(insight: "Insight", reply: Reply, i: Interpretation) -> dict[str, Any]:
    """For kinds suggestions, definition, list_subscriptions and unsubscribe."""
    if i.kind == "suggestions":
        return _suggestions(insight, reply, i)
    if i.kind == "definition":
        return _definition(reply, i)
    owner = reply.viewer.subject or reply.viewer.describe()
    if i.kind == "unsubscribe":
        count = insight.subscriptions.cancel(owner)
        return reply.base("answered", f"已取消 {count} 个订阅和提醒。" if count else "您没有订阅或提醒。", i)
    kept = insight.subscriptions.of(owner)
    lines = [f"{item['when']}：{' → '.join(item['questions'])}" for item in kept]
    out = reply.base(
        "answered", f"您有 {len(kept)} 个订阅：{'；'.join(lines)}。" if kept else "您还没有订阅。", i
    )
    out["subscriptions"] = kept
    return out


def _suggestions(insight: "Insight", reply: Reply, i: Interpretation) -> dict[str, Any]:
    questions = insight.suggestions(reply.viewer, reply.now)
    names = [reply.catalogue.metrics[key].name for key in insight.allowed(reply.viewer)]
    dims = [d.name for d in reply.catalogue.dimensions.values()]
    out = reply.base(
        "answered",
        f"可以问这些指标：{'、'.join(names)}；可按{'、'.join(dims)}来看。比如：{'；'.join(questions[:6])}。",
        i,
    )
    out["suggestions"] = questions
    return out


def _definition(reply: Reply, i: Interpretation) -> dict[str, Any]:
    metric = reply.catalogue.metrics.get(i.metric or "")
    if metric is None:
        out = reply.base("clarify", "想了解哪个指标的口径？")
        out["options"] = [
            f"{reply.catalogue.metrics[k].name}怎么算"
            for k in ("wait_minutes", "visits", "no_show_rate")
            if k in reply.catalogue.metrics
        ]
        return out
    text = definition(i, metric, reply.catalogue)
    out = reply.base("answered", text + "。", i)
    out["definition"], out["unit"] = text, metric.unit
    return out


def subscribe(
    insight: "Insight", reply: Reply, i: Interpretation, understood: Understanding, earlier: list[str]
) -> dict[str, Any]:
    """Stores what is to be sent; a follow-up subscribes to the conversation that led to it."""
    if i.kind == "alert":
        questions, schedule = [understood.content], {"freq": "every", "minutes": ALERT_MINUTES}
        questions = [_condition(i, reply)]
    else:
        draft = understood.draft
        schedule = (draft.schedule if draft else None) or {"freq": "daily"}
        questions = [*earlier, understood.content] if understood.followed else [understood.content]
        questions = [q for q in questions if q]
    kept = insight.subscriptions.add(reply.viewer, i.kind, questions, schedule, reply.now)
    what = "，".join(questions)
    text = f"好的，{in_words(schedule)}，{'一旦' + what + '就提醒您' if i.kind == 'alert' else '把「' + what + '」发给您'}。"
    out = reply.base("answered", text, i)
    out["subscription"] = kept
    metric = reply.catalogue.metrics.get(i.metric or "")
    if metric:
        out["unit"], out["definition"] = metric.unit, definition(i, metric, reply.catalogue)
    return out


def _condition(i: Interpretation, reply: Reply) -> str:
    """An alert as a question about today whose rows are what lies beyond the limit."""
    catalogue = reply.catalogue
    metric = catalogue.metrics[i.metric or ""]
    limit = i.having
    assert limit is not None
    where = "".join(
        str(v)
        for name, values in i.filters.items()
        for v in values
        if name not in ("day", "first_visit", "hour", "weekday")
    )
    dims = "、".join(catalogue.dimensions[d].name for d in i.group_by) or "院区"
    word = {">": "超过", ">=": "不低于", "<": "低于", "<=": "不超过"}[limit.op]
    value = (
        f"{limit.value * 100:g}%"
        if metric.unit == "rate"
        else f"{limit.value:g}{'分钟' if metric.unit == 'minutes' else ''}"
    )
    return f"今天{where}{metric.name}{word}{value}的{dims}"
