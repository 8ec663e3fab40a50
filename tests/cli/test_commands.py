"""The command line: wrong input is one line and status 2; engines work alone; JSON is a line each."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from cli.commands import bench
from tests.support.processes import ROOT


def menzhen(*arguments: str, given: str = "", where: Path = ROOT) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "MENZHEN_CALLER"}
    return subprocess.run(
        [ROOT / "menzhen", *arguments],
        input=given,
        capture_output=True,
        text=True,
        cwd=where,
        env=environment,
    )


def test_help_names_every_command() -> None:
    words = menzhen("--help").stdout
    for name in (
        "up",
        "down",
        "status",
        "test",
        "train",
        "chat",
        "parse",
        "transcribe",
        "check",
        "new",
        "bench",
    ):
        assert f"  {name} " in words


@pytest.mark.parametrize(
    "arguments",
    [
        ["dance"],
        ["time", "--now", "yesterday"],
        ["time", "--prefer", "maybe"],
        ["chat", "--as", "nobody"],
        ["ask", "--as", "nobody"],
        ["ask", "--now", "soon"],
        ["visits", "import"],
        ["visits", "import", "/no/such/file.csv"],
        ["new", "skill", "Not-A-Name"],
        ["bench", "nothing"],
        ["up", "--now", "tomorrow"],
    ],
)
def test_wrong_input_is_one_line_and_status_2(arguments: list[str]) -> None:
    done = menzhen(*arguments)
    assert done.returncode in (1, 2) if arguments[0] == "bench" else done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert done.stdout == ""


def test_records_are_imported_and_asked_about_where_the_person_stands(tmp_path: Path) -> None:
    rows = [
        "visit_id,department,status,appointment_start",
        "V1,内科,completed,2026-11-21T09:00:00",
        "V2,内科,lost,",
    ]
    (tmp_path / "visits.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    store = ["--store", "mine.duckdb"]
    done = menzhen("visits", "import", "visits.csv", *store, "--json", where=tmp_path)
    report = json.loads(done.stdout)
    assert (report["inserted"], report["rejected"], report["errors"][0]["line"]) == (1, 1, 3)
    asked = menzhen(
        "ask", *store, "--now", "2026-11-22T09:00", "--json", given="昨天门诊量\n", where=tmp_path
    )
    assert json.loads(asked.stdout)["rows"][0]["value"] == 1
    out = menzhen("visits", "export", *store, where=tmp_path).stdout
    assert len(out.splitlines()) == 2 and "V1" in out
    gone = menzhen("ask", "--store", "none.duckdb", given="昨天门诊量\n", where=tmp_path)
    assert (gone.returncode, gone.stdout, len(gone.stderr.strip().splitlines())) == (1, "", 1)
    assert "没有就诊记录库" in gone.stderr and not (tmp_path / "none.duckdb").exists()


def test_time_expressions_a_line_each() -> None:
    done = menzhen("time", "--now", "2026-11-23T09:00", "--json", given="明天上午\n没有\n")
    first, second = (json.loads(line) for line in done.stdout.splitlines())
    assert first["matches"][0]["start"] == "2026-11-24T00:00:00+08:00"
    assert first["matches"][0]["end"] == "2026-11-24T12:00:00+08:00"
    assert second["matches"] == []


def test_parse_works_without_anything_running() -> None:
    done = menzhen(
        "parse", "--json", "--now", "2026-11-23T09:00", given="我想挂明天上午骨科的号\n胸口压着疼出冷汗\n"
    )
    booking, emergency = (json.loads(line) for line in done.stdout.splitlines())
    assert booking["skill"] == "book_appointment"
    found = {e["entity"]: e["value"] for e in booking["entities"]}
    assert found["department"]["name"] == "骨科"
    assert found["date_time"]["start"].startswith("2026-11-24T00:00")
    assert emergency["skill"] == "emergency"


def test_triage_works_without_anything_running() -> None:
    done = menzhen("triage", "--json", given="膝盖疼，上下楼梯更厉害\n胸口压着疼出冷汗\n")
    knee, heart = (json.loads(line) for line in done.stdout.splitlines())
    assert knee["departments"][0]["department"] == "骨科"
    assert not knee["emergency"]
    assert heart["emergency"]


def test_every_benchmark_says_what_it_measures() -> None:
    assert {"chat"} <= bench.titles().keys()
    assert all(bench.titles().values())


def test_a_message_that_is_no_hl7_is_said_to_be_none(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "a.hl7"
    path.write_text("hello")
    done = menzhen("hl7", str(path))
    assert done.returncode in (1, 2)
    assert done.stderr.strip() or done.stdout.strip()


def test_files_are_looked_for_where_the_person_stands(tmp_path: Path) -> None:
    (tmp_path / "a.hl7").write_text("MSH|^~\\&|A|B|C|D|20261123||ADT^A04|1|P|2.4\rPID|1||P1||张^三\r")
    done = menzhen("hl7", "a.hl7", where=tmp_path)
    assert done.returncode == 0
    assert json.loads(done.stdout)["resourceType"] == "Bundle"
