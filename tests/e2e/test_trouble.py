"""When systems fail a person is told so plainly, nothing is lost and nothing is done twice."""

import socket
import uuid
from collections.abc import Iterator

import httpx
import pytest

from common import signing
from tests.e2e.conftest import Patients, appointments
from tests.support.processes import Stack, wait_until
from tests.support.talk import Person


def fault(town: Stack, mode: str, seconds: float = 30, count: int = 1000) -> None:
    body = {"mode": mode, "seconds": seconds, "count": count}
    httpx.post(town.hospital_url + "/faults", json=body, timeout=5).raise_for_status()


@pytest.fixture
def healthy_again(town: Stack) -> Iterator[None]:
    """Whatever was broken is mended afterwards, and the breakers have closed."""
    yield
    for process in town.processes.values():
        if not process.alive:
            process.start()
    fault(town, "none")
    headers = town.auth(town.service_token())
    wait_until(
        lambda: httpx.get(town.facade_url + "/Organization", headers=headers, timeout=10).status_code == 200,
        60,
        "the facade reaches the HIS",
    )


def offered(person: Person) -> None:
    def ask() -> bool:
        return person.say("我想挂明天上午骨科的号").has_card("slots")

    wait_until(ask, 40, "slots are offered", every=1)


@pytest.mark.usefixtures("healthy_again")
class TestTheHospitalIsAway:
    @pytest.mark.parametrize("mode", ["delay", "blackhole", "reset", "half", "garbage", "wrong_charset"])
    def test_whatever_it_does_there_is_a_plain_answer(self, town: Stack, person: Person, mode: str) -> None:
        fault(town, mode)
        reply = person.say("我想挂明天下午皮肤科的号")
        assert reply.text
        assert not reply.has_card("slots")
        assert "没有" not in reply.text or "没有办成" in reply.text, "a failure is not an empty result"
        assert any(word in reply.text for word in ("连不上", "没有回应", "稍后", "再试", "暂时")), reply

    def test_killed_before_the_confirmation(self, town: Stack, person: Person, patients: Patients) -> None:
        offered(person)
        person.tap_first()
        town["hospital"].kill()
        reply = person.say("确认")
        assert reply.text and not reply.has_card("voucher"), reply
        town["hospital"].start()

        def confirmed() -> bool:
            person.say("重试")
            if person.last.has_card("confirm"):
                person.say("确认")
            return person.last.has_card("payment")

        if not reply.has_card("payment"):
            wait_until(confirmed, 60, "the booking goes on after the HIS came back", every=1)
        reply = person.pay()
        # The news that the slot is held may have come before the voucher.
        while not reply.has_card("voucher"):
            reply = person.news(60)
        ours = appointments(town, patients.mrn(person.who))
        assert [a["status"] for a in ours] == ["BOOKED"]

    def test_killed_between_payment_and_confirmation(
        self, town: Stack, person: Person, patients: Patients
    ) -> None:
        offered(person)
        person.tap_first()
        url = person.say("确认").card("payment")["url"]
        town["hospital"].kill()
        httpx.post(url, json={}, timeout=10).raise_for_status()
        town["hospital"].start()
        wait_until(lambda: person.news(60).has_card("voucher"), 90, "the voucher comes")
        assert [a["status"] for a in appointments(town, patients.mrn(person.who))] == ["BOOKED"]


@pytest.mark.usefixtures("healthy_again")
class TestOneOfOursIsAway:
    @pytest.mark.parametrize("name", ["actions", "bot", "facade", "journey", "insight"])
    def test_a_person_always_gets_words(self, town: Stack, patients: Patients, name: str) -> None:
        with Person(town, "manager:yuanzhang" if name == "insight" else patients.fresh()) as someone:
            town[name].kill()
            sentence = "昨天门诊量多少" if name == "insight" else "我想挂明天上午骨科的号"
            reply = someone.say(sentence)
            if reply.has_card("slots"):
                someone.tap_first()
                reply = someone.say("确认")
            assert reply.text
            assert not reply.has_card("voucher") and not reply.has_card("payment")

    def test_rasa_remembers_where_we_were(self, town: Stack, person: Person) -> None:
        offered(person)
        town["bot"].restart()
        assert person.say("第一个").has_card("confirm"), person.last

    def test_the_gateway_remembers_who_we_are(self, town: Stack, person: Person) -> None:
        offered(person)
        town["gateway"].restart()
        person.connect()
        assert person.say("第一个").has_card("confirm"), person.last


