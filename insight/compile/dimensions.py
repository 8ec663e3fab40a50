"""Dimensions and filters as SQL expressions over the visit record, or over a rollup: `c` are the columns of either."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, false, not_, or_, true

from insight.catalogue import Catalogue
from insight.compile.dialects import Bucket, HourOf, Seconds, Weekday
from insight.interpretation import Interpretation, TimeRange
from insight.records.schema import DURATIONS, VISITS

V = VISITS.c
UNITS = {"week": "week", "month": "month", "quarter": "quarter", "year": "year"}


def dimension(name: str, time_column: str, catalogue: Catalogue, c: Any = V) -> ColumnElement[Any]:
    """The expression that a query is grouped by."""
    booked = time_column == "booked_at"
    if name == "date":
        return Bucket(c.booked_at, "day") if booked else c.visit_date
    if name == "hour":
        return HourOf(c.booked_at) if booked else c.visit_hour
    if name == "weekday":
        return Weekday(c.booked_at if booked else c.visit_date)
    if name in UNITS:
        return Bucket(c.booked_at if booked else c.visit_date, UNITS[name])
    if name == "age_band":
        return age_band(catalogue, c)
    return c[name]


def age_band(catalogue: Catalogue, c: Any = V) -> ColumnElement[Any]:
    bands = sorted(catalogue.age_bands, key=lambda band: -band[1])
    return case(*[(c.age >= lower, label) for label, lower in bands], else_=None)


def age_range(label: str, catalogue: Catalogue, c: Any = V) -> ColumnElement[bool]:
    """The condition that a visit's age lies in a band: cheaper than the band's expression."""
    lowers = [lower for _, lower in catalogue.age_bands]
    lower = dict(catalogue.age_bands)[label]
    above = [other for other in lowers if other > lower]
    return and_(c.age >= lower, c.age < min(above)) if above else c.age >= lower


def filter_condition(
    name: str, values: Iterable[Any], time_column: str, catalogue: Catalogue, c: Any = V
) -> ColumnElement[bool]:
    """A dimension is one of the values."""
    wanted = list(values)
    if not wanted:
        return false()
    if name == "age_band":
        return or_(*[age_range(label, catalogue, c) for label in wanted])
    if name == "first_visit":
        return c.first_visit.in_([int(value) for value in wanted])
    if name == "day":
        return or_(*[c.visit_date == day for day in wanted]) if len(wanted) < 3 else c.visit_date.in_(wanted)
    column = dimension(name, time_column, catalogue, c)
    return column == wanted[0] if len(wanted) == 1 else column.in_(wanted)


def filters(
    included: Mapping[str, Iterable[Any]],
    excluded: Mapping[str, Iterable[Any]],
    time_column: str,
    catalogue: Catalogue,
    c: Any = V,
) -> list[ColumnElement[bool]]:
    conditions = [
        filter_condition(name, values, time_column, catalogue, c)
        for name, values in included.items()
        if name != "stage"
    ]
    conditions += [
        not_(filter_condition(name, values, time_column, catalogue, c))
        for name, values in excluded.items()
        if name != "stage"
    ]
    return conditions


def local(moment: datetime) -> datetime:
    """As the records hold it: local time without offset."""
    return moment.replace(tzinfo=None)


def time_condition(time: TimeRange | None, column: str) -> ColumnElement[bool]:
    """The half-open range; whole days go through `visit_date`'s neighbour, the time itself, all the same."""
    if time is None:
        return true()
    conditions = []
    if time.start is not None:
        conditions.append(V[column] >= local(time.start))
    if time.end is not None:
        conditions.append(V[column] < local(time.end))
    return and_(true(), *conditions)


def seconds_between(start: str, end: str) -> ColumnElement[Any]:
    """Seconds from one time of the record to another; NULL where one is missing or they are out of order."""
    for column, ends in DURATIONS.items():
        if ends == (start, end):
            return V[column]
    span = Seconds(V[start], V[end])
    return case((V[end] >= V[start], span), else_=None)


def days_of(time: TimeRange) -> list[date]:
    """The calendar days of a closed range."""
    if time.start is None or time.end is None:
        return []
    day, out = time.start.date(), []
    last = (time.end - timedelta(microseconds=1)).date()
    while day <= last:
        out.append(day)
        day += timedelta(1)
    return out


BUCKET_DAYS = {"date": 1, "week": 7, "month": 28, "quarter": 90, "year": 365}
FEW = {"hour": 24, "weekday": 7, "first_visit": 3}
MANY = 10_000
"""Of a range without an end, and of what is not known."""


def groups_of(
    i: Interpretation, time: TimeRange | None, catalogue: Catalogue, sizes: Mapping[str, int]
) -> int:
    """At most how many groups a question's rows have. `sizes`: how many values a dimension has in the records."""
    closed = time is not None and time.start is not None and time.end is not None
    days = (time.end - time.start).days + 1 if closed else MANY  # type: ignore[union-attr,operator]
    out = 1
    for name in i.group_by:
        if name in i.filters:
            out *= max(1, len(i.filters[name]))
        elif name in BUCKET_DAYS:
            out *= days // BUCKET_DAYS[name] + 2
        elif name == "age_band":
            out *= len(catalogue.age_bands) + 1
        elif name != "stage":
            out *= FEW.get(name) or sizes.get(name, MANY) + 1
    return out
