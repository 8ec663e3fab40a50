"""报告、出诊、医院信息、帮助、问候、问数、转人工 over the webhook."""

import json

import pytest

from actions.report_query import explanation, summary
from tests.actions.conftest import People
from tests.support.processes import Stack

BONES = {"code": "0403", "name": "骨科"}


class TestReports:
    def test_a_list_then_the_values_with_what_lies_outside(self, people: People) -> None:
        zhang = people.metadata(people.demo["zhang"])
        talk = people.talk(zhang, "report_query").run("action_choose_report")
        if talk.outcome == "asked":
            assert all(item["title"] for item in talk.card("reports")["items"])
            talk.choose(0)
        card = talk.run("action_show_report").card("report")
        assert any(row["flag"] in ("H", "L", "HH", "LL") for row in card["rows"])
        assert "*" in card["patient"] and "不是诊断" in card["disclaimer"]
        assert "超出参考范围" in talk.text

    def test_a_named_test_is_opened_at_once(self, people: People) -> None:
        zhang = people.metadata(people.demo["zhang"])
        talk = people.talk(zhang, "report_query", lab_test="肝功能").run("action_choose_report")
        assert talk.outcome == "next"
        assert talk.run("action_show_report").card("report")["title"] == "肝功能"

    def test_explained_in_plain_words_without_a_diagnosis(self, people: People) -> None:
        zhang = people.metadata(people.demo["zhang"])
        talk = people.talk(zhang, "report_explain").run("action_choose_report").choose(0)
        text = talk.run("action_show_report").text
        assert "参考范围" in text and "不是诊断" in text

    def test_no_report_is_said(self, people: People) -> None:
        talk = people.talk(people.metadata(people.demo["zhao"]), "report_query").run("action_choose_report")
        assert "没有" in talk.text
        assert talk.outcome == "abandon"

    def test_somebody_elses_report_stays_closed(self, people: People) -> None:
        zhang = people.metadata(people.demo["zhang"])
        talk = people.talk(zhang, "report_query").run("action_choose_report")
        report = talk.frame["options"][0]["values"]["report"]
        stranger = people.talk(people.fresh(), "report_query", report=report).run("action_show_report")
        assert not any(m["card"] for m in stranger.messages)
        assert stranger.text

    def test_words_for_values(self) -> None:
        report = {"title": "血常规", "whose": ""}
        row = {"name": "白细胞", "value": "12", "unit": "", "reference": "3.5-9.5", "flag": "H"}
        assert "白细胞偏高" in summary(report, [row])
        assert "都在参考范围内" in summary(report, [row | {"flag": ""}])
        assert "尽快" in summary(report, [row | {"flag": "HH"}])
        assert "抵抗感染" in explanation([row])


class TestSchedule:
    def test_who_when_how_many_how_much(self, people: People) -> None:
        talk = people.talk(people.fresh(), "doctor_schedule", department=BONES).run("action_doctor_schedule")
        rows = talk.card("schedule")["rows"]
        assert {"day", "part", "doctor", "fee_fen", "remaining", "stopped"} <= rows[0].keys()
        assert all(row["department"] == "骨科" for row in rows)

    def test_one_doctor(self, people: People) -> None:
        doctor = {"code": "", "name": "王长河"}
        talk = people.talk(people.fresh(), "doctor_schedule", department=BONES, doctor=doctor)
        rows = talk.run("action_doctor_schedule").card("schedule")["rows"]
        assert {row["doctor"] for row in rows} == {"王长河"}


class TestHospitalInformation:
    @pytest.mark.parametrize(
        ("question", "answer"),
        [
            ("停车场在哪", "停车场"),
            ("几点下班", "17:00"),
            ("医保能用吗", "医保"),
            ("抽血要空腹吗", "空腹"),
            ("怎么开发票", "发票"),
            ("我要投诉", "投诉"),
            ("看病要带什么证件", "身份证"),
        ],
    )
    def test_topics(self, people: People, question: str, answer: str) -> None:
        talk = people.talk(people.fresh(), "hospital_info").run("action_hospital_info", question)
        assert answer in talk.text

    def test_where_a_department_is(self, people: People) -> None:
        talk = people.talk(people.fresh(), "hospital_info", department=BONES)
        assert "3层D区" in talk.run("action_hospital_info", "骨科在几楼").text

    def test_the_unknown_is_not_made_up(self, people: People) -> None:
        talk = people.talk(people.fresh(), "hospital_info").run("action_hospital_info", "有没有火箭")
        assert "不清楚" in talk.text and talk.titles()


class TestGreetingAndHelp:
    def test_says_that_it_is_a_machine_and_what_is_known(self, people: People) -> None:
        talk = people.talk(people.metadata(people.demo["wang"]), "session_start")
        talk.run("action_session_start_greeting")
        assert "不是真人" in talk.text and "今天" in talk.text
        zhang = people.talk(people.metadata(people.demo["zhang"]), "session_start")
        assert "报告已经出来" in zhang.run("action_session_start_greeting").text

    def test_help_by_role(self, people: People) -> None:
        assert "挂号" in people.talk(people.fresh(), "help").run("action_help").text
        manager = people.talk(people.manager(), "help").run("action_help")
        assert "门诊" in manager.text and "退号" not in manager.text


class TestPersonAndManager:
    def test_a_request_for_a_person_is_kept_with_what_was_open(self, people: People, town: Stack) -> None:
        metadata = people.fresh()
        talk = people.talk(metadata, "human_handoff").run("action_human_handoff", "转人工，我不会弄")
        assert "0571" in talk.text and talk.outcome == "done"
        lines = (town.data_dir / "desk" / "requests.jsonl").read_text().splitlines()
        request = json.loads(lines[-1])
        assert request["patient"] == metadata["patient"]
        assert request["said"] == ["转人工，我不会弄"] and request["status"] == "open"

    def test_a_manager_gets_a_number(self, people: People) -> None:
        talk = people.talk(people.manager(), "management_question")
        talk.run("action_management_question", "现在有多少人在候诊")
        assert talk.card("insight")["status"] == "answered"
        assert talk.text

    def test_a_patient_does_not(self, people: People) -> None:
        talk = people.talk(people.fresh(), "management_question")
        talk.run("action_management_question", "昨天门诊量多少")
        assert not any(m["card"] for m in talk.messages)
        assert talk.text
