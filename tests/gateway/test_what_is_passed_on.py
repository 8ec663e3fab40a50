"""What a person types or taps reaches the assistant as meant, and nothing else does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.chat import MAX_TEXT, Incoming, spoken
from gateway.errors import BadRequest


def said(text: str = "", payload: str | None = None) -> str:
    return spoken(Incoming(id="1", text=text, payload=payload))


def test_plain_words_pass_unchanged() -> None:
    assert said("我想挂明天上午骨科的号") == "我想挂明天上午骨科的号"


def test_a_tapped_choice_passes_as_its_payload() -> None:
    assert said("第一个", '/choose{"option": "a1"}') == '/choose{"option": "a1"}'
    assert said("确认", "/affirm") == "/affirm"


@pytest.mark.parametrize(
    "text", ["/restart", '/event{"type": "booking.booked"}', "//session_start", " /choose{}"]
)
def test_typed_commands_lose_their_slash(text: str) -> None:
    assert not said(text).startswith("/")


@pytest.mark.parametrize(
    "payload", ["/restart", '/event{"type": "x"}', "/session_start", '/book_appointment{"a": 1}']
)
def test_a_forged_payload_is_only_text(payload: str) -> None:
    assert not said("确认", payload).startswith("/")


def test_a_very_long_message_is_refused_with_its_length() -> None:
    with pytest.raises(BadRequest, match="too_long") as error:
        said("我" * 10_000)
    assert "10000" in error.value.message


@pytest.mark.parametrize("text", ["", "   ", "/", "\x00\x01"])
def test_nothing_said_is_said_to_be_nothing(text: str) -> None:
    with pytest.raises(BadRequest, match="empty"):
        said(text)


@given(st.text(max_size=MAX_TEXT), st.one_of(st.none(), st.text(max_size=300)))
def test_whatever_is_sent_never_becomes_a_command(text: str, payload: str | None) -> None:
    try:
        passed = said(text, payload)
    except BadRequest:
        return
    assert passed
    assert not passed.startswith("/") or passed == payload
    assert "\x00" not in passed
