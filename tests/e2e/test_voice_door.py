"""The door of the voice: who may come in, what is too much, and what a person gets while nobody listens."""

import uuid
from collections.abc import Iterator

import httpx
import orjson
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.e2e.conftest import Patients, appointments
from tests.support import speech
from tests.support.caller import Caller, open_socket, send_file
from tests.support.processes import Stack, wait_until


@pytest.fixture
def caller(deaf: Stack, patients: Patients) -> Iterator[Caller]:
    with Caller(deaf, patients.fresh()) as someone:
        yield someone


def closed(socket: object) -> int | None:
    """The code that the socket is closed with, and what was said before."""
    try:
        while True:
            socket.recv(15)  # type: ignore[attr-defined]
    except ConnectionClosed as error:
        return error.rcvd.code if error.rcvd else None


class TestNobodyListens:
    def test_it_is_said_and_the_finger_books(self, deaf: Stack, caller: Caller, patients: Patients) -> None:
        told = caller.listen(speech.silence(0.3))
        assert (told["type"], told["code"]) == ("error", "voice_unavailable")
        assert "点屏幕" in told["message"]
        caller.say("我想挂后天上午骨科的号")
        caller.tap_first()
        assert caller.say("确认").has_card("payment")
        caller.pay()
        booked = appointments(deaf, patients.mrn(caller.who))
        assert [each["status"] for each in booked] == ["BOOKED"]

    def test_replies_come_without_words_for_the_ear(self, caller: Caller) -> None:
        assert caller.say("停车场在哪").text
        assert "speech" not in caller.last.frame

    def test_a_voice_message_is_answered_with_a_sentence(self, caller: Caller) -> None:
        answer = send_file(caller, b"RIFF" + bytes(400))
        assert answer.status_code == 503
        assert "打字" in answer.json()["error"]["message"]


class TestTheDoor:
    def test_pages_of_other_sites_stay_outside(self, deaf: Stack) -> None:
        with pytest.raises(InvalidStatus) as error:
            open_socket(deaf, Origin="https://elsewhere.example").recv(5)
        assert error.value.response.status_code == 403

    @pytest.mark.parametrize("first", ['{"type": "hello", "session": "x"}', '{"type": "listen"}', "[]", "no"])
    def test_without_a_session_nobody_is_heard(self, deaf: Stack, first: str) -> None:
        with open_socket(deaf) as socket:
            socket.send(first)
            assert orjson.loads(socket.recv(10))["type"] == "error"
            assert closed(socket) == 4401

    def test_sound_before_the_hello_is_refused(self, deaf: Stack) -> None:
        with open_socket(deaf) as socket:
            socket.send(b"\0" * 3200)
            assert orjson.loads(socket.recv(10))["type"] == "error"
            assert closed(socket) == 4401

    def test_one_person_has_a_few_sockets_and_no_more(self, deaf: Stack, patients: Patients) -> None:
        with Caller(deaf, patients.fresh()) as first:
            sockets = [open_socket(deaf) for _ in range(4)]
            for socket in sockets[:3]:
                socket.send(orjson.dumps(first.hello()).decode())
                assert orjson.loads(socket.recv(15))["type"] == "ready"
            sockets[3].send(orjson.dumps(first.hello()).decode())
            assert orjson.loads(sockets[3].recv(15))["code"] == "too_many"
            assert closed(sockets[3]) == 4429
            for socket in sockets[:3]:
                socket.close()
            assert first.say("停车场在哪").text
        # Their places are free again.
        with Caller(deaf, first.who, first.conversation) as again:
            assert again.say("停车场在哪").text

    def test_the_plain_chat_takes_no_sound(self, deaf: Stack, patients: Patients) -> None:
        with Caller(deaf, patients.fresh()) as someone, open_socket(deaf, "/chat") as socket:
            socket.send(orjson.dumps(someone.hello()).decode())
            assert orjson.loads(socket.recv(10))["type"] == "ready"
            socket.send(b"\0\0")
            assert orjson.loads(socket.recv(10))["code"] == "bad_request"

    @pytest.mark.parametrize("rate", [0, 4000, 96_000, "16000", None, True, 16_000.5])
    def test_a_sample_rate_that_cannot_be_is_told(self, caller: Caller, rate: object) -> None:
        caller.send({"type": "listen", "sample_rate": rate})
        assert caller._next("error")["code"] == "sample_rate"
        assert caller.say("停车场在哪").text

    def test_frames_out_of_order_disturb_nothing(self, caller: Caller) -> None:
        caller.send({"type": "end"})
        caller.send({"type": "stop"})
        caller.socket.send(bytes(3200))
        caller.send({"type": "nonsense"})
        assert caller._next("error")["code"] == "bad_request"
        assert caller.say("停车场在哪").text


