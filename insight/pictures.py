"""An ECharts option drawn as a PNG with matplotlib, for messages and reports."""

import io
from functools import lru_cache
from typing import Any

from insight.answer.charts import PALETTE
from insight.errors import InsightError

FONTS = (
    "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", "SimHei", "PingFang SC",
)  # fmt: skip
HATCHES = ("", "//", "..", "xx", "\\\\", "++", "oo", "--")


class NoFont(InsightError):
    code = "no_font"
    message = "本机没有中文字体，画不出图。请安装 fonts-wqy-microhei（Debian）或其他中文字体。"


@lru_cache
def font() -> str:
    """The name of an installed font with Chinese characters. Raises NoFont."""
    from matplotlib import font_manager

    known = {entry.name for entry in font_manager.fontManager.ttflist}
    for name in FONTS:
        if name in known:
            return name
    raise NoFont(detail="no CJK font among " + ", ".join(FONTS))


def png(option: dict[str, Any], width: float = 8, height: float = 4.5) -> bytes:
    """The picture's bytes; unit in the title and number of visits below it. Raises NoFont."""
    from matplotlib.figure import Figure

    family = font()
    sideways = (option.get("yAxis") or {}).get("type") == "category"
    if sideways and len(option["yAxis"]["data"]) > 1:
        height = max(height, 1.2 + 0.3 * len(option["yAxis"]["data"]))
    figure = Figure(figsize=(width, height), dpi=150, layout="constrained")
    axes = figure.add_subplot()
    title, series = option["title"], option["series"]
    axes.set_title(f"{title['text']}\n{title.get('subtext', '')}", family=family, fontsize=12)
    if series[0]["type"] == "pie":
        _pie(axes, series[0], family)
    else:
        _axes(axes, option, family)
    out = io.BytesIO()
    figure.savefig(out, format="png")
    return out.getvalue()


def _pie(axes: Any, series: dict[str, Any], family: str) -> None:
    sizes = [part["value"] or 0 for part in series["data"]]
    whole = sum(sizes) or 1
    labels = [f"{part['name']} {size / whole:.1%}" for part, size in zip(series["data"], sizes, strict=True)]
    wedges, *_ = axes.pie(
        sizes, labels=labels, colors=PALETTE, textprops={"family": family}, wedgeprops={"edgecolor": "white"}
    )
    for number, wedge in enumerate(wedges):
        wedge.set_hatch(HATCHES[number % len(HATCHES)])


def _axes(axes: Any, option: dict[str, Any], family: str) -> None:
    sideways = option["yAxis"]["type"] == "category"
    labels = (option["yAxis"] if sideways else option["xAxis"])["data"]
    unit = (option["xAxis"] if sideways else option["yAxis"]).get("name", "")
    bars = [s for s in option["series"] if s["type"] == "bar" and not s.get("stack")]
    base = [0.0] * len(labels)
    for number, series in enumerate(option["series"]):
        values = [float("nan") if v is None else v for v in series["data"]]
        color, hatch = PALETTE[number % len(PALETTE)], HATCHES[number % len(HATCHES)]
        if series["type"] == "line":
            axes.plot(
                range(len(labels)),
                values,
                color=color,
                label=series["name"],
                marker="o" if len(labels) < 40 else "",
            )
        elif series.get("stack"):
            _bar(axes, sideways, range(len(labels)), values, 0.6, color, hatch, series["name"], base)
            base = [a + (0 if b != b else b) for a, b in zip(base, values, strict=True)]
        else:
            size = 0.8 / len(bars)
            places = [x - 0.4 + size * (bars.index(series) + 0.5) for x in range(len(labels))]
            _bar(axes, sideways, places, values, size, color, hatch, series["name"], None)
    step = max(1, len(labels) // 16) if not sideways else 1
    ticks = list(range(0, len(labels), step))
    shown = [labels[t] for t in ticks]
    if sideways:
        axes.set_yticks(ticks, shown, family=family)
        axes.set_xlabel(unit, family=family)
        if option["yAxis"].get("inverse"):
            axes.invert_yaxis()
    else:
        axes.set_xticks(
            ticks,
            shown,
            family=family,
            rotation=45 if len(shown) > 8 else 0,
            ha="right" if len(shown) > 8 else "center",
        )
        axes.set_ylabel(unit, family=family)
    from matplotlib.ticker import FuncFormatter

    (axes.xaxis if sideways else axes.yaxis).set_major_formatter(FuncFormatter(_tick))
    axes.tick_params(labelfontfamily=family)
    axes.margins(**({"x": 0.1} if sideways else {"y": 0.1}))
    category = option["yAxis"] if sideways else option["xAxis"]
    if category.get("name"):
        (axes.set_ylabel if sideways else axes.set_xlabel)(category["name"], family=family)
    if len(bars) == 1 and len(option["series"]) == 1 and len(labels) <= 40:
        axes.bar_label(axes.containers[0], fmt=_tick, padding=2, fontsize=8, family=family)
    if len(option["series"]) > 1:
        # Below the picture: inside it would hide what it explains.
        axes.figure.legend(
            loc="outside lower center",
            ncols=min(5, len(option["series"])),
            prop={"family": family, "size": 8},
        )
    axes.grid(axis="x" if sideways else "y", alpha=0.3)


def _tick(value: float, _: object = None) -> str:
    """40万 rather than 400000; no more digits than are read."""
    if abs(value) >= 100_000:
        return f"{value / 10_000:,.4g}万"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _bar(
    axes: Any,
    sideways: bool,
    places: Any,
    values: list[float],
    size: float,
    color: str,
    hatch: str,
    label: str,
    base: list[float] | None,
) -> None:
    kind = {"color": color, "hatch": hatch, "label": label, "edgecolor": "white"}
    if sideways:
        axes.barh(places, values, height=size, left=base, **kind)
    else:
        axes.bar(places, values, width=size, bottom=base, **kind)
