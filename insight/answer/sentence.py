"""The one or two Chinese sentences of an answer: what, when, for whom, how much, and what must be known about it."""

from typing import Any

from insight.answer import units
from insight.answer.run import Result, Row
from insight.catalogue import Catalogue, Metric
from insight.interpretation import Interpretation

KINDS = {
    "why": "，变化的原因",
    "bottleneck": "，瓶颈环节",
    "anomaly": "，异常",
    "forecast": "，预测",
    "distribution": "，分布",
}
OPERATORS = {">": "超过", ">=": "不低于", "<": "低于", "<=": "不超过"}


def metric_name(i: Interpretation, metric: Metric) -> str:
    """平均候诊时长, 候诊时长的 P90, 日均门诊量."""
    if i.beyond:
        limits = "且".join(f"{OPERATORS[t.op]} {t.value:g}" for t in i.where)
        return f"{metric_of_threshold(i)}{limits} 分钟的就诊占比"
    if i.aggregation in ("mean", "daily"):
        return units.AGGREGATIONS[i.aggregation] + metric.name
    if i.aggregation in units.AGGREGATIONS:
        return metric.name + ("的" if i.aggregation == "median" else "") + units.AGGREGATIONS[i.aggregation]
    if i.aggregation:
        return f"{metric.name}的 {i.aggregation.upper()} 分位"
    return metric.name


def metric_of_threshold(i: Interpretation) -> str:
    from insight.catalogue import get

    return get().metrics[i.where[0].metric or ""].name if i.where else ""


def subject(i: Interpretation, metric: Metric, catalogue: Catalogue) -> str:
    """When, for whom and what: the head of every answer."""
    who = units.filters(i.filters, i.exclude, catalogue)
    conditions = "".join(
        f"{catalogue.metrics[t.metric or ''].name}{OPERATORS[t.op]} {t.value:g} {units.SUFFIX[catalogue.metrics[t.metric or ''].unit]}的"
        for t in i.where
        if not i.beyond
    )
    return f"{units.span(i.time)}，{who + '，' if who else ''}{conditions}{metric_name(i, metric)}"


def in_words(i: Interpretation, catalogue: Catalogue) -> str:
    """What a question was understood as, before it is answered."""
    metric = catalogue.metrics.get(i.metric or "")
    head = subject(i, metric, catalogue) if metric else units.span(i.time)
    dims = "、".join(catalogue.dimensions[name].name for name in i.group_by if name in catalogue.dimensions)
    return head + (f"，按{dims}" if dims else "") + KINDS.get(i.kind, "")


def unit_of(i: Interpretation, metric: Metric) -> str:
    return "rate" if i.beyond else metric.unit


def answer(i: Interpretation, result: Result, catalogue: Catalogue) -> str:
    """The sentence of a query's rows."""
    metric = catalogue.metrics[i.metric or ""]
    head, unit = subject(i, metric, catalogue), unit_of(i, metric)
    rows = result.rows
    if i.kind == "realtime":
        head = (
            f"此刻（{i.time.end:%H:%M}）{units.filters(i.filters, i.exclude, catalogue)}{metric.name}"
            if i.time and i.time.end
            else head
        )
    if i.parts and rows:
        text = _parts(head, rows, i, unit, catalogue)
    elif not rows and i.place and result.total:
        text = f"{head}：只有 {result.total} 个{_dims(i, catalogue)}可排，没有第 {i.place}。"
    elif not rows:
        text = f"{head}：没有符合条件的{_dims(i, catalogue)}。"
    elif not i.group_by:
        text = f"{head}为 {_value(rows[0], unit, i, metric)}。"
    elif i.standing:
        text = _standing(head, rows, i, unit, catalogue)
    elif i.place:
        names = "、".join(f"{_name(row, i, catalogue)} {_short(row, unit, i)}" for row in rows)
        text = f"{head}{'由高到低' if i.order == 'desc' else '由低到高'}第 {i.place} 的是{names}。"
    elif i.versus:
        text = _versus(head, rows, i, unit, catalogue)
    elif i.order is not None:
        text = _ranking(head, rows, i, unit, catalogue)
    else:
        text = _list(head, result, i, unit, catalogue)
    return text + notes(i, result, catalogue)


def _dims(i: Interpretation, catalogue: Catalogue) -> str:
    return "、".join(catalogue.dimensions[name].name for name in i.group_by) or "记录"


def _name(row: Row, i: Interpretation, catalogue: Catalogue) -> str:
    return " ".join(units.label(name, row[name], catalogue) for name in i.group_by)


