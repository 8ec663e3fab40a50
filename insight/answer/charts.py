"""Charts as ECharts options; the form follows from the data, or from what was asked for."""

from typing import Any

from insight.answer import units
from insight.catalogue import BUCKETS, Catalogue
from insight.interpretation import Interpretation

# Okabe and Ito's palette: told apart with colour blindness and in grey print.
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442", "#000000")
IN_ORDER = (*BUCKETS, "hour", "weekday", "age_band", "stage", "first_visit")
"""Dimensions whose values have an order of their own; a picture of others is sorted by the value."""
Row = dict[str, Any]


def form(i: Interpretation, rows: list[Row]) -> str:
    """bar, line, pie, stacked, paired, histogram or none."""
    if i.chart in ("bar", "line", "pie"):
        return i.chart
    if not rows or (len(rows) == 1 and "previous" not in rows[0]):
        return "none"
    if "from" in rows[0]:
        return "histogram"
    if i.kind == "forecast" or any(name in BUCKETS or name == "hour" for name in i.group_by) and not i.order:
        return "line"
    if i.share:
        # More parts than colours that can be told apart are bars of their shares.
        return "stacked" if len(rows) <= len(PALETTE) else "bar"
    if "previous" in rows[0] and not i.versus:
        return "paired"
    return "bar"


def option(i: Interpretation, rows: list[Row], unit: str, catalogue: Catalogue) -> dict[str, Any] | None:
    """The ECharts option, with unit and number of visits on the picture; None where a picture says nothing."""
    shape = form(i, rows)
    if shape == "none":
        return None
    if "from" in rows[0]:
        labels = [
            f"{r['from']:g}{'–' + format(r['to'], 'g') if r['to'] not in (None, r['from']) else '' if r['to'] is not None else '以上'}"
            for r in rows
        ]
        series = [_bars("就诊数", [r["value"] for r in rows], {"barCategoryGap": "4%"})]
        return _frame(i, rows, labels, series, unit, catalogue, shape)
    if (
        shape == "bar"
        and len(i.group_by) == 1
        and not i.order
        and not i.versus
        and i.group_by[0] not in IN_ORDER
    ):
        rows = sorted(rows, key=lambda r: r["value"] or 0, reverse=True)
    labels, series = _series(i, rows, unit, catalogue, shape)
    return _frame(i, rows, labels, series, unit, catalogue, shape)


def _scaled(value: Any, unit: str) -> Any:
    if value is None:
        return None
    return round(value * 100, 2) if unit == "rate" else round(value, 2)


def _bars(name: str, data: list[Any], extra: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"name": name, "type": "bar", "data": data, **(extra or {})}


def _axis(i: Interpretation, rows: list[Row]) -> list[str]:
    names = [k for k in rows[0] if k in ("date", "hour", "week", "month", "quarter", "year", "weekday")]
    return (
        [n for n in names if n not in i.group_by] + list(i.group_by)
        if i.kind == "forecast"
        else list(i.group_by)
    )


def _series(
    i: Interpretation, rows: list[Row], unit: str, catalogue: Catalogue, shape: str
) -> tuple[list[str], list[dict[str, Any]]]:
    dims = [d for d in _axis(i, rows) if d in rows[0]]
    name = catalogue.metrics[i.metric].name if i.metric else "数值"
    if not dims:
        labels = [{"环比": "上一期", "同比": "去年同期"}.get(i.compare_kind or "", "对照期"), "本期"]
        return labels, [
            _bars(name, [_scaled(rows[0].get("previous"), unit), _scaled(rows[0]["value"], unit)])
        ]
    if len(dims) == 2:
        first = next((d for d in dims if d in BUCKETS or d in ("hour", "weekday")), dims[0])
        second = next(d for d in dims if d != first)
        axis = list(dict.fromkeys(r[first] for r in rows))
        groups = list(dict.fromkeys(r[second] for r in rows))
        cells = {(r[first], r[second]): r["value"] for r in rows}
        kind = "line" if shape == "line" else "bar"
        return [units.label(first, a, catalogue) for a in axis], [
            {
                "name": units.label(second, g, catalogue),
                "type": kind,
                "data": [_scaled(cells.get((a, g)), unit) for a in axis],
            }
            for g in groups[:12]
        ]
    labels = [units.label(dims[0], r[dims[0]], catalogue) if dims[0] in r else "全部" for r in rows]
    values = [_scaled(r["value"], unit) for r in rows]
    if i.share and shape == "bar":
        values = [_scaled(r.get("share"), "rate") for r in rows]
    if shape == "pie":
        return labels, [
            {
                "name": name,
                "type": "pie",
                "radius": "65%",
                "data": [{"name": label, "value": v} for label, v in zip(labels, values, strict=True)],
            }
        ]
    if shape == "stacked":
        return [name], [
            {"name": label, "type": "bar", "stack": "total", "data": [round((r["share"] or 0) * 100, 2)]}
            for label, r in zip(labels, rows, strict=True)
        ]
    if shape == "paired":
        word = {"环比": "上一期", "同比": "去年同期"}.get(i.compare_kind or "", "对照期")
        return labels, [_bars(word, [_scaled(r["previous"], unit) for r in rows]), _bars("本期", values)]
    if shape == "line":
        return labels, [{"name": name, "type": "line", "data": values, "showSymbol": len(values) <= 31}]
    return labels, [_bars(name, values)]


def _frame(
    i: Interpretation,
    rows: list[Row],
    labels: list[str],
    series: list[dict[str, Any]],
    unit: str,
    catalogue: Catalogue,
    shape: str,
) -> dict[str, Any]:
    name = catalogue.metrics[i.metric].name if i.metric else ""
    part = shape == "stacked" or i.share and shape == "bar"
    suffix = "%" if unit == "rate" or part else units.SUFFIX.get(unit, "")
    if part:
        name += "占比"
    n = sum((r["value"] if shape == "histogram" else r.get("n")) or 0 for r in rows)
    out: dict[str, Any] = {
        "title": {
            "text": f"{name}（{suffix}）" if suffix else name,
            "subtext": f"{units.span(i.time)}" + (f"，n={n:,}" if n else ""),
        },
        "color": list(PALETTE),
        "tooltip": {"trigger": "item" if shape == "pie" else "axis"},
        "aria": {"enabled": True, "decal": {"show": True}},
        "series": series,
    }
    if len(series) > 1 or shape == "pie":
        out["legend"] = {"bottom": 0}
    if shape == "pie":
        return out
    category: dict[str, Any] = {"type": "category", "data": labels}
    if shape == "histogram" and i.metric:
        category["name"] = units.SUFFIX.get(catalogue.metrics[i.metric].unit, "")
    value = {"type": "value", "name": suffix}
    sideways = shape == "bar" and len(labels) > 6 and len(series) == 1 or shape == "stacked"
    if sideways and shape == "bar":
        category["inverse"] = True
    out["xAxis"], out["yAxis"] = (value, category) if sideways else (category, value)
    out["grid"] = {"containLabel": True, "left": 10, "right": 30, "bottom": 40}
    return out
