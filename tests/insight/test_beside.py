"""Questions that ask for several things at once, for a place in a ranking, or for groups within limits.

The truth is a plain loop over the records.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from insight.compile.permissions import parse_viewer
from insight.engine import Insight

from . import hospital

WEEK = (datetime(2026, 11, 9), datetime(2026, 11, 16))
OCTOBER = (datetime(2026, 10, 1), datetime(2026, 11, 1))
SEPTEMBER = (datetime(2026, 9, 1), datetime(2026, 10, 1))

Rows = list[dict[str, Any]]
Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def ask(insight: Insight, now: datetime) -> Ask:
    def one(question: str, role: str = "director", session: str | None = None) -> dict[str, Any]:
        return insight.ask(question, parse_viewer(role), now, session)

    return one


def within(records: Rows, time: tuple[datetime, datetime]) -> Rows:
    return [r for r in records if time[0] <= r["appointment_start"] < time[1]]


def truth(metric: str, rows: Rows) -> float:
    value = hospital.truth(metric, rows)[0]
    assert value is not None
    return float(value)


def by_department(metric: str, rows: Rows) -> dict[str, float]:
    groups: dict[str, Rows] = {}
    for row in rows:
        groups.setdefault(row["department"], []).append(row)
    return {name: truth(metric, members) for name, members in groups.items()}


def ranked(values: dict[str, float]) -> list[str]:
    return sorted(values, key=lambda name: -values[name])


def test_two_metrics_are_two_numbers_with_their_units(ask: Ask, records: Rows) -> None:
    got = ask("上周挂号量和收入各多少")
    week = within(records, WEEK)
    assert [(row["metric"], row["unit"]) for row in got["rows"]] == [
        ("registrations", "visits"),
        ("revenue", "yuan"),
    ]
    assert [row["value"] for row in got["rows"]] == [
        truth("registrations", week),
        pytest.approx(truth("revenue", week)),
    ]
    assert "挂号量" in got["answer"] and "门诊收入" in got["answer"]
    assert "挂号量＝" in got["definition"] and "门诊收入＝" in got["definition"]


def test_two_metrics_by_department_are_one_table(ask: Ask, records: Rows) -> None:
    got = ask("上周各科室门诊量和满意度")
    want = by_department("visits", within(records, WEEK))
    assert {r["department"]: r["value"] for r in got["rows"] if r["metric"] == "visits"} == want
    assert [c["title"] for c in got["table"]["columns"]] == ["科室", "门诊量", "满意度"]
    assert len(got["table"]["rows"]) == len(want)


def test_several_aggregations_of_one_metric(ask: Ask) -> None:
    rows = ask("上周候诊平均值、中位数和P90")["rows"]
    assert [row["aggregation"] for row in rows] == ["mean", "median", "p90"]
    assert rows[1]["value"] < rows[2]["value"]


def test_morning_and_afternoon_each_by_itself(ask: Ask, records: Rows) -> None:
    got = ask("上周上午和下午的门诊量")
    week = within(records, WEEK)
    halves = [
        [r for r in week if r["appointment_start"].hour < 12],
        [r for r in week if r["appointment_start"].hour >= 12],
    ]
    want = [truth("visits", half) for half in halves]
    assert [(row["part"], row["value"]) for row in got["rows"]] == list(
        zip(["上午", "下午"], want, strict=True)
    )
    assert got["rows"][1]["change"] == want[1] - want[0]


def test_working_days_against_weekend(ask: Ask, records: Rows) -> None:
    rows = ask("上周工作日和周末哪个门诊量多")["rows"]
    week = within(records, WEEK)
    free = truth("visits", [r for r in week if r["appointment_start"].weekday() >= 5])
    assert [row["value"] for row in rows] == [truth("visits", week) - free, free]


@pytest.mark.parametrize("question", ["上周上午占全天门诊量的比例", "上周上午门诊量占比"])
def test_a_stretch_of_the_day_as_a_share_of_all(question: str, ask: Ask, records: Rows) -> None:
    (row,) = ask(question)["rows"]
    week = within(records, WEEK)
    morning = truth("visits", [r for r in week if r["appointment_start"].hour < 12])
    assert row["value"] == morning
    assert row["share"] == pytest.approx(morning / truth("visits", week))


def test_a_place_in_the_ranking(ask: Ask, records: Rows) -> None:
    order = ranked(by_department("visits", within(records, WEEK)))
    assert ask("上周门诊量第二的科室")["rows"][0]["department"] == order[1]
    assert ask("上周门诊量倒数第二的科室")["rows"][0]["department"] == order[-2]
    beyond = ask("上周门诊量第九名的科室")
    assert beyond["status"] == "answered" and beyond["rows"] == [] and "没有第 9" in beyond["answer"]


def test_where_a_department_stands(ask: Ask, records: Rows) -> None:
    order = ranked(by_department("visits", within(records, WEEK)))
    (row,) = ask("内科上周门诊量排第几")["rows"]
    assert (row["department"], row["rank"], row["of"]) == ("内科", order.index("内科") + 1, len(order))


def test_the_groups_of_a_ranking_looked_at(ask: Ask, records: Rows) -> None:
    week = within(records, WEEK)
    order = ranked(by_department("visits", week))
    got = ask("上周门诊量最大的两个科室的满意度")
    want = by_department("satisfaction", week)
    assert {r["department"]: r["value"] for r in got["rows"]} == pytest.approx(
        {name: want[name] for name in order[:2]}
    )
    assert order[0] in got["answer"]


def test_these_departments_are_those_of_the_answer_before(ask: Ask, records: Rows) -> None:
    order = ranked(by_department("visits", within(records, WEEK)))
    ask("上周门诊量最大的两个科室", session="these")
    got = ask("这两个科室的收入", session="these")
    assert {r["department"] for r in got["rows"]} == set(order[:2])
    assert ask("这两个科室的收入", session="nothing before")["status"] == "clarify"


def test_visits_between_two_limits(ask: Ask, records: Rows) -> None:
    week = within(records, WEEK)
    waits = [
        (r["consult_start"] - r["checked_in_at"]).total_seconds() / 60
        for r in week
        if r["consult_start"] and r["checked_in_at"] and r["consult_start"] >= r["checked_in_at"]
    ]
    (row,) = ask("上周候诊20到30分钟的占比")["rows"]
    assert row["value"] == pytest.approx(sum(20 <= wait <= 30 for wait in waits) / len(waits))


def test_two_limits_of_two_metrics(ask: Ask, records: Rows) -> None:
    month = within(records, OCTOBER)
    visits, score = by_department("visits", month), by_department("satisfaction", month)
    middle = sorted(score.values())[len(score) // 2]
    limit = int(min(visits.values()))
    got = ask(f"上个月门诊量超过{limit}人次且满意度低于{middle:.2f}的科室")
    want = {name for name in visits if visits[name] > limit and score[name] < round(middle, 2)}
    assert {row["department"] for row in got["rows"]} == want


def test_groups_by_how_much_they_changed(ask: Ask, records: Rows) -> None:
    now_, before = (by_department("visits", within(records, time)) for time in (OCTOBER, SEPTEMBER))
    got = ask("上个月门诊量下降超过5%的科室")
    want = {name for name in now_ if name in before and now_[name] / before[name] - 1 < -0.05}
    assert {row["department"] for row in got["rows"]} == want
    none = ask("上个月门诊量翻倍的科室")
    assert none["status"] == "answered" and (none["rows"] or "没有符合条件" in none["answer"])


def test_each_month_against_the_one_before(ask: Ask, records: Rows) -> None:
    rows = ask("9月到10月每月门诊量环比")["rows"]
    want = [truth("visits", within(records, time)) for time in (SEPTEMBER, OCTOBER)]
    assert [row["value"] for row in rows] == want
    assert rows[1]["previous"] == want[0]


@pytest.mark.parametrize(
    ("role", "question"),
    [
        ("finance", "上周门诊量和满意度"),
        ("finance", "满意度最高的科室的收入"),
        ("finance", "上周门诊量超过10人次且满意度低于4的科室"),
        ("head:眼科", "眼科上周门诊量排第几"),
        ("head:眼科", "候诊最长的科室的满意度"),
        ("head:眼科", "上周内科的门诊量和收入"),
        ("doctor:钱小明", "门诊量最高的医生的满意度"),
    ],
)
def test_nothing_is_seen_through_a_second_metric_or_a_ranking(role: str, question: str, ask: Ask) -> None:
    assert ask(question, role)["status"] == "forbidden"


def test_a_head_gets_several_numbers_of_the_own_department(ask: Ask, records: Rows) -> None:
    rows = ask("上周门诊量和收入", "head:眼科")["rows"]
    own = [r for r in within(records, WEEK) if r["department"] == "眼科"]
    assert rows[0]["value"] == truth("visits", own)
    assert rows[1]["value"] == pytest.approx(truth("revenue", own))


def test_a_part_of_each_department_rather_than_of_all(ask: Ask, records: Rows) -> None:
    """各科室专家号占比 is no share of the hospital's 专家号."""
    week = within(records, WEEK)
    rows = ask("上周各科室专家号占比")["rows"]
    for row in rows:
        own = [r for r in week if r["department"] == row["department"]]
        special = truth("visits", [r for r in own if r["visit_type"] == "专家"])
        assert row["value"] == special
        assert row["share"] == pytest.approx(special / truth("visits", own))
    (best,) = ask("上周专家号占比最高的科室")["rows"]
    assert best["share"] == max(row["share"] for row in rows)
    limit = sorted(row["share"] for row in rows)[1]
    above = ask(f"上周专家号占比超过{limit * 100:.1f}%的科室")["rows"]
    assert {r["department"] for r in above} == {r["department"] for r in rows if r["share"] > round(limit, 3)}


