"""Files of visit records: imported once, checked line by line, never half."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from insight.errors import ImportFailed, StoreError
from insight.records import reading
from insight.records.exporting import export_csv
from insight.records.importing import import_csv
from insight.records.schema import COLUMNS, VISITS
from insight.records.store import Store

from . import hospital


@pytest.fixture(params=["in memory", "in the store"])
def empty(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A new store; small files go through memory, large ones through a table of the store."""
    if request.param == "in the store":
        monkeypatch.setattr(reading, "IN_MEMORY_BYTES", -1)
        monkeypatch.setattr(reading, "FIRST_IN_MEMORY_BYTES", -1)
    return Store(str(tmp_path / "empty.duckdb"))


def count(store: Store) -> int:
    with store.engine.connect() as connection:
        return len(connection.execute(select(VISITS.c.visit_id)).all())


def lines(path: Path, *rows: str) -> Path:
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


HEADER = "visit_id,department,status,appointment_start,checked_in_at,consult_start,satisfaction,fee_total"


def test_importing_twice_changes_nothing(
    empty: Store, csv_file: Path, now: datetime, records: list[dict[str, Any]]
) -> None:
    first = import_csv(empty, csv_file, now)
    again = import_csv(empty, csv_file, now)
    assert (first.inserted, first.updated, first.rejected) == (len(records), 0, 0)
    assert (again.inserted, again.updated, again.unchanged) == (0, 0, len(records))
    assert count(empty) == len(records)


def test_a_changed_record_is_updated(
    empty: Store, tmp_path: Path, now: datetime, records: list[dict[str, Any]]
) -> None:
    import_csv(empty, hospital.write_csv(tmp_path / "a.csv", records[:50]), now)
    changed = [dict(row) for row in records[:60]]
    changed[3]["satisfaction"] = 1
    report = import_csv(empty, hospital.write_csv(tmp_path / "b.csv", changed), now)
    assert (report.inserted, report.updated, report.unchanged) == (10, 1, 49)
    with empty.engine.connect() as connection:
        score = connection.execute(
            select(VISITS.c.satisfaction).where(VISITS.c.visit_id == changed[3]["visit_id"])
        ).scalar_one()
    assert score == 1


def test_bad_lines_are_left_out_counted_and_named(empty: Store, tmp_path: Path, now: datetime) -> None:
    path = lines(
        tmp_path / "bad.csv",
        HEADER,
        "V1,内科,completed,2026-11-20T08:00:00,2026-11-20T08:00:00,2026-11-20T08:30:00,5,100",
        "V2,内科,completed,yesterday,,,5,100",
        "V3,内科,lost,2026-11-20T08:00:00,,,5,100",
        "V4,内科,completed,2026-11-20T08:00:00",
        ",内科,completed,2026-11-20T08:00:00,,,5,100",
        "V6,内科,completed,2026-11-20T08:00:00,,,9,100",
        "V7,内科,completed,2026-11-20T08:00:00,,,5,-1",
        "V8,,completed,2026-11-20T08:00:00,,,5,1",
    )
    report = import_csv(empty, path, now)
    assert (report.read, report.inserted, report.rejected) == (8, 1, 7)
    assert {error["line"] for error in report.errors} == {3, 4, 5, 6, 7, 8, 9}
    reasons = {error["line"]: error["reason"] for error in report.errors}
    assert (
        "状态" in reasons[4]
        and "就诊号" in reasons[6]
        and "满意度" in reasons[7]
        and "费用" in reasons[8]
        and "科室" in reasons[9]
    )


def test_times_out_of_order_count_as_missing_and_are_reported(
    empty: Store, tmp_path: Path, now: datetime
) -> None:
    path = lines(
        tmp_path / "order.csv", HEADER,
        "V1,内科,completed,2026-11-20T08:00:00,2026-11-20T08:30:00,2026-11-20T08:00:00,5,100",
        "V2,内科,completed,2026-11-20T08:00:00,2026-11-30T08:30:00,,5,100",
    )  # fmt: skip
    report = import_csv(empty, path, now)
    assert report.inserted == 2
    assert sorted(report.warnings.values()) == [1, 1]
    with empty.engine.connect() as connection:
        assert (
            connection.execute(select(VISITS.c.wait_seconds).where(VISITS.c.visit_id == "V1")).scalar()
            is None
        )


