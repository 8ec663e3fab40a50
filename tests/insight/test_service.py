"""The service over HTTP: roles from the token alone, errors in Chinese, import and export."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from fastapi.testclient import TestClient

from common import settings, tokens
from common.clock import clock
from common.tokens import Claims
from insight import cli
from insight.engine import Insight
from insight.records.store import Store
from insight.serve import create_app


@pytest.fixture
def client(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setenv("MENZHEN_SECRET_KEY", "a-key-for-this-test-of-some-length")
    monkeypatch.setenv("MENZHEN_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("MENZHEN_CLOCK", f"{_epoch()}|2026-11-22T09:00:00+08:00|1")
    settings.get.cache_clear()
    clock.cache_clear()
    with TestClient(create_app(store, follow=False), raise_server_exceptions=False) as opened:
        yield opened
    settings.get.cache_clear()
    clock.cache_clear()


def _epoch() -> float:
    return time.time()


def auth(role: str = "director", **claims: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens.issue(Claims(sub=f'{role}-1', role=role, **claims))}"}


def ask(client: TestClient, question: str, headers: dict[str, str], session: str | None = None) -> Any:
    return client.post("/insight/ask", json={"question": question, "session": session}, headers=headers)


def test_ready(client: TestClient) -> None:
    assert client.get("/ready").json() == {"status": "ready"}


def test_an_answer_over_http(client: TestClient) -> None:
    body = ask(client, "上周各科室门诊量", auth()).json()
    assert body["status"] == "answered" and body["rows"]
    assert body["table"]["columns"][0] == {"key": "department", "title": "科室"}
    assert len(body["table"]["rows"]) == len(body["rows"])


def test_the_role_comes_from_the_token(client: TestClient) -> None:
    head = auth("head", department="眼科")
    assert ask(client, "内科上周门诊量", head).json()["status"] == "forbidden"
    assert ask(client, "上周门诊量", head).json()["interpretation"]["filters"] == {"department": ["眼科"]}


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic x"}])
def test_without_a_valid_token_nothing_is_said(client: TestClient, headers: dict[str, str]) -> None:
    answer = ask(client, "昨天门诊量", headers)
    assert answer.status_code == 401 and answer.json()["error"]["message"]


def test_patients_and_services_do_not_ask(client: TestClient) -> None:
    assert ask(client, "昨天门诊量", auth("patient")).status_code == 403
    assert ask(client, "昨天门诊量", auth("service")).status_code == 403


def test_conversations_belong_to_their_person(client: TestClient) -> None:
    ask(client, "昨天各科室门诊量", auth(), "one")
    assert ask(client, "那上周呢", auth(), "one").json()["interpretation"]["group_by"] == ["department"]
    assert ask(client, "那上周呢", auth("finance"), "one").json()["status"] != "answered"


def test_an_empty_question_is_a_clear_error(client: TestClient) -> None:
    answer = ask(client, " ", auth())
    assert answer.status_code == 400 and answer.json()["error"] == {
        "code": "bad_question",
        "message": "请输入一个问题。",
    }


def events(client: TestClient, question: str, path: str = "/insight/ask/stream", **headers: str) -> list[Any]:
    """(event, data) of a streamed answer."""
    with client.stream("POST", path, json={"question": question}, headers=auth() | headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        text = answer.read().decode()
    found = [event.split("\ndata: ") for event in text.strip().split("\n\n")]
    return [(name.removeprefix("event: "), orjson.loads(data)) for name, data in found]


@pytest.mark.parametrize(
    ("path", "headers"), [("/insight/ask/stream", {}), ("/insight/ask", {"Accept": "text/event-stream"})]
)
def test_progress_is_streamed_before_the_answer(
    client: TestClient, path: str, headers: dict[str, str]
) -> None:
    *progress, (name, answer) = events(client, "上周各科室门诊量", path, **headers)
    assert (name, answer["status"]) == ("answer", "answered") and answer["rows"]
    assert [n for n, _ in progress] == ["progress"] * len(progress)
    stages = {data["stage"]: data["text"] for _, data in progress}
    assert list(stages) == ["understood", "querying", "drawing"]
    assert "2026年11月9日至15日" in stages["understood"] and "门诊量，按科室" in stages["understood"]


def test_a_long_answer_says_every_second_what_it_is_at(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from insight.answer import run

    fetch = run.Runner.fetch

    def slowly(runner: Any, query: Any) -> Any:
        time.sleep(1.5)
        return fetch(runner, query)

    monkeypatch.setattr(run.Runner, "fetch", slowly)
    waited = [data for name, data in events(client, "昨天门诊量") if name == "progress" and "seconds" in data]
    assert [(data["stage"], data["seconds"]) for data in waited][:1] == [("querying", 1)]


def test_a_stream_that_fails_says_so(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [name for name, _ in events(client, " ")] == ["error"]
    monkeypatch.setattr(Insight, "ask", lambda *arguments: 1 / 0)
    ((name, data),) = events(client, "昨天门诊量")
    assert name == "error" and data["error"]["message"]


def test_a_picture_can_be_had(client: TestClient) -> None:
    answer = client.post("/insight/chart.png", json={"question": "上周各科室门诊量"}, headers=auth())
    assert answer.headers["content-type"] == "image/png" and answer.content.startswith(b"\x89PNG")
    assert (
        client.post(
            "/insight/chart.png", json={"question": "内科上周门诊量"}, headers=auth("head", department="眼科")
        ).status_code
        == 404
    )


def test_import_and_export_are_for_services(
    client: TestClient, csv_file: Path, records: list[dict[str, Any]]
) -> None:
    assert client.post("/insight/import", json={"path": str(csv_file)}, headers=auth()).status_code == 403
    report = client.post("/insight/import", json={"path": str(csv_file)}, headers=auth("service")).json()
    assert report["unchanged"] == len(records)
    gone = client.post("/insight/import", json={"path": "/no/such.csv"}, headers=auth("service"))
    assert gone.status_code == 400 and "没有这个文件" in gone.json()["error"]["message"]
    assert client.get("/insight/export", headers=auth()).status_code == 403
    text = client.get("/insight/export", headers=auth("service")).text
    assert len(text.splitlines()) == len(records) + 1


def test_suggestions_are_what_the_viewer_may_ask(client: TestClient) -> None:
    everything = client.get("/insight/suggestions", headers=auth()).json()["suggestions"]
    own = client.get("/insight/suggestions", headers=auth("head", department="眼科")).json()["suggestions"]
    assert 0 < len(own) < len(everything)
    for question in own:
        assert ask(client, question, auth("head", department="眼科")).json()["status"] == "answered"


def test_inbox_and_subscriptions_belong_to_their_person(client: TestClient) -> None:
    kept = ask(client, "每天早上八点把昨天门诊量发给我", auth()).json()["subscription"]
    assert [
        s["id"] for s in client.get("/insight/subscriptions", headers=auth()).json()["subscriptions"]
    ] == [kept["id"]]
    assert client.get("/insight/subscriptions", headers=auth("finance")).json()["subscriptions"] == []
    assert client.delete(f"/insight/subscriptions/{kept['id']}", headers=auth("finance")).status_code == 404
    assert client.delete(f"/insight/subscriptions/{kept['id']}", headers=auth()).json() == {
        "cancelled": kept["id"]
    }
    assert client.get("/insight/inbox", headers=auth()).json() == {"messages": []}


def test_the_description_of_the_api_names_the_doors(client: TestClient) -> None:
    assert {"/insight/ask", "/insight/inbox", "/insight/import"} <= client.get("/openapi.json").json()[
        "paths"
    ].keys()


def test_the_command_line_on_a_store_of_its_own(
    tmp_path: Path, csv_file: Path, now: Any, client: TestClient, records: list[dict[str, Any]]
) -> None:
    path = str(tmp_path / "cli.duckdb")
    told: list[tuple[int, int]] = []
    report = cli.import_file(csv_file, path, lambda done, total: told.append((done, total)))
    assert report.inserted == len(records) and told[-1][0] == told[-1][1] == len(records)
    assert told == sorted(told) and len(told) == 5
    lines = ["昨天各科室门诊量", "那上周呢", "", "那上周呢"]
    answers = [orjson.loads(line) for line in cli.ask(lines, path, now, "director", True)]
    assert [a["status"] for a in answers][:2] == ["answered", "answered"] and answers[2][
        "status"
    ] != "answered"
    assert "口径" in next(iter(cli.ask(["昨天门诊量"], path, now, "head:眼科", False)))
    assert cli.export_file(tmp_path / "out.csv", path) == len(records)