def _value(row: Row, unit: str, i: Interpretation, metric: Metric) -> str:
    text = units.number(row["value"], unit)
    if not i.group_by and metric.is_mean:
        text += f"（{row['n']:,} 次就诊）"
    if "previous" in row:
        word = {"环比": "上一期", "同比": "去年同期"}.get(i.compare_kind or "", "对照期")
        if row["previous"] is None:
            text += f"，{word}没有数据"
        else:
            text += f"，{word}（{units.span(i.compare)}）为 {units.number(row['previous'], unit)}，{i.compare_kind or '相差'} {units.change(row['change'], unit)}"
            if row["change_rate"] is not None and unit != "rate":
                text += f"（{units.percent(row['change_rate'])}）"
    if "share" in row and row["share"] is not None:
        text += f"，占 {units.number(row['share'], 'rate')}"
    if row.get("share_change") is not None:
        text += f"，占比 {units.change(row['share_change'], 'rate')}"
    return text


def _short(row: Row, unit: str, i: Interpretation) -> str:
    text = units.number(row["value"], unit)
    if "share" in row and row["share"] is not None:
        text += f"（{units.number(row['share'], 'rate')}）"
    if i.order_by != "value":
        text += f"，变化 {units.change(row['change'], unit)}"
        if row.get("change_rate") is not None:
            text += f"（{units.percent(row['change_rate'])}）"
    return text


def _parts(head: str, rows: list[Row], i: Interpretation, unit: str, catalogue: Catalogue) -> str:
    """上午 1,200 人次（占 60.0%），下午 800 人次，下午比上午 -400 人次."""
    told = []
    for row in rows[:8]:
        name = " ".join([*([_name(row, i, catalogue)] if i.group_by else []), row["part"]])
        share = f"（占 {units.number(row['share'], 'rate')}）" if row.get("share") is not None else ""
        told.append(f"{name} {units.number(row['value'], unit)}{share}")
    text = "，".join(told)
    if len(rows) == 2 and not i.group_by and rows[1].get("change") is not None:
        text += f"，{rows[1]['part']}比{rows[0]['part']} {units.change(rows[1]['change'], unit)}"
    return f"{head}：{text}{'' if len(rows) <= 8 else f' 等 {len(rows)} 项'}。"


def _standing(head: str, rows: list[Row], i: Interpretation, unit: str, catalogue: Catalogue) -> str:
    assert i.standing is not None
    order = "由高到低" if i.order == "desc" else "由低到高"
    told = "；".join(
        f"{_name(row, i, catalogue)}排第 {row['rank']}（{order}，共 {row['of']} 个），为 {units.number(row['value'], unit)}"
        for row in rows
    )
    missing = [v for v in i.standing[1] if v not in [row[i.standing[0]] for row in rows]]
    told += f"；{'、'.join(map(str, missing))}没有参加排名" if missing else ""
    return f"{head}：{told}。"


def _ranking(head: str, rows: list[Row], i: Interpretation, unit: str, catalogue: Catalogue) -> str:
    word = (
        ("最高" if i.order == "desc" else "最低")
        if i.order_by == "value"
        else ("增加最多" if i.order == "desc" else "减少最多")
    )
    shown = "；".join(f"{_name(row, i, catalogue)} {_short(row, unit, i)}" for row in rows[:5])
    more = "" if len(rows) <= 5 else f" 等 {len(rows)} 个"
    if i.limit == 1 and len(rows) == 1:
        return f"{head}{word}的是{shown}。"
    if i.order_by != "value":
        found = f"{'增加' if i.order == 'desc' else '减少'}的有 {len(rows)} 个，" if i.limit is None else ""
        return f"{head}：{found}按{'增加' if i.order == 'desc' else '减少'}多少排列：{shown}{more}。"
    return f"{head}{'由高到低' if i.order == 'desc' else '由低到高'}：{shown}{more}。"


def _versus(head: str, rows: list[Row], i: Interpretation, unit: str, catalogue: Catalogue) -> str:
    text = "，".join(f"{_name(row, i, catalogue)} {units.number(row['value'], unit)}" for row in rows)
    if len(rows) == 2 and rows[1].get("change") is not None:
        first, second = (_name(row, i, catalogue) for row in rows)
        text += f"，{second}比{first} {units.change(rows[1]['change'], unit)}"
    missing = [v for v in i.filters.get(i.versus or "", ()) if v not in [row[i.versus or ""] for row in rows]]
    if missing:
        text += f"；{'、'.join(units.label(i.versus or '', v, catalogue) for v in missing)}没有数据"
    return f"{head}：{text}。"


