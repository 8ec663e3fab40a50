"""导出: a link to the answer's table, good for the one who asked, for a while, and for nothing else."""

import csv
import io
from typing import Any

import pytest
from fastapi.testclient import TestClient

from common import tokens
from common.errors import NotAuthorised
from insight import downloads

from .test_service import ask, auth, client  # noqa: F401


def fetched(client: TestClient, url: str) -> list[list[str]]:  # noqa: F811
    answer = client.get(url)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert ".csv" in answer.headers["content-disposition"]
    assert answer.content.startswith(b"\xef\xbb\xbf"), "Excel shows Chinese only with a byte order mark"
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def exported(client: TestClient, headers: dict[str, str], *questions: str) -> dict[str, Any]:  # noqa: F811
    body: dict[str, Any] = {}
    for question in questions:
        body = ask(client, question, headers, "talk").json()
    return body


def test_the_file_holds_the_numbers_of_the_answer(client: TestClient) -> None:  # noqa: F811
    body = exported(client, auth(), "上周各科室候诊时间", "导出")
    rows = fetched(client, body["export"]["url"])
    assert rows[0] == ["科室", "候诊时长（分钟）", "就诊数"]
    table = rows[1 : rows.index([])]
    assert len(table) == len(body["rows"])
    assert {r[0]: float(r[1]) for r in table} == pytest.approx(
        {r["department"]: r["value"] for r in body["rows"]}, abs=1e-3
    )
    assert any(r and r[0] == "口径" for r in rows)


def test_a_follow_up_is_exported_as_it_stands(client: TestClient) -> None:  # noqa: F811
    body = exported(client, auth(), "上周各科室门诊量", "那上上周呢", "只看本部", "导出excel")
    assert body["interpretation"]["filters"] == {"campus": ["本部"]}
    rows = fetched(client, body["export"]["url"])
    assert sum(float(r[1]) for r in rows[1 : rows.index([])]) == sum(r["value"] for r in body["rows"])


def test_rates_are_per_cent_in_the_sheet(client: TestClient) -> None:  # noqa: F811
    body = exported(client, auth(), "导出上个月各渠道爽约率")
    rows = fetched(client, body["export"]["url"])
    assert rows[0][1] == "爽约率（%）"
    assert float(rows[1][1]) == pytest.approx(body["rows"][0]["value"] * 100, abs=1e-3)


def test_a_head_exports_no_more_than_was_answered(client: TestClient) -> None:  # noqa: F811
    head = auth("head", department="眼科")
    body = exported(client, head, "上周各诊室门诊量", "导出")
    rooms = {r[0] for r in fetched(client, body["export"]["url"])[1:] if r and r[0].endswith("诊室")}
    assert rooms and all(room.startswith("眼科") for room in rooms)
    assert "export" not in exported(client, head, "导出全院各科室收入")
    assert exported(client, head, "导出内科上周收入")["status"] == "forbidden"


def test_a_link_is_no_log_in(client: TestClient) -> None:  # noqa: F811
    url = exported(client, auth(), "上周各科室门诊量", "导出")["export"]["url"]
    token = url.rsplit("/", 1)[1]
    with pytest.raises(NotAuthorised):
        tokens.verify(token)
    stolen = {"Authorization": f"Bearer {token}"}
    assert ask(client, "上周门诊量", stolen).status_code == 401


def test_a_log_in_is_no_link_and_a_changed_link_is_none(client: TestClient) -> None:  # noqa: F811
    token = auth()["Authorization"].removeprefix("Bearer ")
    assert client.get(f"/insight/export/{token}").status_code == 410
    url = exported(client, auth(), "上周各科室门诊量", "导出")["export"]["url"]
    assert client.get(url[:-4] + "AAAA").status_code == 410
    assert "失效" in client.get(url[:-4] + "AAAA").json()["error"]["message"]


def test_a_link_ends(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setattr(downloads, "SECONDS", -5)
    url = exported(client, auth(), "上周各科室门诊量", "导出")["export"]["url"]
    assert client.get(url).status_code == 410


def test_nothing_to_export_is_no_link(client: TestClient) -> None:  # noqa: F811
    assert "export" not in exported(client, auth(), "2019年各科室门诊量", "导出")


def test_a_name_that_looks_like_a_formula_stays_text() -> None:
    answer = {
        "table": {"columns": [{"key": "department", "title": "科室"}, {"key": "value", "title": "门诊量"}],
                  "rows": [["=HYPERLINK(1)", "3 人次"]]},
        "rows": [{"department": "=HYPERLINK(1)", "value": 3}],
        "unit": "visits", "answer": "", "definition": "", "as_of": "",
    }  # fmt: skip
    assert "'=HYPERLINK(1),3" in downloads.sheet(answer).decode("utf-8-sig")


def test_a_file_of_several_numbers_has_a_line_for_each_with_its_unit(client: TestClient) -> None:  # noqa: F811
    body = exported(client, auth(), "上周各科室门诊量、收入和爽约率", "导出")
    rows = fetched(client, body["export"]["url"])
    assert rows[0] == ["指标", "科室", "数值", "就诊数", "单位"]
    table = rows[1 : rows.index([])]
    assert len(table) == len(body["rows"])
    assert {row[0]: row[4] for row in table} == {"门诊量": "人次", "门诊收入": "元", "爽约率": "%"}
    rates = [r["value"] for r in body["rows"] if r["metric"] == "no_show_rate"]
    assert [float(row[2]) for row in table if row[0] == "爽约率"] == pytest.approx(
        [v * 100 for v in rates], abs=1e-3
    )
