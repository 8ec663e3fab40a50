"""The door to Rasa: signatures, the same message twice, rough input, forgetting, a restart."""

from __future__ import annotations

import sqlite3
import threading
import time
import uuid

from common import signing
from tests.bot.action_server import Actions
from tests.bot.assistant import Assistant, Talk


class TestSignature:
    def test_an_unsigned_or_wrongly_signed_message_is_refused(self, talk: Talk) -> None:
        body = talk.body("我要挂号")
        assert talk.assistant.post(body, signing.sign("another key", b"{}")).status_code == 401
        assert talk.assistant.post(body, "nonsense").status_code == 401

    def test_an_old_signature_is_refused(self, talk: Talk) -> None:
        assert talk.assistant.post(talk.body("你好"), signing.sign("x", b"", at=1)).status_code == 401

    def test_a_body_of_another_form_is_refused(self, assistant: Assistant) -> None:
        answer = assistant.post({"message": "你好"})
        assert answer.status_code == 400 and answer.json()["error"]["message"]


class TestSameMessageTwice:
    def test_it_is_answered_once(self, talk: Talk, actions: Actions) -> None:
        message = uuid.uuid4().hex
        first = talk.say("我想挂明天上午骨科的号", message)
        second = talk.say("我想挂明天上午骨科的号", message)
        assert first.raw == second.raw and actions.names() == ["action_offer_slots"]

    def test_at_the_same_time(self, talk: Talk, actions: Actions) -> None:
        message = uuid.uuid4().hex
        replies: list[dict] = []
        threads = [
            threading.Thread(target=lambda: replies.append(talk.say("我要退号", message).raw))
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert all(reply == replies[0] for reply in replies) and len(actions.calls) == 1


class TestInTime:
    def test_a_message_behind_a_slow_one_is_answered_and_its_answer_kept(
        self, talk: Talk, actions: Actions
    ) -> None:
        """The gateway waits no longer than the deadline, also where two turns of one person take longer."""
        actions.broken["action_offer_slots"] = "slow"
        first = threading.Thread(target=talk.say, args=("我想挂明天上午骨科的号",))
        first.start()
        wait_until_called(actions, "action_offer_slots")
        message = uuid.uuid4().hex
        assert "还在处理" in talk.say("不对，换成后天", message).text
        first.join()
        actions.broken.clear()
        assert "还在处理" not in talk.say("不对，换成后天", message).text


def wait_until_called(actions: Actions, name: str) -> None:
    while name not in actions.asked:
        time.sleep(0.01)


class TestRoughInput:
    def test_ten_thousand_characters(self, talk: Talk) -> None:
        assert "500" in talk.say("挂号" * 5000).text

    def test_a_paste_of_html(self, talk: Talk) -> None:
        reply = talk.say("<div class='x'><b>我想挂明天上午<i>骨科</i>的号</b><script>alert(1)</script></div>")
        assert "<" not in reply.text and reply.text

    def test_nothing_but_blanks(self, talk: Talk) -> None:
        assert "没有看到内容" in talk.say("   \u200b ").text

    def test_a_typed_slash_is_text(self, talk: Talk, actions: Actions) -> None:
        for text in (
            "/restart",
            "/book_appointment",
            '/inform{"department": "x"}',
            "/choose",
            "/choose{broken",
        ):
            assert talk.say(text).intent not in ("restart", "session_start", "event"), text

    def test_emoji_and_traditional_script(self, talk: Talk) -> None:
        assert talk.say("我想掛明天上午骨科的號😊").slots["department"]["name"] == "骨科"


class TestKeeping:
    def test_a_conversation_survives_a_restart(self, assistant: Assistant, actions: Actions) -> None:
        talk = assistant.talk()
        talk.say("我想挂明天上午骨科的号")
        assistant.stop()
        assistant.start()
        assert talk.say("第二个").slots["appointment_slot"]["id"] == "2026-11-24-s2"

    def test_no_token_is_kept(self, talk: Talk) -> None:
        talk.say("我想挂明天上午骨科的号")
        database = sqlite3.connect(talk.assistant.folder / "var" / "bot" / "conversations.db")
        rows = database.execute("SELECT slots FROM conversations WHERE sender = ?", (talk.sender,)).fetchall()
        assert len(rows) == 1 and "secret-token" not in rows[0][0]

    def test_a_conversation_can_be_wiped(self, talk: Talk) -> None:
        talk.say("我想挂明天上午骨科的号")
        assert talk.assistant.delete(talk.sender).json() == {"deleted": True}
        assert talk.say("第二个").slots == {}
        assert talk.assistant.delete("nobody").json() == {"deleted": False}


class TestActionServer:
    def test_it_gets_the_message_the_role_and_the_frame_and_no_more(
        self, talk: Talk, actions: Actions
    ) -> None:
        talk.say("我想挂明天上午骨科的号")
        request = actions.requests[0]
        latest = request["tracker"]["latest_message"]
        assert latest["metadata"]["token"] == "secret-token" and latest["text"] == "我想挂明天上午骨科的号"
        assert request["tracker"]["slots"]["flow_stack"][-1]["flow"] == "book_appointment"
        assert "last_reply" not in request["tracker"]["slots"]
        assert len(request["tracker"]["events"]) == 1

    def test_a_request_does_not_grow_with_the_conversation(self, talk: Talk, actions: Actions) -> None:
        for _ in range(12):
            talk.say("我的报告出来了吗")
        sizes = [len(str(request)) for request in actions.requests]
        assert max(sizes) < sizes[0] + 3000
