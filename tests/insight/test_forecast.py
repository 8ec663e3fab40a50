"""Forecasts: from days like the one asked for; never worse than the mean of the last four of that weekday."""

from datetime import date, timedelta

import pytest

from insight import forecast


def history(days: int = 200) -> dict[date, float]:
    first = date(2026, 3, 2)
    return {
        first + timedelta(n): 100.0 + 40 * ((first + timedelta(n)).weekday() < 5) + n % 7 for n in range(days)
    }


def test_a_weekday_is_forecast_from_its_last_four() -> None:
    known = history()
    day = max(known) + timedelta(1)
    days = forecast.like(day, known)
    assert len(days) == 4 and {d.weekday() for d in days} == {day.weekday()}
    assert forecast.predict(day, known) == sum(known[d] for d in days) / 4


def test_holidays_are_not_what_ordinary_days_are_forecast_from() -> None:
    known = history(230)
    days = forecast.like(date(2026, 10, 15), known)
    assert date(2026, 10, 1) not in days
    assert all(forecast.kind_of(d) == "work" for d in days)


def test_a_holiday_is_forecast_from_holidays() -> None:
    assert all(forecast.kind_of(d) == "holiday" for d in forecast.like(date(2026, 10, 1), history()))


def test_nothing_known_gives_no_forecast() -> None:
    assert forecast.predict(date(2026, 1, 1), {}) is None


def test_the_back_test_is_at_most_that_of_the_plain_mean() -> None:
    known = history()
    gap = total = 0.0
    for day in sorted(known)[-84:]:
        before = [known[day - timedelta(weeks=n)] for n in range(1, 5)]
        gap += abs(known[day] - sum(before) / 4)
        total += known[day]
    assert forecast.wape(known) == pytest.approx(gap / total, abs=0.02)
