"""What may be said in each state, and how written wording is spoken."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from chinese.numerals import parse_cardinal
from common.settings import ROOT
from voice.expect import FREE, KINDS, Expectation, always, phrases
from voice.repair import Vocabulary
from voice.spoken import cardinal, clock, pieces, spoken

VOCABULARY = Vocabulary.of(
    {
        "department": ["骨科", "耳鼻咽喉科", "五官科"],
        "doctor": ["王建国", "欧阳敏"],
        "person": ["我妈", "孩子"],
        "visit_type": ["专家号"],
    }
)
SLOTS = {
    "kinds": ["choice"],
    "slot": "appointment_slot",
    "flow": "book_appointment",
    "options": [
        {
            "id": "slot-1",
            "title": "王长河 主任医师 9:00–9:15 专家号 50元",
            "words": ["王长河", "王医生", "9:00"],
        },
        {"id": "slot-2", "title": "李敏 14:30–14:45 普通号", "words": ["李敏", "14:30"]},
    ],
}


def allowed(*kinds: str) -> set[str]:
    return set(phrases(Expectation(kinds), VOCABULARY))


def test_a_department_is_said_by_its_names_and_in_a_sentence() -> None:
    assert {"骨科", "五官科", "我想看耳鼻咽喉科", "骨科的号"} <= allowed("department")
    assert "王建国" not in allowed("department")


def test_a_doctor_is_said_by_name_and_by_title() -> None:
    assert {"王建国", "王医生", "王建国主任", "看王大夫"} <= allowed("doctor")


def test_somebody_of_the_family_is_called_with_or_without_my() -> None:
    said = allowed("person")
    assert {"我妈", "孩子", "我孩子", "给我孩子挂"} <= said
    assert "我我妈" not in said


def test_the_options_on_the_screen_are_said_by_place_by_word_and_by_time() -> None:
    said = set(phrases(Expectation.of(SLOTS), VOCABULARY))
    assert {"第一个", "选第二个", "王长河", "王医生", "九点", "两点半", "十四点三十", "专家号"} <= said
    # Only two are shown.
    assert "第三个" not in said


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"free", "symptom"}))
def test_commands_skills_and_emergencies_are_heard_in_every_state(kind: str) -> None:
    said = allowed(kind)
    assert {
        "再说一遍",
        "上一步",
        "取消",
        "算了",
        "不对",
        "人工",
        "帮助",
        "停",
        "挂号",
        "缴费",
        "查报告",
    } <= said
    assert {"喘不上气", "胸口疼", "昏迷", "救命"} <= said
    assert set(always()) <= said


def test_every_flow_of_the_assistant_can_be_called_by_its_name() -> None:
    names = {
        yaml.safe_load(path.read_text(encoding="utf-8"))["name"]
        for path in (ROOT / "bot" / "flows").glob("*.yml")
    }
    assert names <= set(always())


@pytest.mark.parametrize("kinds", [("free",), ("symptom",), ("choice", "free")])
def test_where_anything_may_be_said_no_list_restricts_it(kinds: tuple[str, ...]) -> None:
    assert phrases(Expectation(kinds), VOCABULARY) == []


def test_phrases_hold_no_digits_marks_or_doubles() -> None:
    for kind in KINDS:
        found = phrases(Expectation.of({**SLOTS, "kinds": [kind]}), VOCABULARY)
        assert len(found) == len(set(found))
        assert all("\u4e00" <= char <= "\u9fff" for phrase in found for char in phrase)


@pytest.mark.parametrize(
    ("content", "kinds"),
    [
        ({}, ("free",)),
        ({"kinds": ["department", "mood"]}, ("department", "free")),
        ({"kinds": "department", "options": 3}, ("free",)),
        ({"kinds": ["choice"], "options": [None, {"id": 1, "words": "x"}]}, ("choice",)),
    ],
)
def test_what_is_not_understood_of_an_expectation_is_free(content: dict, kinds: tuple[str, ...]) -> None:
    assert Expectation.of(content).kinds == kinds
    assert Expectation.of({}) == FREE


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
    )
)
def test_no_json_breaks_an_expectation(value: object) -> None:
    for content in (
        {"kinds": value},
        {"kinds": ["choice"], "options": value},
        {"options": [{"words": value}]},
    ):
        phrases(Expectation.of(content), VOCABULARY)


@given(st.integers(0, 9999))
def test_a_number_is_said_as_it_is_understood(value: int) -> None:
    assert parse_cardinal(cardinal(value)) == value


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("9:30", "九点半"),
        ("9:30", "九点三十"),
        ("14:15", "两点一刻"),
        ("8:05", "八点零五分"),
        ("11月6日上午", "十一月六号上午"),
        ("3号", "三号"),
        ("50元", "五十元"),
        ("2000元", "两千元"),
        ("2000元", "二千元"),
        ("250", "二百五十"),
        ("250", "两百五十"),
        ("看更多", "看更多"),
        ("01088886666", "零一零八八八八六六六六"),
    ],
)
def test_written_wording_as_it_is_said(written: str, said: str) -> None:
    assert said in spoken(written)


def test_what_holds_letters_is_not_listened_for() -> None:
    assert spoken("CT 检查") == []
    assert pieces("CT 检查 血常规") == ["检查", "血常规"]


def test_noon_and_midnight() -> None:
    assert clock(12, 0)[0] == "十二点"
    assert clock(0, 30)[0] == "零点半"
    assert "两点" in clock(2, 0)