class TestBadMessages:
    def test_ten_thousand_characters(self, person: Person) -> None:
        assert "10000" in person.say("我要挂号" * 2500).text

    def test_a_paste_of_html(self, person: Person) -> None:
        reply = person.say('<div onclick="x()"><script>alert(1)</script>我想挂<b>明天</b>上午骨科的号</div>')
        assert reply.has_card("slots"), reply

    @pytest.mark.parametrize(
        "text", ["👍👍👍", "' OR 1=1; DROP TABLE visits;--", "\u200b\u200b", "{{7*7}}", "/restart"]
    )
    def test_odd_things_get_words(self, person: Person, text: str) -> None:
        assert person.say(text).text

    def test_the_same_message_twice_is_answered_the_same(self, person: Person) -> None:
        id = uuid.uuid4().hex
        first = person.say("停车场在哪", id=id)
        assert person.say("停车场在哪", id=id).messages == first.messages

    def test_broken_frames(self, person: Person) -> None:
        person.socket.send("{broken")
        assert person._next("error")["message"]
        person.send({"type": "dance"})
        assert person._next("error")["message"]
        assert person.say("你好").text


class TestDoors:
    def test_without_log_in_nothing(self, town: Stack) -> None:
        answer = httpx.post(town.settings.gateway_url + "/api/chat", json={"id": "1", "text": "你好"})
        assert answer.status_code == 401
        assert "登录" in answer.json()["error"]["message"]

    def test_a_wrong_password(self, town: Stack) -> None:
        answer = httpx.post(
            town.settings.gateway_url + "/api/login/staff", json={"username": "yuanzhang", "password": "x"}
        )
        assert answer.status_code == 401
        assert "密码" in answer.json()["error"]["message"]

    def test_a_wrong_wechat_code(self, town: Stack) -> None:
        answer = httpx.post(town.settings.gateway_url + "/api/login/wechat", json={"code": "no such code"})
        assert answer.status_code == 401
        assert "微信" in answer.json()["error"]["message"]

    def test_a_new_wechat_account_is_bound_by_name_and_number(self, town: Stack, patients: Patients) -> None:
        url = town.settings.gateway_url
        fresh = httpx.post(url + "/api/login/wechat", json={"code": "demo-newcomer"}).json()
        assert fresh["bind"]
        headers = {"Authorization": f"Bearer {fresh['session']}"}
        wrong = {"name": "张三", "id_number": "11010119900307123X"}
        assert httpx.post(url + "/api/bind", json=wrong, headers=headers).status_code == 400
        mrn = patients.mrn(patients.fresh())
        found = httpx.get(
            town.facade_url + "/Patient", params={"identifier": mrn}, headers=town.auth(town.service_token())
        ).json()["entry"][0]["resource"]
        number = next(i["value"] for i in found["identifier"] if i["system"].endswith("11.1.3"))
        right = {"name": found["name"][0]["text"], "id_number": number}
        bound = httpx.post(url + "/api/bind", json=right, headers=headers)
        assert bound.status_code == 200, bound.text
        assert "*" in bound.json()["name"]
        again = httpx.post(url + "/api/login/wechat", json={"code": "demo-newcomer"}).json()
        assert "bind" not in again

    def test_rasa_answers_only_the_gateway(self, town: Stack) -> None:
        url = town.settings.bot_url + "/webhooks/menzhen/webhook"
        body = b'{"sender": "x", "message": "hi", "message_id": "1", "metadata": {}}'
        assert httpx.post(url, content=body).status_code in (401, 403)
        forged = {signing.HEADER: signing.sign("another key", body)}
        assert httpx.post(url, content=body, headers=forged).status_code in (401, 403)
        assert httpx.post(town.settings.bot_url + "/webhooks/rest/webhook", json={}).status_code == 404

    def test_somebody_elses_conversation_is_not_opened(self, town: Stack, patients: Patients) -> None:
        with Person(town, patients.fresh()) as first:
            first.say("我想挂明天上午骨科的号")
            with Person(town, patients.fresh(), conversation=first.conversation) as second:
                assert second.conversation != first.conversation

    def test_a_callback_with_a_wrong_signature_is_refused(self, town: Stack) -> None:
        answer = httpx.post(
            town.settings.gateway_url + "/callbacks/payment",
            json={"event": "PAID", "order_no": "1", "amount_fen": 1},
            headers={"Merchant": "M1001", "Timestamp": "1", "Nonce": "n", "Signature": "00"},
        )
        assert answer.status_code in (400, 401, 403)

    def test_malformed_hl7_gets_a_negative_acknowledgement(self, town: Stack) -> None:
        address = (town.settings.host, town.settings.facade_mllp_port)
        with socket.create_connection(address, timeout=10) as peer:
            peer.sendall(b"\x0bMSH|^~\\&|HIS|broken\r\x1c\r")
            answer = peer.recv(4096)
        assert b"MSA|AR" in answer or b"MSA|AE" in answer, answer
        assert b"MSA|AA" not in answer
