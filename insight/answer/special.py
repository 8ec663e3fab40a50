"""Answers that are no numbers: what can be asked, how a metric is computed, subscriptions and alerts."""

import re
from typing import TYPE_CHECKING, Any

from chinese.numbers import parse_number
from common.errors import SettingsError
from insight import downloads
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
    kept = insight.subscriptions.of(owner)
    if i.kind == "unsubscribe":
        return _unsubscribe(insight, reply, i, owner, kept)
    text = f"您有 {len(kept)} 个订阅和提醒：{_numbered(kept)}。" if kept else "您还没有订阅。"
    out = reply.base("answered", text, i)
    out["subscriptions"] = kept
    out["suggestions"] = _ways_out(kept)
    return out


_WHICH = re.compile(r"第?(?P<n>\d{1,2}|[一二三四五六七八九十]{1,3})[个条项号]?")
_ALL = re.compile("全部|所有|全都|都取消|都退|统统")


def _numbered(kept: list[dict[str, Any]]) -> str:
    return "；".join(
        f"{n}. {item['when']}：{' → '.join(item['questions'])}" for n, item in enumerate(kept, 1)
    )


def _ways_out(kept: list[dict[str, Any]]) -> list[str]:
    several = [f"取消第{n}个订阅" for n in range(1, min(len(kept), 3) + 1)]
    return [*several, "取消全部订阅"] if len(kept) > 1 else ["取消订阅"] if kept else []


def _unsubscribe(
    insight: "Insight", reply: Reply, i: Interpretation, owner: str, kept: list[dict[str, Any]]
) -> dict[str, Any]:
    """Cancels the one named by its number or its metric, all where all are meant, else the only one; asks which."""
    if not kept:
        return reply.base("answered", "您没有订阅或提醒。", i)
    number = _WHICH.search(reply.question)
    chosen = kept if len(kept) == 1 or _ALL.search(reply.question) else []
    if number and not _ALL.search(reply.question):
        parsed = parse_number(number["n"])
        place = int(parsed.value) if parsed else 0
        if not 1 <= place <= len(kept):
            out = reply.base("answered", f"没有第 {number['n']} 个。您的订阅：{_numbered(kept)}。", i)
            out["subscriptions"], out["suggestions"] = kept, _ways_out(kept)
            return out
        chosen = [kept[place - 1]]
    elif i.metric and not chosen:
        chosen = [item for item in kept if _about(insight, reply, item, i.metric)]
    for item in chosen:
        insight.subscriptions.cancel(owner, item["id"])
    left = insight.subscriptions.of(owner)
    text = f"已取消 {len(chosen)} 个订阅和提醒：{_numbered(chosen)}。" if chosen else "请说要取消哪一个。"
    text += f"您还有：{_numbered(left)}。" if left else ""
    out = reply.base("answered", text, i)
    out["subscriptions"], out["suggestions"] = left, _ways_out(left)
    return out


def _about(insight: "Insight", reply: Reply, item: dict[str, Any], metric: str) -> bool:
    """Whether a subscription's questions ask for a metric."""
    machine = insight.understander()
    found = [machine.understand(q, reply.now).interpretation for q in item["questions"]]
    return any(i is not None and i.metric == metric for i in found)


def exported(reply: Reply, answer: dict[str, Any], questions: list[str]) -> dict[str, Any]:
    """The answer with a link to its table as a file."""
    if answer["status"] != "answered" or not answer["rows"]:
        return answer
    try:
        link = downloads.link(reply.viewer, questions, reply.now)
    except SettingsError:
        # A store by itself, on the command line: there is no system that could serve a link.
        return answer | {"export": {"csv": downloads.sheet(answer).decode("utf-8-sig")}}
    if link is None:
        return answer | {
            "answer": answer["answer"] + "（这段对话太长，导不出来，请用一句话完整地问一遍再导出。）"
        }
    return answer | {"answer": "表格已备好，下载链接十分钟内有效。" + answer["answer"], "export": link}


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
        schedule: dict[str, Any] = {"freq": "every", "minutes": ALERT_MINUTES}
        questions = [_condition(i, reply)]
        if reply.catalogue.metrics[i.metric or ""].realtime and i.having:
            schedule["limit"] = {"op": i.having.op, "value": i.having.value}
    else:
        draft = understood.draft
        schedule = (draft.schedule if draft else None) or {"freq": "daily"}
        questions = [*earlier, understood.content] if understood.followed else [understood.content]
        questions = [q for q in questions if q]
    kept = insight.subscriptions.add(reply.viewer, i.kind, questions, schedule, reply.now)
    what = _occasion(i, reply) if i.kind == "alert" else "，".join(questions)
    text = f"好的，{in_words(schedule)}，{'一旦' + what + '就提醒您' if i.kind == 'alert' else '把「' + what + '」发给您'}。"
    out = reply.base("answered", text, i)
    out["subscription"] = kept
    metric = reply.catalogue.metrics.get(i.metric or "")
    if metric:
        out["unit"], out["definition"] = metric.unit, definition(i, metric, reply.catalogue)
    return out


def _occasion(i: Interpretation, reply: Reply) -> str:
    """When an alert speaks: 有院区今天的候诊时长超过40分钟."""
    where, named, limit, dims = _parts(i, reply)
    if reply.catalogue.metrics[i.metric or ""].realtime:
        return f"{where}{named}{limit}"
    return f"有{dims}今天{where}{named}{limit}"


def _condition(i: Interpretation, reply: Reply) -> str:
    """An alert as a question about today whose rows are what lies beyond the limit."""
    where, named, limit, dims = _parts(i, reply)
    if reply.catalogue.metrics[i.metric or ""].realtime:
        return f"现在{where}{named}"
    return f"今天{where}{named}{limit}的{dims}"


def _parts(i: Interpretation, reply: Reply) -> tuple[str, str, str, str]:
    """Whose, which metric, beyond what, and in what it is looked for."""
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
    return where, metric.name, word + value, dims