def test_a_department_against_the_hospital(ask: Ask, records: Rows) -> None:
    week = within(records, WEEK)
    rows = ask("内科上周候诊和全院比怎么样")["rows"]
    own = truth("wait_minutes", [r for r in week if r["department"] == "内科"])
    whole = truth("wait_minutes", week)
    assert [(row["part"], row["value"]) for row in rows] == [
        ("全院", pytest.approx(whole)),
        ("内科", pytest.approx(own)),
    ]
    assert rows[1]["change"] == pytest.approx(own - whole)
    assert ask("内科上周门诊量和全院比")["status"] == "clarify"  # a part of the hospital is always less


def test_how_much_a_share_changed(ask: Ask, records: Rows) -> None:
    (row,) = ask("上周微信占比环比")["rows"]
    before = within(records, (datetime(2026, 11, 2), datetime(2026, 11, 9)))
    then = truth("visits", [r for r in before if r["channel"] == "微信小程序"]) / truth("visits", before)
    assert row["previous_share"] == pytest.approx(then)
    assert row["share_change"] == pytest.approx(row["share"] - then)


def test_two_that_were_asked_for_one_after_the_other_are_compared(ask: Ask) -> None:
    for question in ("10月门诊量", "9月呢"):
        ask(question, session="months")
    got = ask("差多少", session="months")
    assert got["interpretation"]["time"]["start"].startswith("2026-10-01")
    assert got["interpretation"]["compare"]["start"].startswith("2026-09-01")
    for question in ("上周内科门诊量", "外科呢"):
        ask(question, session="departments")
    got = ask("两个比一下", session="departments")
    assert [row["department"] for row in got["rows"]] == ["内科", "外科"]


