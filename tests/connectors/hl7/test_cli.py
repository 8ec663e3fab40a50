"""`./menzhen hl7`: files in, bundles or what is wrong out, and the exit status."""

import io
import json
import sys
from pathlib import Path

import pytest

from connectors.hl7 import cli, mllp
from tests.connectors.hl7 import messages

Captured = pytest.CaptureFixture[bytes]


@pytest.fixture
def output(capsysbinary: Captured) -> Captured:
    return capsysbinary


def test_a_message_becomes_a_bundle(tmp_path: Path, output: Captured) -> None:
    (tmp_path / "a.hl7").write_bytes(
        messages.ARRIVED.encode("gb18030").replace(b"UNICODE UTF-8", b"GB 18030-2000")
    )
    assert cli.main([str(tmp_path / "a.hl7"), "--json"]) == 0
    [line] = output.readouterr().out.splitlines()
    answer = json.loads(line)
    assert answer["bundle"]["resourceType"] == "Bundle" and "张三" in line.decode()


def test_without_json_the_bundle_stands_alone(tmp_path: Path, output: Captured) -> None:
    (tmp_path / "a.hl7").write_text(messages.BOOKED, newline="")
    assert cli.main([str(tmp_path / "a.hl7")]) == 0
    assert json.loads(output.readouterr().out)["type"] == "transaction"


def test_many_messages_one_wrong(tmp_path: Path, output: Captured) -> None:
    framed = mllp.frame(messages.ARRIVED.encode()) + mllp.frame(messages.BILLED.encode())
    batch = "BHS|^~\\&|A\r" + messages.BOOKED + messages.HEADER.format("ADT^A04") + "BTS|2\r"
    (tmp_path / "framed").write_bytes(framed)
    (tmp_path / "batch").write_text(batch, newline="")
    assert cli.main([str(tmp_path / "framed"), str(tmp_path / "batch"), "--json"]) == 1
    answers = [json.loads(line) for line in output.readouterr().out.splitlines()]
    assert [("bundle" in one, one["message"]) for one in answers] == [
        (True, 1),
        (True, 2),
        (True, 1),
        (False, 2),
    ]
    assert answers[3]["error"]["code"] == "BAD_MESSAGE"


@pytest.mark.parametrize("data", [b"", b"hello", b"\xff\xfe\x00", b"MSH|^~\\&|"])
def test_what_is_no_message_is_said_in_one_line(
    data: bytes, output: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert cli.main([]) == 1
    captured = output.readouterr()
    assert captured.out == b"" and len(captured.err.splitlines()) == 1


def test_a_file_that_is_not_there_is_wrong_use(tmp_path: Path, output: Captured) -> None:
    assert cli.main([str(tmp_path / "none")]) == 2
    assert len(output.readouterr().err.splitlines()) == 1
