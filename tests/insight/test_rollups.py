"""Rollups answer as the records do, whatever was written and however; where they cannot, they are not read."""

import math
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select, text

from insight.answer.run import Runner
from insight.catalogue import Catalogue, get
from insight.compile.dialects import render
from insight.compile.permissions import Viewer
from insight.compile.query import Compiler
from insight.interpretation import SHANGHAI, Interpretation, Threshold, TimeRange
from insight.records import live, rollups
from insight.records.importing import import_csv
from insight.records.patients import PATIENTS
from insight.records.schema import COLUMNS, VISITS
from insight.records.store import Store

from . import hospital

DIMENSIONS = [
    "campus", "department", "clinic_room", "doctor", "doctor_title", "visit_type", "channel", "sex", "age_band",
    "insurance", "first_visit", "hour", "date", "weekday", "week", "month", "quarter", "year", "stage",
]  # fmt: skip
FILTERS: dict[str, list[Any]] = {
    "campus": ["本部", "东院"], "department": ["内科", "眼科", "儿科"], "doctor": ["王一帆", "孙丽"], "channel": ["窗口", "电话"],
    "age_band": ["儿童", "老年"], "first_visit": [True, False], "hour": [8, 9, 14], "weekday": [1, 6], "insurance": ["自费"],
    "clinic_room": ["内科1诊室"], "sex": ["男"], "visit_type": ["专家"],
}  # fmt: skip
VIEWERS = [
    Viewer("director"),
    Viewer("head", department="眼科"),
    Viewer("doctor", doctor="王一帆"),
    Viewer("nobody"),
]
FIRST = datetime(2026, 9, 13, tzinfo=SHANGHAI)


@st.composite
def ranges(draw: st.DrawFn) -> TimeRange:
    """From minutes to the whole history, on and off midnight, with either end open."""
    start = FIRST + timedelta(days=draw(st.integers(0, 69)), minutes=draw(st.sampled_from([0, 0, 545, 870])))
    end = start + timedelta(days=draw(st.integers(0, 69)), minutes=draw(st.sampled_from([0, 0, 610, 1000])))
    ends = draw(st.sampled_from(["both", "both", "both", "from", "until"]))
    return TimeRange(start if ends != "until" else None, end if ends != "from" else None)


@st.composite
def questions(draw: st.DrawFn) -> Interpretation:
    catalogue = get()
    metric = catalogue.metrics[
        draw(st.sampled_from([k for k, m in catalogue.metrics.items() if not m.realtime]))
    ]
    groups = draw(st.lists(st.sampled_from(DIMENSIONS), max_size=2, unique=True))
    if metric.key == "stage_minutes":
        groups = ["stage", *[g for g in groups if g != "stage"]]
    elif "stage" in groups:
        groups.remove("stage")
    chosen = draw(st.dictionaries(st.sampled_from(list(FILTERS)), st.booleans(), max_size=2))
    sides: dict[bool, dict[str, tuple[Any, ...]]] = {True: {}, False: {}}
    for name, include in chosen.items():
        sides[include][name] = tuple(draw(st.lists(st.sampled_from(FILTERS[name]), min_size=1, unique=True)))
    timed = metric.is_duration or metric.key == "stage_minutes"
    aggregation = draw(st.sampled_from(["mean", "median", "max", "p90"] if timed else [None, "mean"]))
    where = draw(st.sampled_from([(), (), (), (Threshold(">", 20.0, "wait_minutes"),)]))
    return Interpretation(
        metric=metric.key, aggregation=aggregation, group_by=tuple(groups), filters=sides[True], exclude=sides[False],
        time=draw(ranges()), where=where,
    )  # fmt: skip


def rows(
    store: Store, i: Interpretation, viewer: Viewer, *, rolled: bool, many: bool = False
) -> dict[Any, tuple[Any, Any]]:
    """`rolled`: with rollups and patients' numbers; `many`: as where there are too many patients for bitmaps."""
    now = datetime.fromisoformat(hospital.NOW)
    patients = store.patients() if rolled else None
    if patients and many:
        patients = replace(patients, count=300_000_000)
    with store.engine.connect() as connection:
        compiler = Compiler(get(), viewer, now, rolled, patients)
        found = Runner(connection, compiler, get()).values(i, i.time)
    return {tuple(row[name] for name in i.group_by): (row["value"], row["n"]) for row in found}