class TestVoiceMessages:
    def test_without_a_session_nothing_is_read(self, deaf: Stack) -> None:
        answer = httpx.post(deaf.settings.gateway_url + "/api/voice", params={"id": "1"}, content=b"x")
        assert answer.status_code == 401

    def test_two_megabytes_and_no_more(self, caller: Caller) -> None:
        answer = send_file(caller, bytes(2 * 1024 * 1024 + 1))
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")

    def test_a_body_that_grows_is_cut_off(self, caller: Caller) -> None:
        def endless() -> Iterator[bytes]:
            while True:
                yield bytes(65_536)

        url = caller.stack.settings.gateway_url + "/api/voice"
        headers = caller.stack.auth(caller.session)
        try:
            answer = httpx.post(url, params={"id": "g"}, content=endless(), headers=headers, timeout=30)
        except httpx.TransportError:
            return  # the door was shut while the body still came
        assert answer.status_code in (413, 503)
        assert answer.headers["connection"] == "close"


class TestLeftAlone:
    def test_it_asks_then_wipes_and_logs_out(self, impatient: Stack, patients: Patients) -> None:
        with Caller(impatient, patients.fresh()) as someone:
            someone.say("我想挂明天上午骨科的号")
            asked = someone._next("push")
            assert "还在吗" in asked["messages"][0]["text"] and asked["seconds"] == 1
            assert "清空" in someone._next("wiped")["text"]
            assert closed(someone.socket) == 4410
            with open_socket(impatient) as socket:
                socket.send(orjson.dumps(someone.hello()).decode())
                assert orjson.loads(socket.recv(10))["code"] == "not_authorised"
        # The same person again begins anew: nothing of before is known.
        with Caller(impatient, someone.who, someone.conversation) as again:
            assert again.conversation != someone.conversation
            assert not again.say("第一个").has_card("confirm")

    def test_a_touch_keeps_it(self, impatient: Stack, patients: Patients) -> None:
        with Caller(impatient, patients.fresh()) as someone:
            for _ in range(2):
                assert someone._next("push")["seconds"] == 1
                someone.send({"type": "here"})
            assert someone.say("停车场在哪").text

    def test_leaving_wipes_at_once(self, deaf: Stack, patients: Patients) -> None:
        with Caller(deaf, patients.fresh()) as someone:
            someone.send({"type": "leave"})
            assert someone._next("wiped")
            assert closed(someone.socket) == 4410

    def test_a_kiosk_that_vanishes_is_wiped_too(self, impatient: Stack, patients: Patients) -> None:
        with Caller(impatient, patients.fresh()) as someone:
            someone.say("我想挂明天上午骨科的号")

        def gone() -> bool:
            answer = httpx.post(
                impatient.settings.gateway_url + "/api/chat",
                json={"conversation": someone.conversation, "id": uuid.uuid4().hex, "text": "停车场在哪"},
                headers=impatient.auth(someone.session),
                timeout=20,
            )
            return answer.status_code == 401

        wait_until(gone, what="the session is closed", every=0.3)
