"""When something is broken: every action answers, says what was not done, and makes nothing up."""

import zlib
from collections.abc import Iterator

import httpx
import orjson
import pytest

from actions.server import registry
from tests.actions.conftest import People
from tests.support.processes import Stack, wait_until

BONES = {"code": "0403", "name": "骨科"}
READING = [
    ("action_ask_date", {"department": BONES}),
    ("action_offer_slots", {"department": BONES}),
    ("action_doctor_schedule", {"department": BONES}),
    ("action_my_appointments", {}),
    ("action_choose_appointment", {}),
    ("action_choose_report", {}),
    ("action_ask_bill", {}),
    ("action_bill_query", {}),
    ("action_queue_status", {}),
]


@pytest.mark.parametrize("name", sorted(registry()))
def test_every_action_answers_an_empty_call(town: Stack, name: str) -> None:
    """No flow, no metadata, no token: still a sentence or a valid signal, never an error."""
    url = f"http://127.0.0.1:{town.settings.actions_port}/webhook"
    answer = httpx.post(url, json={"next_action": name, "tracker": {"sender_id": "x"}}, timeout=15)
    assert answer.status_code == 200
    body = answer.json()
    assert body["responses"] or body["events"] or registry()[name].silent


@pytest.mark.parametrize(("action", "values"), READING)
def test_an_expired_log_in_is_said(people: People, action: str, values: dict) -> None:
    metadata = people.fresh() | {"token": "not-a-token"}
    talk = people.talk(metadata, "some_flow", **values).run(action)
    if "department" in values and not talk.messages:
        return
    assert "登录" in talk.text
    assert talk.outcome == "abandon"


def test_compressed_calls_are_read(town: Stack) -> None:
    url = f"http://127.0.0.1:{town.settings.actions_port}/webhook"
    body = zlib.compress(orjson.dumps({"next_action": "action_help", "tracker": {"sender_id": "x"}}))
    answer = httpx.post(url, content=body, headers={"Content-Encoding": "deflate"}, timeout=10)
    assert answer.json()["responses"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"not json", b'{"next_action": null}'])
def test_garbage_is_refused(town: Stack, body: bytes) -> None:
    url = f"http://127.0.0.1:{town.settings.actions_port}/webhook"
    assert httpx.post(url, content=body, timeout=10).status_code in (400, 404)


@pytest.fixture(scope="module")
def without_hospital(town: Stack) -> Iterator[None]:
    """The HIS is gone, and comes back for the tests after these."""
    town["hospital"].kill()
    yield
    town["hospital"].start()
    headers = town.auth(town.service_token())
    wait_until(
        lambda: httpx.get(f"{town.facade_url}/Organization", headers=headers, timeout=10).json().get("entry"),
        what="the facade reaches the HIS again",
    )


class TestBackendsDown:
    @pytest.mark.usefixtures("without_hospital")
    @pytest.mark.parametrize(("action", "values"), [r for r in READING if r[0] != "action_choose_report"])
    def test_says_what_could_not_be_done(self, people: People, action: str, values: dict) -> None:
        metadata = people.manager() | {
            "role": "patient",
            "token": people.town.patient_token("nobody"),
            "patient": "nobody",
        }
        talk = people.talk(metadata, "some_flow", **values).run(action)
        assert talk.text, talk.signal
        assert "没有查到" not in talk.text

    @pytest.mark.usefixtures("without_hospital")
    def test_the_greeting_still_greets(self, people: People) -> None:
        metadata = people.manager() | {
            "role": "patient",
            "token": people.town.patient_token("nobody"),
            "patient": "nobody",
        }
        talk = people.talk(metadata, "session_start").run("action_session_start_greeting")
        assert "不是真人" in talk.text