def same(a: dict[Any, tuple[Any, Any]], b: dict[Any, tuple[Any, Any]]) -> bool:
    return a.keys() == b.keys() and all(
        a[k][1] == b[k][1] and (a[k][0] == b[k][0] or math.isclose(a[k][0], b[k][0], rel_tol=1e-12))
        for k in a
    )


@settings(deadline=None, max_examples=300)
@given(questions(), st.sampled_from(VIEWERS))
def test_they_answer_as_the_records_do(store: Store, i: Interpretation, viewer: Viewer) -> None:
    assert same(rows(store, i, viewer, rolled=True), rows(store, i, viewer, rolled=False))


@settings(deadline=None, max_examples=100)
@given(questions(), st.sampled_from(VIEWERS))
def test_they_answer_as_the_records_do_on_postgresql(
    postgres: Store, i: Interpretation, viewer: Viewer
) -> None:
    assert same(rows(postgres, i, viewer, rolled=True), rows(postgres, i, viewer, rolled=False))


@settings(deadline=None, max_examples=60)
@given(questions(), st.sampled_from(VIEWERS), st.booleans())
def test_patients_are_as_many_as_their_pseudonyms(
    store: Store, i: Interpretation, viewer: Viewer, many: bool
) -> None:
    i = i.with_(metric="patients", aggregation=None, group_by=tuple(g for g in i.group_by if g != "stage"))
    assert same(rows(store, i, viewer, rolled=True, many=many), rows(store, i, viewer, rolled=False))


PARTS: list[tuple[str, ...]] = [
    ("department",),
    ("campus",),
    ("doctor",),
    ("age_band",),
    ("hour",),
    ("date", "campus"),
    ("channel",),
]


def parts(store: Store, i: Interpretation, viewer: Viewer, *, together: bool) -> list[Any]:
    now = datetime.fromisoformat(hospital.NOW)
    compiler = Compiler(get(), viewer, now, store.rollups(), store.patients())
    with store.engine.connect() as connection:
        runner = Runner(connection, compiler, get())
        if together:
            lists = runner.parts(i, PARTS, i.time)
            assert len(runner.statements) < len(PARTS)
        else:
            lists = [runner.fetch(compiler.parts(i, dims, i.time)) for dims in PARTS]
    found = [
        {tuple(row[n] for n in dims): (row["value"], row["n"]) for row in rows}
        for dims, rows in zip(PARTS, lists, strict=True)
    ]
    assert [len(rows) for rows in found] == [len(rows) for rows in lists]
    return found


@pytest.mark.parametrize("place", ["store", "postgres"])
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(questions(), st.sampled_from(VIEWERS))
def test_parts_in_one_statement_are_those_of_one_statement_each(
    request: pytest.FixtureRequest, place: str, i: Interpretation, viewer: Viewer
) -> None:
    assume(i.metric not in ("stage_minutes", "patients", "doctors", "visits_per_doctor"))
    asked = request.getfixturevalue(place)
    one, each = (parts(asked, i, viewer, together=t) for t in (True, False))
    assert all(same(a, b) for a, b in zip(one, each, strict=True))


@settings(deadline=None, max_examples=60)
@given(ranges(), st.sampled_from(VIEWERS), st.sampled_from([{}, {"department": ("内科",)}, {"hour": (9,)}]))
def test_the_stages_of_the_flow_are_those_of_the_records(
    store: Store, time: TimeRange, viewer: Viewer, filters: dict[str, Any]
) -> None:
    i, now = (
        Interpretation(metric="stage_minutes", filters=filters, time=time),
        datetime.fromisoformat(hospital.NOW),
    )
    with store.engine.connect() as connection:
        found = [
            connection.execute(Compiler(get(), viewer, now, rolled).stage_totals(i, time)).one()
            for rolled in (True, False)
        ]
    assert found[0] == found[1]


# -- what is read


