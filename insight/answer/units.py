"""How values are written for people: units, dates, dimension values."""

from datetime import date, datetime, timedelta
from typing import Any

from chinese import calendar
from insight.catalogue import Catalogue
from insight.interpretation import TimeRange

SUFFIX = {
    "minutes": "分钟", "yuan": "元", "visits": "人次", "patients": "人", "doctors": "人", "complaints": "件", "score": "分", "rate": "",
}  # fmt: skip
WEEKDAYS = "一二三四五六日"
AGGREGATIONS = {
    "mean": "平均", "median": "中位数", "max": "单次最长", "min": "单次最短", "daily": "日均",
}  # fmt: skip


def number(value: Any, unit: str) -> str:
    """43.2 → 43.2 分钟, 0.046 → 4.6%; None → 无数据."""
    if value is None:
        return "无数据"
    if unit == "rate":
        return f"{value * 100:.2f}%" if abs(value) < 0.1 else f"{value * 100:.1f}%"
    if unit == "minutes":
        return f"{value:.1f} 分钟"
    if unit == "score":
        return f"{value:.2f} 分"
    if unit == "yuan":
        return f"{value:,.2f} 元" if abs(value) < 100_000 else f"{value / 10_000:,.2f} 万元"
    whole = abs(value - round(value)) < 1e-9
    return f"{round(value):,} {SUFFIX[unit]}" if whole else f"{value:,.1f} {SUFFIX[unit]}"


def percent(rate: float | None) -> str:
    return "" if rate is None else f"{rate * 100:+.1f}%"


def change(value: float | None, unit: str) -> str:
    if value is None:
        return "无法比较"
    if unit == "rate":
        return f"{value * 100:+.2f} 个百分点"
    text = number(abs(value), unit)
    return ("+" if value > 0 else "-" if value < 0 else "") + text


def day(moment: datetime | date) -> str:
    return f"{moment.year}年{moment.month}月{moment.day}日"


def span(time: TimeRange | None) -> str:
    """2026年11月9日至15日; with hours where the range has them."""
    if time is None:
        return "全部时间"
    if time.start is None or time.end is None:
        return f"{day(time.start)}起" if time.start else f"{day(time.end)}之前" if time.end else "全部时间"
    start, end = time.start, time.end
    if (start.hour, start.minute, end.hour, end.minute) != (0, 0, 0, 0):
        if start.date() == end.date():
            return f"{day(start)} {start:%H:%M}–{end:%H:%M}"
        return f"{day(start)}{f' {start:%H:%M}' if start.hour else ''}至{day(end)} {end:%H:%M}"
    last = end - timedelta(days=1)
    if last.date() == start.date():
        return f"{day(start)}（周{WEEKDAYS[start.weekday()]}）"
    if calendar.unit_of(start, end) == "month":
        return f"{start.year}年{start.month}月"
    if calendar.unit_of(start, end) == "year":
        return f"{start.year}年"
    tail = (
        f"{last.day}日"
        if (last.year, last.month) == (start.year, start.month)
        else f"{last.month}月{last.day}日"
        if last.year == start.year
        else day(last)
    )
    return f"{day(start)}至{tail}"


def label(dimension: str, value: Any, catalogue: Catalogue) -> str:
    """A dimension's value as people read it."""
    if value is None or value == "":
        return "未记录"
    if dimension == "first_visit":
        return "初诊" if value else "复诊"
    if dimension == "hour":
        return f"{value}点"
    if dimension == "weekday":
        return f"周{WEEKDAYS[int(value) - 1]}"
    if dimension == "stage":
        return catalogue.stage_name(value) if value in catalogue.stages else str(value)
    if dimension == "date":
        moment = date.fromisoformat(str(value))
        return f"{moment.month}月{moment.day}日"
    if dimension == "week":
        moment = date.fromisoformat(str(value))
        return f"{moment.month}月{moment.day}日起一周"
    if dimension == "month":
        moment = date.fromisoformat(str(value))
        return f"{moment.year}年{moment.month}月"
    if dimension == "quarter":
        moment = date.fromisoformat(str(value))
        return f"{moment.year}年第{(moment.month + 2) // 3}季度"
    if dimension == "year":
        return f"{str(value)[:4]}年"
    return str(value)


def filters(included: dict[str, Any], excluded: dict[str, Any], catalogue: Catalogue) -> str:
    """骨科、周六 / 不含儿科, for the sentence."""
    parts = [_filter(name, values, catalogue) for name, values in included.items()]
    parts += ["不含" + _filter(name, values, catalogue) for name, values in excluded.items()]
    return "，".join(p for p in parts if p)


def _filter(name: str, values: Any, catalogue: Catalogue) -> str:
    wanted = list(values)
    if name == "hour":
        runs, start = [], wanted[0]
        for one, two in zip(wanted, [*wanted[1:], None], strict=True):
            if two != one + 1:
                runs.append(f"{start}:00–{one + 1}:00")
                start = two
        return "、".join(runs)
    if name == "day":
        return f"其中 {len(wanted)} 天"
    return "、".join(label(name, value, catalogue) for value in wanted)