def test_a_visit_twice_in_one_file_is_taken_once_the_later_line(
    empty: Store, tmp_path: Path, now: datetime
) -> None:
    path = lines(
        tmp_path / "twice.csv", HEADER,
        "V1,内科,booked,2026-11-20T08:00:00,,,,0", "V1,内科,completed,2026-11-20T08:00:00,,,4,100",
    )  # fmt: skip
    report = import_csv(empty, path, now)
    assert (report.inserted, report.repeated) == (1, 1)
    with empty.engine.connect() as connection:
        assert connection.execute(select(VISITS.c.status)).scalar_one() == "completed"


@pytest.mark.parametrize(
    ("written", "hour"),
    [
        ("2026-11-20T08:00:00", 8),
        ("2026-11-20T00:00:00Z", 8),
        ("2026-11-20T08:00:00+08:00", 8),
        ("2026-11-19T19:00:00-05:00", 8),
        ("2026-11-20T08:00", 8),
    ],
)
def test_times_with_an_offset_become_local(
    empty: Store, tmp_path: Path, now: datetime, written: str, hour: int
) -> None:
    import_csv(empty, lines(tmp_path / "o.csv", HEADER, f"V1,内科,completed,{written},,,5,100"), now)
    with empty.engine.connect() as connection:
        assert connection.execute(select(VISITS.c.appointment_start)).scalar_one() == datetime(
            2026, 11, 20, hour
        )


@pytest.mark.parametrize(
    "content", ["", "a,b\n1,2\n", "visit_id,visit_id,department,status,appointment_start\n"]
)
def test_a_file_that_is_no_visit_file_is_refused_whole(
    empty: Store, tmp_path: Path, now: datetime, content: str
) -> None:
    path = tmp_path / "no.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ImportFailed):
        import_csv(empty, path, now)
    assert count(empty) == 0


def test_files_that_cannot_be_read_are_named(empty: Store, tmp_path: Path, now: datetime) -> None:
    with pytest.raises(ImportFailed) as gone:
        import_csv(empty, tmp_path / "gone.csv", now)
    assert "没有这个文件" in gone.value.message
    latin = tmp_path / "gbk.csv"
    latin.write_bytes("就诊号,科室\n".encode("gbk"))
    with pytest.raises(ImportFailed) as unread:
        import_csv(empty, latin, now)
    assert "UTF-8" in unread.value.message


def test_columns_may_come_in_any_order_and_others_are_ignored(
    empty: Store, tmp_path: Path, now: datetime, records: list[dict[str, Any]]
) -> None:
    columns = [*reversed(COLUMNS), "ward"]
    report = import_csv(empty, hospital.write_csv(tmp_path / "r.csv", records[:30], columns), now)
    assert report.inserted == 30


def test_export_is_what_was_imported(
    empty: Store, csv_file: Path, tmp_path: Path, now: datetime, records: list[dict[str, Any]]
) -> None:
    import_csv(empty, csv_file, now)
    out = tmp_path / "out.csv"
    with out.open("w", encoding="utf-8", newline="") as handle:
        assert export_csv(empty, handle) == len(records)
    assert sorted(out.read_text().splitlines()) == sorted(csv_file.read_text().splitlines())


def test_progress_is_told(empty: Store, csv_file: Path, now: datetime) -> None:
    told: list[str] = []
    import_csv(empty, csv_file, now, lambda stage, rows: told.append(stage))
    assert told[0] == "读取" and told[-1] == "完成"


def test_a_store_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as missing:
        Store(str(tmp_path / "none.duckdb"), create=False)
    assert "没有就诊记录库" in missing.value.message


def test_new_departments_are_known_at_once(
    empty: Store, tmp_path: Path, now: datetime, records: list[dict[str, Any]]
) -> None:
    import_csv(empty, hospital.write_csv(tmp_path / "a.csv", records[:10]), now)
    before = set(empty.values()["department"])
    row = records[0] | {
        "visit_id": "X1",
        "department": "变态反应科",
        "appointment_start": hospital.LAST - timedelta(1),
    }
    import_csv(empty, hospital.write_csv(tmp_path / "b.csv", [row]), now)
    assert set(empty.values()["department"]) == before | {"变态反应科"}