def sql(i: Interpretation, viewer: Viewer = VIEWERS[0], dialect: str = "trino") -> str:
    now = datetime.fromisoformat(hospital.NOW)
    return render(Compiler(get(), viewer, now, True).query(i), dialect)


YEAR = TimeRange(datetime(2026, 1, 1, tzinfo=SHANGHAI), datetime(2027, 1, 1, tzinfo=SHANGHAI))
TO_NOW = TimeRange(datetime(2026, 1, 1, tzinfo=SHANGHAI), datetime(2026, 11, 22, 9, tzinfo=SHANGHAI))


@pytest.mark.parametrize(
    ("fields", "table"),
    [
        ({"metric": "visits", "group_by": ("month",)}, "visits_daily"),
        ({"metric": "wait_minutes", "aggregation": "mean", "group_by": ("hour",)}, "visits_by_hour"),
        ({"metric": "revenue", "group_by": ("doctor",)}, "visits_by_doctor"),
        ({"metric": "doctors"}, "visits_by_doctor"),
        ({"metric": "no_show_rate", "group_by": ("channel",)}, "visits_by_channel"),
        ({"metric": "visits", "group_by": ("age_band",)}, "visits_by_person"),
        ({"metric": "wait_minutes", "aggregation": "median"}, "visits"),
        ({"metric": "patients"}, "visits"),
        ({"metric": "visits", "group_by": ("channel", "doctor")}, "visits"),
        ({"metric": "visits", "where": (Threshold(">", 30.0, "wait_minutes"),)}, "visits"),
    ],
)
def test_the_smallest_that_serves_is_read(fields: dict[str, Any], table: str) -> None:
    words = sql(Interpretation(time=YEAR, **fields)).split()
    assert words[words.index("FROM") + 1] == table


def test_permissions_are_in_every_part_of_the_query() -> None:
    text_ = sql(Interpretation(metric="visits", group_by=("month",), time=TO_NOW), VIEWERS[1])
    assert text_.count("department = '眼科'") == 2 and "visits_daily" in text_ and "UNION ALL" in text_


# -- kept up


def numbered(connection: Connection) -> bool:
    """Whether each patient of the records has one number, each number is one patient's, and both are those kept."""
    pairs = connection.execute(select(VISITS.c.patient_id, VISITS.c.patient_number).distinct()).all()
    kept = dict(connection.execute(select(PATIENTS.c.patient_id, PATIENTS.c.number)).all())
    return sorted(kept.values()) == list(range(len(kept))) and all(
        number == (kept[patient] if patient else None) for patient, number in pairs
    )


def kept_up(store: Store) -> bool:
    """Whether every rollup has the rows that the records give, and every patient a number."""
    with store.engine.connect() as connection:
        if store.is_duckdb and not numbered(connection):
            return False
        for rollup in rollups.ROLLUPS:
            have = sorted(map(repr, map(tuple, connection.execute(select(rollup.table)))))
            made = rollups.fill(rollup).select
            assert made is not None
            want = sorted(map(repr, map(tuple, connection.execute(made))))
            if have != want:
                return False
    return store.rollups()


RECORDS = hospital.records(days=6, seed=11)
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "department": st.sampled_from(["内科", "眼科", "新科"]), "status": st.sampled_from(["completed", "cancelled"]),
        "appointment_start": st.sampled_from([datetime(2026, 11, 18, 9), datetime(2026, 11, 25, 15)]),
        "patient_id": st.sampled_from([None, "P1", "P2", "Pnew", "Pnewer"]), "fee_total": st.integers(0, 90_000), "satisfaction": st.sampled_from([None, 2, 5]), "age": st.sampled_from([None, 7, 80]),
    },
)  # fmt: skip
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["import", "live"]),
        st.dictionaries(st.integers(0, len(RECORDS) - 1), CHANGES, min_size=1, max_size=6),
    ),
    min_size=1,
    max_size=3,
)