def test_that_department_is_the_one_of_the_answer_before(ask: Ask) -> None:
    lowest = ask("上周满意度最低的科室", session="that")["rows"][0]["department"]
    got = ask("那个科的候诊时间", session="that")
    assert got["interpretation"]["filters"]["department"] == [lowest] and len(got["rows"]) == 1
    assert ask("那个科的候诊时间", session="none")["status"] == "clarify"


def test_ranges_of_different_length_are_not_laid_side_by_side(ask: Ask) -> None:
    assert ask("昨天和上周门诊量对比")["status"] == "clarify"
    assert ask("昨天和上周的满意度对比")["status"] == "answered"  # means can be


def weekly(records: Rows, department: str) -> list[float]:
    """Visits of the department in the four whole weeks before now."""
    days = [datetime(2026, 10, 19), datetime(2026, 10, 26), datetime(2026, 11, 2), WEEK[0], WEEK[1]]
    own = [r for r in records if r["department"] == department]
    return [truth("visits", within(own, pair)) for pair in zip(days, days[1:], strict=False)]


def test_what_fell_in_several_weeks_in_a_row(ask: Ask, records: Rows) -> None:
    for count, unit in ((2, "两"), (3, "三")):
        got = ask(f"哪些科室连续{unit}周门诊量下降")
        want = set()
        for name in hospital.DOCTORS:
            values = weekly(records, name)[-count - 1 :]
            if all(b < a for a, b in zip(values, values[1:], strict=False)):
                want.add(name)
        assert got["status"] == "answered" and {row["department"] for row in got["rows"]} == want


def test_what_lay_above_a_limit_several_days_in_a_row(ask: Ask, records: Rows) -> None:
    days = [datetime(2026, 11, 18 + n) for n in range(5)]
    daily = [truth("visits", within(records, pair)) for pair in zip(days, days[1:], strict=False)][-3:]
    for limit in (min(daily) - 1, min(daily) + 1):
        got = ask(f"门诊量连续三天超过{limit:g}人次了吗")
        assert ("是，" in got["answer"]) == (min(daily) > limit)
        assert [row["value"] for row in got["rows"]] == daily


@pytest.mark.parametrize(
    "question", ["连续三周", "连续三周门诊量下降超过10%的科室", "连续三周各科室门诊量占比"]
)
def test_a_run_of_nothing_said_is_asked_back(question: str, ask: Ask) -> None:
    assert ask(question)["status"] == "clarify"


def test_two_metrics_are_taken_from_each_other_where_that_is_asked(ask: Ask, records: Rows) -> None:
    week = within(records, WEEK)
    gap = truth("registrations", week) - truth("visits", week)
    got = ask("上周门诊量和挂号量差多少")
    assert f"相差 {gap:g} 人次" in got["answer"] and len(got["rows"]) == 2
    assert got["interpretation"]["compare"] is None
    assert ask("上周门诊量和收入差多少")["status"] == "clarify"
