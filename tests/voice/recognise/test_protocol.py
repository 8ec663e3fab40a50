"""Control messages: vosk-server's, read strictly."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.errors import BadMessage
from voice.recognise.limits import MAX_TEXT
from voice.recognise.protocol import Config, Eof, Reset, Token, final, parse
from voice.recognise.session import Utterance
from voice.repair import Heard, Hypothesis, Word

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("text", ['{"eof" : 1}', '{"eof":1}', '{ "eof": true }', '{"eof": 1, "x": 2}'])
def test_the_end_is_the_end_however_it_is_spaced(text: str) -> None:
    assert parse(text) == Eof()


def test_messages_of_vosk_servers_clients() -> None:
    assert parse('{ "config" : { "sample_rate" : 16000 } }') == Config(rate=16_000)
    assert parse('{"config": {"sample_rate": 8000.0, "words": 1, "max_alternatives": 3}}') == Config(
        rate=8_000, words=True, alternatives=3
    )
    assert parse('{"config": {"phrase_list": ["骨科", "[unk]"]}}') == Config(phrases=("骨科", "[unk]"))
    assert parse('{"config": {"held": true}}') == Config(held=True)
    assert parse('{"reset" : 1}') == Reset()
    assert parse('{"token": "abc"}') == Token("abc")


def test_a_text_that_only_mentions_a_key_is_none() -> None:
    with pytest.raises(BadMessage):
        parse('"config eof reset"')


@pytest.mark.parametrize(
    "text",
    [
        "",
        "eof",
        "[]",
        "{}",
        "null",
        '{"config": 3}',
        '{"eof": 0}',
        '{"config": {"sample_rate": 7999}}',
        '{"config": {"sample_rate": 96000}}',
        '{"config": {"sample_rate": 16000.5}}',
        '{"config": {"sample_rate": true}}',
        '{"config": {"sample_rate": "16000; rm"}}',
        '{"config": {"sample_rate": 1e999}}',
        '{"config": {"phrase_list": "骨科"}}',
        '{"config": {"phrase_list": [1]}}',
        '{"config": {"phrase_list": [["骨科"]]}}',
        '{"config": {"words": "yes"}}',
        '{"config": {"held": "yes"}}',
        '{"config": {"max_alternatives": -1}}',
        '{"config": {"max_alternatives": 1000}}',
        '{"config": {"expects": []}}',
        '{"config": {"model": "/etc/passwd"}}',
        "[" * 5000,
        '{"x": "' + "a" * MAX_TEXT + '"}',
    ],
)
def test_what_is_wrong_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(BadMessage) as caught:
        parse(text)
    assert any("\u4e00" <= char <= "\u9fff" for char in caught.value.message)


@given(JSON)
def test_no_json_does_harm(value: object) -> None:
    for content in (value, {"config": value}, {"config": {"sample_rate": value}}, {"config": {"phrase_list": value}},
                    {"config": {"expects": value}}, {"config": {"words": value}}, {"config": {"max_alternatives": value}}):  # fmt: skip
        try:
            parse(json.dumps(content))
        except BadMessage:
            continue


def test_a_final_is_vosk_servers_with_what_was_meant() -> None:
    words = (Word("骨科", 0.3, 0.9, 0.97),)
    said = Utterance((Hypothesis("骨科", words, 12.5), Hypothesis("五 官 科", (), 3.0)), 2.0, 1.5, "silence")
    body = final(said, Heard("骨科", "骨科", 0.97), words=True, alternatives=0)
    assert body["text"] == "骨科"
    # Since the stream began, as vosk-server counts.
    assert body["result"] == [{"word": "骨科", "start": 2.3, "end": 2.9, "conf": 0.97}]
    assert body["heard"]["text"] == "骨科" and body["end"] == "silence"
    assert "alternatives" not in body
    several = final(said, Heard(), words=False, alternatives=2)
    assert [entry["text"] for entry in several["alternatives"]] == ["骨科", "五 官 科"]
    assert several["alternatives"][0]["confidence"] == 12.5
    assert "text" not in several


def test_a_final_of_nothing_has_an_empty_text() -> None:
    nothing = Utterance((), 0.0, 8.0, "nothing")
    assert final(nothing, Heard(), words=True, alternatives=0)["text"] == ""