def _list(head: str, result: Result, i: Interpretation, unit: str, catalogue: Catalogue) -> str:
    rows = [row for row in result.rows if row["value"] is not None]
    if not rows:
        return f"{head}：没有数据。"
    if len(rows) == 1:
        return f"{head}：{_name(rows[0], i, catalogue)} {_value(rows[0], unit, i, catalogue.metrics[i.metric or ''])}。"
    top = max(rows, key=lambda row: row["value"])
    low = min(rows, key=lambda row: row["value"])
    having = ""
    if i.moved:
        value = (
            units.percent(i.moved.value) if i.moved.by == "change_rate" else units.change(i.moved.value, unit)
        )
        having = f"变化{OPERATORS[i.moved.op]} {value} 的"
    elif i.further:
        having = "符合条件的"
    elif i.having:
        having = (
            f"{OPERATORS[i.having.op]}{'平均的' if i.having.average else ''} {units.number(i.having.value, unit)} 的"
            if not i.having.metric
            else "符合条件的"
        )
    return (
        f"{head}：{having}共 {len(rows)} 项，最高 {_name(top, i, catalogue)} {_short(top, unit, i)}，"
        f"最低 {_name(low, i, catalogue)} {_short(low, unit, i)}。"
    )


def notes(i: Interpretation, result: Result, catalogue: Catalogue) -> str:
    """What must be known about the number: defaults, running periods, ties, small groups."""
    out: list[str] = []
    if i.time and i.time.default and i.kind != "realtime":
        out.append(f"没有说时间，按近 {catalogue.default_days} 天计")
    if i.time and i.time.elapsed:
        out.append("本期尚未结束，只比较已过去的部分")
    if result.tied:
        out.append(f"有 {result.tied} 个并列，一并列出")
    if result.small:
        out.append(f"另有 {result.small} 个因就诊少于 {catalogue.small_group} 次未参加排名")
    out += [*i.notes, *result.notes]
    return "".join(f"（{text}。）" for text in dict.fromkeys(out))


def definition(i: Interpretation, metric: Metric, catalogue: Catalogue) -> str:
    """How the value is computed."""
    text = f"{metric.name}＝{metric.definition}"
    if (
        i.aggregation in units.AGGREGATIONS
        and i.aggregation != "mean"
        or i.aggregation
        and i.aggregation.startswith("p")
    ):
        text += f"，取{units.AGGREGATIONS.get(i.aggregation, i.aggregation.upper() + ' 分位（线性插值）')}"
    elif i.aggregation == "mean":
        text += "，取平均，两端时间都有的才计"
    column = "预约时间" if metric.time == "booked_at" else "就诊时间"
    if i.kind != "realtime":
        text += f"；按{column}落在所选时间内统计"
    for limit in i.where:
        target = catalogue.metrics[limit.metric or ""]
        text += f"；只计{target.name}{OPERATORS[limit.op]} {limit.value:g} {units.SUFFIX[target.unit]}的就诊"
    return text


def table(i: Interpretation, rows: list[Row], unit: str, catalogue: Catalogue) -> dict[str, Any]:
    """The rows prepared for showing: Chinese titles and formatted cells."""
    titles = {name: dimension.name for name, dimension in catalogue.dimensions.items()}
    titles |= {
        "value": catalogue.metrics[i.metric].name if i.metric else "数值", "n": "就诊数", "previous": "对照期", "change": "变化", "change_rate": "变化率",
        "share": "占比", "from": "从", "to": "到", "contribution": "贡献", "expected": "预期", "low": "下限", "high": "上限", "metric": "指标", "part": "其中", "since": "从", "previous_share": "对照期占比", "share_change": "占比变化", "rank": "名次", "of": "共", "element": "项目",
    }  # fmt: skip
    columns = list(dict.fromkeys(key for row in rows for key in row))
    return {
        "columns": [{"key": c, "title": titles.get(c, c)} for c in columns],
        "rows": [[_cell(c, row.get(c), unit, catalogue) for c in columns] for row in rows],
    }


def _cell(column: str, value: Any, unit: str, catalogue: Catalogue) -> str:
    if column in catalogue.dimensions:
        return units.label(column, value, catalogue)
    if value is None:
        return "–" if column != "to" else "以上"
    if column == "metric":
        return catalogue.metrics[value].name if value in catalogue.metrics else str(value)
    if column == "n":
        return f"{value:,}"
    if column == "share_change":
        return units.change(value, "rate")
    if column in ("share", "contribution", "previous_share"):
        return units.number(value, "rate")
    if column == "change_rate":
        return units.percent(value)
    if column == "change":
        return units.change(value, unit)
    if column in ("from", "to"):
        return f"{value:g}"
    if isinstance(value, int | float) and column in ("value", "previous", "expected", "low", "high"):
        return units.number(value, unit)
    return str(value)
