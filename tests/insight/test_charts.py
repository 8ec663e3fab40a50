"""The picture follows the data, and can be drawn."""

from datetime import datetime

import pytest

from insight import pictures
from insight.compile.permissions import parse_viewer
from insight.engine import Insight
from insight.pictures import NoFont


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