def write(store: Store, folder: Path, steps: list[tuple[str, dict[int, dict[str, Any]]]]) -> None:
    current, now = [dict(r) for r in RECORDS], datetime.fromisoformat(hospital.NOW)
    for kind, changes in steps:
        for number, change in changes.items():
            current[number] |= change
        touched = [current[number] for number in changes]
        if kind == "import":
            import_csv(store, hospital.write_csv(folder / "step.csv", touched), now)
        else:
            start = live.cursor(store)
            live.apply(
                store,
                [
                    {"id": start + n, "event_id": f"e{n}", "type": "visit.updated", "subject": row["visit_id"],
                     "data": {name: row[name] for name in COLUMNS}}
                    for n, row in enumerate(touched, 1)
                ],
                now,
            )  # fmt: skip


@settings(deadline=None, max_examples=12)
@given(STEPS)
def test_imports_and_events_keep_them_up(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, dict[int, dict[str, Any]]]]
) -> None:
    folder = tmp_path_factory.mktemp("kept")
    opened = Store(str(folder / "kept.duckdb"))
    try:
        import_csv(
            opened, hospital.write_csv(folder / "all.csv", RECORDS), datetime.fromisoformat(hospital.NOW)
        )
        write(opened, folder, steps)
        assert kept_up(opened)
    finally:
        opened.close()


@settings(deadline=None, max_examples=5)
@given(STEPS)
def test_imports_and_events_keep_them_up_on_postgresql(
    postgres: Store,
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[tuple[str, dict[int, dict[str, Any]]]],
) -> None:
    folder = tmp_path_factory.mktemp("kept")
    write(postgres, folder, steps)
    try:
        assert kept_up(postgres)
    finally:
        import_csv(
            postgres,
            hospital.write_csv(folder / "back.csv", hospital.records()),
            datetime.fromisoformat(hospital.NOW),
        )


def test_lost_or_foreign_rollups_are_not_read_until_they_are_rebuilt(
    tmp_path: Path, csv_file: Path, now: datetime, catalogue: Catalogue
) -> None:
    opened = Store(str(tmp_path / "lost.duckdb"))
    import_csv(opened, csv_file, now)
    assert opened.rollups()
    with opened.engine.begin() as connection:
        connection.execute(text("DELETE FROM visits WHERE department = '内科'"))
    opened.changed()
    assert not opened.rollups()
    opened.rebuild()
    assert opened.rollups() and kept_up(opened)
    with opened.engine.begin() as connection:
        connection.execute(text("DELETE FROM insight_state WHERE key = 'rollups'"))
    opened.changed()
    assert not opened.rollups()
    import_csv(opened, csv_file, now)
    assert opened.rollups() and kept_up(opened)
    opened.close()


def test_a_store_of_an_older_version_answers_and_is_brought_up_to_date_by_a_rebuild(
    tmp_path: Path, csv_file: Path, now: datetime
) -> None:
    path = str(tmp_path / "older.duckdb")
    opened = Store(path)
    import_csv(opened, csv_file, now)
    with opened.engine.begin() as connection:
        connection.execute(text("ALTER TABLE visits DROP COLUMN patient_number"))
        connection.execute(text("DROP TABLE visit_patients"))
        connection.execute(text("UPDATE insight_state SET value = '1' WHERE key = 'rollups'"))
    opened.close()
    opened = Store(path)
    i, want = Interpretation(metric="patients", time=YEAR), None
    for rebuilt in (False, True):
        if rebuilt:
            opened.rebuild()
        assert opened.rollups() is rebuilt and (opened.patients() is not None) is rebuilt
        found = rows(opened, i, VIEWERS[0], rolled=rebuilt)
        assert found == (want or found) and found[()][0] > 100
        want = found
    assert kept_up(opened)
    opened.close()


def test_while_they_are_rebuilt_the_records_answer(
    tmp_path: Path, csv_file: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, seen = Store(str(tmp_path / "meanwhile.duckdb")), []
    draft_piece = rollups.draft_piece

    def watched(*arguments: Any) -> None:
        seen.append(opened.rollups())
        draft_piece(*arguments)

    monkeypatch.setattr(rollups, "draft_piece", watched)
    monkeypatch.setattr(rollups, "PIECE", 300)
    import_csv(opened, csv_file, now)
    assert len(seen) > 2 and not any(seen)
    assert opened.rollups() and kept_up(opened)
    opened.close()
