"""Triage: departments with a reason, emergencies first, one question at most; and the files that people edit."""

import copy
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from actions import knowledge
from actions.knowledge import KnowledgeError
from actions.triage_core import TriageError, age_of, compile_knowledge, triage
from tests.actions.conftest import People


def names(text: str) -> list[str]:
    return [d["department"] for d in triage(text)["departments"]]


@pytest.mark.parametrize(
    ("text", "department"),
    [
        ("膝盖疼，上下楼更厉害", "骨科"),
        ("老是反酸烧心", "消化内科"),
        ("我爸血压高，头有点晕", "心血管内科"),
        ("最近总口渴，血糖高", "内分泌科"),
        ("身上起红疹子很痒", "皮肤科"),
        ("牙疼得睡不着", "口腔科"),
        ("看东西模糊", "眼科"),
        ("耳朵嗡嗡响", "耳鼻喉科"),
        ("月经推迟了十天", "妇科"),
        ("尿频尿急", "肾内科"),
        ("咳嗽一个星期了有痰", "呼吸内科"),
        ("老忘事，手抖", "神经内科"),
        ("得了乙肝", "感染科"),
        ("前列腺不舒服", "泌尿外科"),
        ("情绪低落老想哭", "精神心理科"),
    ],
)
def test_first_department(text: str, department: str) -> None:
    assert names(text)[0] == department


class TestPeople:
    def test_a_child_sees_the_childrens_doctor(self) -> None:
        assert "儿科" in names("孩子5岁，咳嗽流鼻涕")
        assert "儿科" not in names("我45岁，咳嗽流鼻涕")

    def test_wishing_for_a_child_is_not_having_one_ill(self) -> None:
        assert "儿科" not in names("老公得了胃炎，我们准备要孩子")

    def test_pregnancy_adds_the_obstetrician(self) -> None:
        assert "产科" in names("怀孕五个月了，有点咳嗽")
        assert "产科" not in names("没怀孕，有点咳嗽")

    def test_ages(self) -> None:
        assert age_of("六十三岁了") == 63
        assert age_of("8个月大的宝宝") == pytest.approx(8 / 12)
        assert age_of("十二岁") == 12
        assert age_of("没说") is None


class TestSafety:
    def test_emergencies_come_first(self) -> None:
        found = triage("胸口压着疼出冷汗")
        assert found["emergency"] and found["level"] == 1 and found["ask"] is None

    def test_what_is_denied_does_not_count(self) -> None:
        assert "呼吸内科" not in names("没有咳嗽，就是膝盖疼")

    def test_vague_words_are_asked_about_once(self) -> None:
        assert triage("不舒服")["ask"]
        assert triage("发烧")["ask"]
        assert triage("膝盖疼得上不了楼")["ask"] is None

    def test_a_reason_is_told(self) -> None:
        assert "一般看骨科" in triage("膝盖疼")["departments"][0]["reason"]

    @given(st.text(max_size=300))
    def test_any_text_gets_a_valid_answer(self, text: str) -> None:
        found = triage(text)
        assert len(found["departments"]) <= 3
        assert found["level"] in (1, 3, 4, None)
        scores = [d["score"] for d in found["departments"]]
        assert scores == sorted(scores, reverse=True)


class TestFiles:
    @pytest.mark.parametrize("name", ["triage", "hospital_info"])
    def test_the_files_meet_their_schemas(self, name: str) -> None:
        assert knowledge.load(name)

    def test_a_mistake_names_its_place(self, tmp_path: Any) -> None:
        table = copy.deepcopy(knowledge.load("hospital_info"))
        table["topics"][0]["words"] = []
        (tmp_path / "hospital_info.yml").write_text(yaml.safe_dump(table, allow_unicode=True))
        schema = knowledge.FOLDER / "hospital_info.schema.json"
        (tmp_path / "hospital_info.schema.json").write_bytes(schema.read_bytes())
        with pytest.raises(KnowledgeError, match="topics.0.words"):
            knowledge.load("hospital_info", tmp_path)

    def test_unknown_departments_and_words_are_refused(self) -> None:
        table = copy.deepcopy(knowledge.load("triage"))
        table["findings"][0]["to"] = {"没有的科": 1}
        with pytest.raises(TriageError, match="没有的科"):
            compile_knowledge(table)
        table = copy.deepcopy(knowledge.load("triage"))
        table["findings"][0]["patterns"] = ["{没有的词组}"]
        with pytest.raises(TriageError, match="没有的词组"):
            compile_knowledge(table)

    def test_sources_and_review_are_named(self) -> None:
        table = knowledge.load("triage")
        assert table["sources"] and "审阅" in table["review"]


class TestSkill:
    def test_complaint_to_departments_to_booking(self, people: People) -> None:
        talk = people.talk(people.fresh(), "triage")
        talk.run("action_ask_complaint", "膝盖疼，上下楼更厉害", "triage")
        assert talk.outcome == "next"
        assert talk.run("action_ask_detail").outcome == "next"
        card = talk.run("action_offer_departments").card("triage")
        assert card["departments"][0]["name"] == "骨科" and "非诊断" in card["disclaimer"]
        talk.choose(0).run("action_book_after_triage")
        assert talk.signal["start"]["flow"] == "book_appointment"
        assert talk.signal["start"]["values"]["department"]["code"] == "0403"

    def test_a_vague_complaint_is_asked_once(self, people: People) -> None:
        talk = people.talk(people.fresh(), "triage", complaint="发烧").run("action_ask_detail")
        assert talk.outcome == "asked" and "别的不舒服" in talk.text
        talk.frame["values"]["detail"] = "还咳嗽"
        assert talk.run("action_offer_departments").card("triage")["departments"]

    def test_what_the_hospital_has_not_is_said(self, people: People) -> None:
        talk = people.talk(people.fresh(), "triage", complaint="抑郁，不想和人说话", detail="-")
        talk.run("action_offer_departments")
        assert "12356" in talk.text
