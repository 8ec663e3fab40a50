"""A manager asks one question and gets the number; a patient does not."""

import httpx
import pytest

from tests.support.processes import Stack, wait_until
from tests.support.talk import Person


def test_yesterdays_fastest_room(director: Person) -> None:
    reply = director.say("昨天哪个诊室最快")
    card = reply.card("insight")
    answer = card.get("answer") if isinstance(card.get("answer"), dict) else card
    assert answer["status"] == "answered", answer
    assert answer["interpretation"]["group_by"] == ["clinic_room"]
    assert answer["rows"][0]["clinic_room"] in reply.text
    assert answer["chart"] and answer["table"]["rows"] and answer["definition"]


@pytest.mark.parametrize(
    ("question", "metric"),
    [
        ("昨天门诊量多少", "visits"),
        ("昨天门诊最快流程在哪个科室", "flow_minutes"),
        ("上周候诊最长的三个科室", "wait_minutes"),
        ("上个月爽约率", "no_show_rate"),
        ("上周各科室门诊量", "visits"),
        ("上周门诊收入", "revenue"),
        ("昨天儿科平均候诊多久", "wait_minutes"),
        ("上周门诊量环比", "visits"),
        ("本月满意度最低的科室", "satisfaction"),
        ("上周每天挂号量", "registrations"),
        ("现在有多少人在候诊", "waiting_now"),
        ("上个月最忙的医生", "visits"),
    ],
)
def test_a_dozen_questions(director: Person, question: str, metric: str) -> None:
    card = director.say(question).card("insight")
    answer = card.get("answer") if isinstance(card.get("answer"), dict) else card
    assert answer["status"] == "answered", answer
    assert answer["interpretation"]["metric"] == metric


def test_a_head_of_department_sees_the_own_one(town: Stack) -> None:
    with Person(town, "manager:guke") as head:
        assert "骨科" in head.say("昨天门诊量多少").text
        refused = head.say("眼科昨天门诊量多少")
        assert "不能" in refused.text or "权限" in refused.text or "只能" in refused.text, refused


def test_a_patient_is_not_told(person: Person) -> None:
    reply = person.say("昨天哪个诊室最快")
    assert not reply.has_card("insight")
    assert reply.text


def test_a_manager_books_nothing(director: Person) -> None:
    reply = director.say("我想挂明天上午骨科的号")
    assert not reply.has_card("slots")
    assert reply.text


def test_a_booking_made_now_is_counted_live(town: Stack, person: Person, director: Person) -> None:
    def made() -> float:
        card = director.say("今天新增预约多少").card("insight")
        answer = card.get("answer") if isinstance(card.get("answer"), dict) else card
        return answer["rows"][0]["value"] if answer["rows"] else 0

    before = made()
    person.say("我想挂后天上午口腔科的号")
    person.tap_first()
    person.say("确认")
    person.pay()

    wait_until(lambda: made() > before, what="the new booking is counted")


def test_the_table_is_downloaded_as_a_file(director: Person, town: Stack) -> None:
    director.say("上周各科室门诊量")
    card = director.say("导出").card("insight")
    file = httpx.get(town.settings.gateway_url + card["export"]["url"], timeout=20)
    assert file.status_code == 200 and file.content.startswith(b"\xef\xbb\xbf")
    assert "attachment" in file.headers["content-disposition"]
    assert len(file.content.decode("utf-8-sig").splitlines()) > len(card["rows"])


def test_an_alert_comes_into_the_open_conversation_and_once(director: Person) -> None:
    assert "提醒" in director.say("现在候诊人数不少于0人就提醒我").text
    pushed = director.news(seconds=60)
    assert "提醒：" in pushed.text and "候诊" in pushed.text
    assert "已取消" in director.say("取消全部订阅").text
