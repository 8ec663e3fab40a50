"""What ails a person is found in their own words; what only looks like it, or is over, is not."""

from pathlib import Path
from typing import Any

import pytest

from bot.engine import definitions
from bot.nlu import complaints

TABLE = complaints.load(Path(__file__).resolve().parents[2] / "nlu_data" / "knowledge" / "triage.yml")


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("胸口疼", "胸口疼"),
        ("我妈昨晚开始肚子拧着疼", "肚子拧着疼"),
        ("膝 盖 疼 得上不了楼", "膝盖疼"),
        ("胃不舒服两天了", "胃不舒服"),
        ("浑身难受", "浑身难受"),
    ],
)
def test_what_can_mean_nothing_else_is_sure(sentence: str, words: str) -> None:
    assert TABLE.find(sentence) == complaints.Complaint(words, True)


def test_the_vocabularys_symptoms_are_sure() -> None:
    found = TABLE.find("一直打喷嚏", ["打喷嚏"])
    assert found and found.sure and found.text == "打喷嚏"


@pytest.mark.parametrize("sentence", ["掉头发", "推迟到下周三", "我要看妇科", "牙"])
def test_words_that_may_mean_something_else_are_not(sentence: str) -> None:
    found = TABLE.find(sentence)
    assert found and not found.sure


@pytest.mark.parametrize(
    "sentence",
    [
        "",
        "第二个",
        "明天上午",
        "确认",
        "没有发烧",
        "没有胸口疼",
        "牙不疼了",
        "头已经不疼了",
        "咳嗽好了",
        "王医生",
    ],
)
def test_what_is_denied_or_over_or_none_is_not_found(sentence: str) -> None:
    assert TABLE.find(sentence) is None


def test_a_denied_symptom_of_the_vocabulary_does_not_count() -> None:
    assert TABLE.find("没有发烧", ["发烧"]) is None


@pytest.mark.parametrize(
    "table", [{}, {"words": {}}, {"words": {}, "findings": [{"patterns": ["{没有}疼"]}]}]
)
def test_a_broken_file_is_told_of(table: dict[str, Any]) -> None:
    with pytest.raises(complaints.ComplaintsError, match="导诊资料|缺少"):
        complaints.Complaints(table)


def test_a_file_that_is_not_there_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(complaints.ComplaintsError, match="读不了"):
        complaints.load(tmp_path / "nothing.yml")


def test_a_flow_takes_complaints_into_a_slot_of_its_own() -> None:
    content = {"flow": "triage", "name": "导诊", "run": "action_x", "complaints": "pain", "collect": []}
    with pytest.raises(definitions.FlowError, match="pain"):
        definitions.read(content, "triage.yml")
