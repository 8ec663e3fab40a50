"""Days out of line: what stands out among its own weekdays is named, in its own group; holidays and noise are not."""

from datetime import datetime, timedelta
from typing import Any

from insight.anomaly import _outliers
from insight.interpretation import SHANGHAI, TimeRange

NOW = datetime(2026, 11, 22, 9, tzinfo=SHANGHAI)
TIME = TimeRange(NOW - timedelta(days=120), NOW)


def daily(change: dict[tuple[str, str], float]) -> list[dict[str, Any]]:
    """Two departments' days of 26 weeks, fewer at weekends, with a little unrest; `change`: (day, department) → value."""
    rows = []
    for back in range(182, -1, -1):
        day = (NOW - timedelta(days=back)).date()
        for department, usual in (("内科", 400), ("眼科", 100)):
            value = usual * (0.5 if day.weekday() > 4 else 1.0) + (day.toordinal() * 7 % 11 - 5)
            value = change.get((day.isoformat(), department), value)
            rows.append({"date": day.isoformat(), "department": department, "value": value, "n": value})
    return rows


def found(change: dict[tuple[str, str], float]) -> set[tuple[str, str]]:
    rows = _outliers(daily(change), ["department"], TIME, NOW, mean=False)
    return {(row["date"], row["department"]) for row in rows}


def test_a_day_far_from_its_weekdays_is_named_with_what_was_expected() -> None:
    change = {("2026-11-11", "眼科"): 240.0}
    assert found(change) == set(change)
    (row,) = _outliers(daily(change), ["department"], TIME, NOW, mean=False)
    assert row["value"] == 240.0 and abs(row["expected"] - 100) <= 5


def test_a_quiet_saturday_is_not_out_of_line_but_a_quiet_wednesday_is() -> None:
    assert found({("2026-11-14", "内科"): 204.0}) == set()
    assert found({("2026-11-11", "内科"): 204.0}) == {("2026-11-11", "内科")}


def test_holidays_are_no_yardstick_and_are_not_measured_by_one() -> None:
    holidays = {(f"2026-10-0{n}", d): 5.0 for n in range(1, 8) for d in ("内科", "眼科")}
    assert found(holidays) == set()


def test_today_and_days_before_the_range_are_not_judged() -> None:
    assert found({("2026-11-22", "内科"): 900.0, ("2026-06-10", "内科"): 900.0}) == set()
