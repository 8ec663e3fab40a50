"""The picture follows the data, and can be drawn."""

from datetime import datetime

import pytest

from insight import pictures
from insight.answer import charts
from insight.catalogue import Catalogue
from insight.compile.permissions import parse_viewer
from insight.engine import Insight
from insight.interpretation import SHANGHAI, Interpretation, TimeRange
from insight.pictures import NoFont

TIME = TimeRange(datetime(2026, 11, 9, tzinfo=SHANGHAI), datetime(2026, 11, 16, tzinfo=SHANGHAI))


@pytest.mark.parametrize(
    ("question", "kind", "series"),
    [
        ("上周候诊最长的三个科室", "bar", 1), ("上个月每天门诊量", "line", 1), ("上个月各渠道挂号量占比", "bar", 3), ("上个月候诊时间分布", "bar", 1),
        ("上个月各科室满意度环比", "bar", 2), ("上个月各渠道挂号量占比画成饼图", "pie", 1), ("上周各科室各院区门诊量", "bar", 2), ("上周门诊量环比", "bar", 1),
    ],
)  # fmt: skip
def test_the_form_follows_the_data_and_is_drawn(
    question: str, kind: str, series: int, insight: Insight, now: datetime
) -> None:
    chart = insight.ask(question, parse_viewer("director"), now)["chart"]
    assert {s["type"] for s in chart["series"]} == {kind} and len(chart["series"]) == series
    assert chart["title"]["text"] and chart["aria"]["decal"]["show"]
    assert pictures.png(chart).startswith(b"\x89PNG")


def test_one_number_has_no_picture(insight: Insight, now: datetime) -> None:
    assert insight.ask("昨天门诊量", parse_viewer("director"), now)["chart"] is None


def test_a_machine_without_chinese_font_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "FONTS", ("No Such Font",))
    pictures.font.cache_clear()
    with pytest.raises(NoFont) as problem:
        pictures.font()
    assert "字体" in problem.value.message
    pictures.font.cache_clear()


def test_more_parts_than_colours_are_bars_of_their_shares(catalogue: Catalogue) -> None:
    rows = [{"department": f"科{n}", "value": n + 1, "n": n + 1, "share": (n + 1) / 78} for n in range(12)]
    i = Interpretation(metric="revenue", group_by=("department",), share=True, time=TIME)
    made = charts.option(i, rows, "yuan", catalogue)
    assert made is not None
    (series,) = made["series"]
    assert series["data"] == sorted(series["data"], reverse=True) and "stack" not in series
    assert made["title"]["text"] == "门诊收入占比（%）"


def test_a_distribution_tells_its_unit_and_number(catalogue: Catalogue) -> None:
    rows = [
        {"from": 0, "to": 5, "value": 40, "share": 0.4},
        {"from": 5, "to": None, "value": 60, "share": 0.6},
    ]
    i = Interpretation(kind="distribution", metric="wait_minutes", time=TIME)
    made = charts.option(i, rows, "visits", catalogue)
    assert made is not None
    assert made["xAxis"]["name"] == "分钟" and "n=100" in made["title"]["subtext"]
