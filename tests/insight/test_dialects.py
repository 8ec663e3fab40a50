"""The same interpretation as SQL for the databases that are not run here."""

from datetime import datetime, timedelta

import pytest

from insight.catalogue import Catalogue
from insight.compile.dialects import FOREIGN, render
from insight.compile.permissions import Viewer
from insight.compile.query import Compiler
from insight.interpretation import SHANGHAI, Interpretation, TimeRange

START = datetime(2026, 11, 9, tzinfo=SHANGHAI)
TIME = TimeRange(START, START + timedelta(7))


def sql(
    catalogue: Catalogue, dialect: str, now: datetime, viewer: Viewer | None = None, **fields: object
) -> str:
    i = Interpretation(time=TIME, **fields)  # type: ignore[arg-type]
    return " ".join(render(Compiler(catalogue, viewer or Viewer("director"), now).query(i), dialect).split())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("dialect", "expected"),
    [
        ("clickhouse", "quantileExactInclusive(0.9)(visits.wait_seconds)"),
        ("starrocks", "percentile_cont(visits.wait_seconds, 0.9)"),
        ("trino", "approx_percentile(visits.wait_seconds, 0.9)"),
    ],
)
def test_quantiles_are_in_each_dialects_own_words(
    catalogue: Catalogue, dialect: str, expected: str, now: datetime
) -> None:
    assert expected in sql(catalogue, dialect, now, metric="wait_minutes", aggregation="p90")


@pytest.mark.parametrize(
    ("dialect", "expected"),
    [
        ("clickhouse", "toDate(date_trunc('week', visits.visit_date))"),
        ("trino", "CAST(date_trunc('week', visits.visit_date) AS DATE)"),
        ("starrocks", "CAST(date_trunc('week', visits.visit_date) AS DATE)"),
    ],
)
def test_weeks_start_on_monday_everywhere(
    catalogue: Catalogue, dialect: str, expected: str, now: datetime
) -> None:
    assert expected in sql(catalogue, dialect, now, metric="visits", group_by=("week",))


@pytest.mark.parametrize(
    ("dialect", "expected"),
    [
        ("clickhouse", "toDayOfWeek(visits.visit_date)"),
        ("trino", "day_of_week(visits.visit_date)"),
        ("starrocks", "weekday(visits.visit_date) + 1"),
    ],
)
def test_weekdays_count_from_one(catalogue: Catalogue, dialect: str, expected: str, now: datetime) -> None:
    assert expected in sql(catalogue, dialect, now, metric="visits", group_by=("weekday",))


@pytest.mark.parametrize("dialect", FOREIGN)
def test_every_metric_compiles_with_the_viewers_rows_in_it(
    catalogue: Catalogue, dialect: str, now: datetime
) -> None:
    head = Viewer("head", department="眼科")
    for key in catalogue.metrics:
        text = sql(catalogue, dialect, now, head, metric=key)
        assert text.startswith(("SELECT", "(SELECT")) and "visits.department = '眼科'" in text


@pytest.mark.parametrize("dialect", FOREIGN)
def test_values_cannot_break_out_of_their_quotes(catalogue: Catalogue, dialect: str, now: datetime) -> None:
    text = sql(catalogue, dialect, now, metric="visits", filters={"department": ("x' OR 1=1 --",)})
    assert "'x'' OR 1=1 --'" in text
