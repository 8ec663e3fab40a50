"""Speaking, over the running process: who may ask, and who stops listening."""

import httpx
import pytest

from tests.support.processes import Stack

LONG = "请您带好身份证和医保卡，到一楼服务台取号。" * 40


def ask(voice: Stack) -> httpx.Client:
    bearer = {"Authorization": f"Bearer {voice.service_token()}"}
    return httpx.Client(base_url=voice.settings.voice_url, headers=bearer, timeout=60, trust_env=False)


def test_a_listener_who_leaves_does_not_keep_the_voice(voice: Stack) -> None:
    with ask(voice) as client:
        for _ in range(5):
            with client.stream("POST", "/speak", json={"text": LONG}) as answer:
                assert answer.status_code == 200
                assert next(answer.iter_bytes(4_410))
        short = client.post("/speak", json={"text": "您好。"})
        assert 0.3 < len(short.content) / 2 / 22_050 < 1.5
    assert voice["voice"].alive


def test_a_reply_is_said_and_spoken(voice: Stack) -> None:
    reply = {"text": "号已经为您留住了，请在 14:05 前付款。", "buttons": [{"title": "付好了"}], "card": None}
    with ask(voice) as client:
        text = client.post("/ear", json={"messages": [reply], "public": True}).json()["text"]
        assert text == "号已经为您留住了，请在下午两点零五分前付款。可以说，付好了。"
        assert len(client.post("/speak", json={"text": text}).content) > 22_050 * 2 * 3


@pytest.mark.parametrize("path", ["/speak", "/ear"])
def test_only_our_own_processes_may_ask(voice: Stack, path: str) -> None:
    answer = httpx.post(
        voice.settings.voice_url + path, json={"text": "您好", "messages": []}, trust_env=False
    )
    assert answer.status_code == 401


@pytest.mark.parametrize("body", [{}, {"text": "好" * 3_000}, {"text": 3}])
def test_what_cannot_be_said_is_told(voice: Stack, body: dict[str, object]) -> None:
    with ask(voice) as client:
        answer = client.post("/speak", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].endswith("。")
