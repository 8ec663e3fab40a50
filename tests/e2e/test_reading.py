"""Reports, bills, timetables, ways: what a patient can look at."""

from tests.e2e.conftest import Patients
from tests.support.processes import Stack
from tests.support.talk import Person


def test_a_new_report_is_shown_with_what_lies_outside(town: Stack) -> None:
    with Person(town, "patient:zhang") as zhang:
        reply = zhang.say("我的报告出来了吗")
        if not reply.has_card("report"):
            reply.card("reports")
            reply = zhang.tap_first()
        report = reply.card("report")
        assert "*" in report["patient"]
        assert any(row["flag"] in ("H", "L", "HH", "LL") for row in report["rows"])
        assert all(row["reference"] for row in report["rows"] if row["flag"])
        assert "医生" in report["disclaimer"]


def test_nothing_to_read_is_said(town: Stack) -> None:
    with Person(town, "patient:zhao") as zhao:
        assert "没有" in zhao.say("我的报告出来了吗").text


def test_a_bill_is_paid(town: Stack) -> None:
    with Person(town, "patient:chen") as chen:
        chen.say("我要缴费")
        for _ in range(4):
            if chen.last.has_card("payment"):
                break
            if chen.last.has_card("confirm"):
                chen.say("确认")
            else:
                chen.tap_first()
        assert chen.last.has_card("payment"), chen.last
        assert chen.pay().text
        assert "没有" in chen.say("我还有没交的钱吗").text


def test_a_timetable(person: Person) -> None:
    reply = person.say("骨科明天有哪些医生出诊")
    assert reply.card("schedule")["rows"]


def test_which_department(person: Person) -> None:
    reply = person.say("膝盖疼，上下楼梯更厉害，该挂什么科")
    names = [d["name"] for d in reply.card("triage")["departments"]]
    assert "骨科" in names
    assert "诊断" in reply.card("triage")["disclaimer"]
    person.tap("骨科")
    assert "骨科" in person.last.text or person.last.has_card("slots")


def test_a_room_is_found(person: Person) -> None:
    assert "楼" in person.say("骨科在几楼").text


def test_somebody_elses_report_stays_closed(town: Stack, patients: Patients) -> None:
    with Person(town, "patient:zhao") as zhao:
        reply = zhao.say("帮我查一下张建国的报告")
        assert not reply.has_card("report") and not reply.has_card("reports"), reply
