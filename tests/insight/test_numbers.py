"""Every metric by every dimension gives what a plain loop over the records gives, on each store."""

import math
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insight.answer.run import Runner
from insight.catalogue import Catalogue
from insight.compile.permissions import Viewer
from insight.compile.query import Compiler
from insight.interpretation import SHANGHAI, Interpretation, TimeRange
from insight.records.store import Store

from . import hospital

DIMENSIONS = [
    "campus",
    "department",
    "clinic_room",
    "doctor",
    "doctor_title",
    "visit_type",
    "channel",
    "sex",
    "age_band",
    "insurance",
    "first_visit",
    "hour",
    "date",
    "weekday",
    "week",
    "month",
]
START = datetime(2026, 10, 12, tzinfo=SHANGHAI)
RANGE = TimeRange(START, START + timedelta(28))


def ask(store: Store, catalogue: Catalogue, i: Interpretation, now: datetime) -> list[dict[str, Any]]:
    with store.engine.connect() as connection:
        return Runner(connection, Compiler(catalogue, Viewer("director"), now), catalogue).run(i).rows


def expected(
    metric: str, dims: tuple[str, ...], rows: list[dict[str, Any]], time: TimeRange
) -> dict[Any, tuple[Any, int]]:
    assert time.start and time.end
    inside = [
        r
        for r in rows
        if time.start.replace(tzinfo=None) <= r["appointment_start"] < time.end.replace(tzinfo=None)
    ]
    groups: dict[Any, list[dict[str, Any]]] = {}
    for row in inside:
        groups.setdefault(tuple(hospital.group_of(row, d) for d in dims), []).append(row)
    found = {key: hospital.truth(metric, members) for key, members in groups.items()}
    return {key: value for key, value in found.items() if value[1]}


def agree(got: list[dict[str, Any]], dims: tuple[str, ...], want: dict[Any, tuple[Any, int]]) -> None:
    assert {tuple(row[d] for d in dims) for row in got} == set(want)
    for row in got:
        value, n = want[tuple(row[d] for d in dims)]
        assert row["n"] == n
        assert math.isclose(row["value"], value, rel_tol=1e-9, abs_tol=1e-9)


@pytest.mark.parametrize("metric", hospital.METRICS)
def test_duckdb_agrees_with_a_plain_loop(
    metric: str, store: Store, catalogue: Catalogue, records: list[dict[str, Any]], now: datetime
) -> None:
    for dims in [(), *[(d,) for d in DIMENSIONS], ("department", "campus"), ("channel", "week")]:
        i = Interpretation(
            metric=metric,
            group_by=dims,
            time=RANGE,
            aggregation="mean" if metric.endswith("_minutes") else None,
        )
        agree(ask(store, catalogue, i, now), dims, expected(metric, dims, records, RANGE))


@pytest.mark.parametrize("metric", hospital.METRICS)
def test_postgresql_agrees_with_a_plain_loop(
    metric: str, postgres: Store, catalogue: Catalogue, records: list[dict[str, Any]], now: datetime
) -> None:
    for dims in [
        (),
        ("department",),
        ("hour",),
        ("date",),
        ("week",),
        ("weekday",),
        ("month",),
        ("age_band",),
        ("first_visit",),
    ]:
        i = Interpretation(
            metric=metric,
            group_by=dims,
            time=RANGE,
            aggregation="mean" if metric.endswith("_minutes") else None,
        )
        agree(ask(postgres, catalogue, i, now), dims, expected(metric, dims, records, RANGE))


def quantile(values: list[float], q: float) -> float:
    values = sorted(values)
    place = q * (len(values) - 1)
    low = math.floor(place)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (place - low)


@pytest.mark.parametrize(
    ("aggregation", "q"), [("median", 0.5), ("p90", 0.9), ("p95", 0.95), ("max", 1.0), ("min", 0.0)]
)
@pytest.mark.parametrize("kind", ["duckdb", "postgresql"])
def test_quantiles_interpolate_linearly(
    aggregation: str, q: float, kind: str, request: pytest.FixtureRequest, catalogue: Catalogue,
    records: list[dict[str, Any]], now: datetime,
) -> None:  # fmt: skip
    opened = request.getfixturevalue("store" if kind == "duckdb" else "postgres")
    i = Interpretation(metric="wait_minutes", aggregation=aggregation, time=RANGE)
    assert RANGE.start and RANGE.end
    first, last = RANGE.start.replace(tzinfo=None), RANGE.end.replace(tzinfo=None)
    values = [
        s
        for r in records
        if first <= r["appointment_start"] < last
        and (s := hospital.seconds(r, "checked_in_at", "consult_start")) is not None
    ]
    (row,) = ask(opened, catalogue, i, now)
    assert math.isclose(row["value"], quantile(values, q) / 60, rel_tol=1e-9)
    assert row["n"] == len(values)


@settings(max_examples=40, deadline=None)
@given(
    metric=st.sampled_from(hospital.METRICS),
    dims=st.lists(st.sampled_from(DIMENSIONS), max_size=2, unique=True),
    offset=st.integers(0, 60),
    days=st.integers(1, 20),
    department=st.sampled_from([None, "内科", "眼科"]),
    without=st.sampled_from([None, "东院"]),
    hours=st.sampled_from([None, (8, 9), (14,)]),
)
def test_any_filters_and_ranges_agree(
    store: Store, catalogue: Catalogue, records: list[dict[str, Any]], now: datetime,
    metric: str, dims: list[str], offset: int, days: int, department: str | None, without: str | None, hours: tuple[int, ...] | None,
) -> None:  # fmt: skip
    first = datetime(2026, 9, 13, tzinfo=SHANGHAI) + timedelta(offset)
    time = TimeRange(first, first + timedelta(days))
    filters: dict[str, tuple[Any, ...]] = {}
    if department:
        filters["department"] = (department,)
    if hours:
        filters["hour"] = hours
    exclude: dict[str, tuple[Any, ...]] = {"campus": (without,)} if without else {}
    kept = [
        r for r in records
        if (not department or r["department"] == department) and (not hours or r["appointment_start"].hour in hours)
        and r["campus"] != without
    ]  # fmt: skip
    i = Interpretation(
        metric=metric,
        group_by=tuple(dims),
        filters=filters,
        exclude=exclude,
        time=time,
        aggregation="mean" if metric.endswith("_minutes") else None,
    )
    agree(ask(store, catalogue, i, now), tuple(dims), expected(metric, tuple(dims), kept, time))


def test_bookings_are_counted_by_the_day_they_were_made(
    store: Store, catalogue: Catalogue, records: list[dict[str, Any]], now: datetime
) -> None:
    assert RANGE.start and RANGE.end
    first, last = RANGE.start.replace(tzinfo=None), RANGE.end.replace(tzinfo=None)
    made = [r for r in records if first <= r["booked_at"] < last]
    (row,) = ask(store, catalogue, Interpretation(metric="bookings_made", time=RANGE), now)
    assert row["value"] == row["n"] == len(made)
    by_hour = ask(
        store, catalogue, Interpretation(metric="bookings_made", group_by=("hour",), time=RANGE), now
    )
    assert {r["hour"]: r["value"] for r in by_hour}[9] == sum(r["booked_at"].hour == 9 for r in made)
