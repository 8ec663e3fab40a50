"""The control messages of the socket: vosk-server's, read as JSON and checked. Contract: docs/protocols/voice.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from voice.errors import BadMessage
from voice.expect import Expectation
from voice.recognise.limits import MAX_ALTERNATIVES, MAX_PHRASE, MAX_PHRASES, MAX_RATE, MAX_TEXT, MIN_RATE
from voice.recognise.session import Utterance
from voice.repair import Heard


@dataclass(frozen=True, slots=True)
class Token:
    """Who is there, where no header could be sent."""

    token: str


@dataclass(frozen=True, slots=True)
class Config:
    """What changes; None leaves a setting as it is. Empty `phrases`: the whole model."""

    rate: int | None = None
    phrases: tuple[str, ...] | None = None
    expects: Expectation | None = None
    words: bool | None = None
    alternatives: int | None = None
    held: bool | None = None


@dataclass(frozen=True, slots=True)
class Eof:
    """No more sound: the final, then the end."""


@dataclass(frozen=True, slots=True)
class Reset:
    """The utterance under way is given up (barge-in); what it was so far is answered."""


Control = Token | Config | Eof | Reset


def parse(text: str) -> Control:
    """A text frame. Raises BadMessage."""
    if len(text) > MAX_TEXT:
        raise BadMessage("语音设置太长了。", detail=f"text frame of {len(text)}")
    try:
        content = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise BadMessage("控制消息要是 JSON。", detail="no JSON") from None
    if not isinstance(content, dict):
        raise BadMessage("控制消息要是一个 JSON 对象。", detail=type(content).__name__)
    if isinstance(content.get("config"), dict):
        return config_of(content["config"])
    if isinstance(content.get("token"), str):
        return Token(content["token"])
    if content.get("eof"):
        return Eof()
    if content.get("reset"):
        return Reset()
    raise BadMessage("控制消息要有 config、eof 或 reset。", detail="keys")


def config_of(content: Mapping[str, Any]) -> Config:
    """Settings of a client. Keys that are not known are left alone, as vosk-server does. Raises BadMessage."""
    if content.get("model") is not None:
        raise BadMessage("语音模型由服务端决定，不能由客户端指定。", detail="model from the client")
    return Config(
        _rate(content.get("sample_rate")),
        _phrases(content),
        _expects(content.get("expects")),
        _flag(content.get("words"), "words"),
        _alternatives(content.get("max_alternatives")),
        _flag(content.get("held"), "held"),
    )


def final(utterance: Utterance, heard: Heard, *, words: bool, alternatives: int) -> dict[str, Any]:
    """A final as vosk-server writes it (times since the stream began), with `heard` and why it `end`ed."""
    entries = [
        {"text": reading.text}
        | ({"result": [_shifted(word.as_dict(), utterance.start) for word in reading.words]} if words else {})
        for reading in utterance.hypotheses
    ]
    if alternatives:
        scored = [
            {"confidence": reading.score} | entry
            for reading, entry in zip(utterance.hypotheses, entries, strict=True)
        ]
        body: dict[str, Any] = {"alternatives": scored[:alternatives] or [{"text": "", "confidence": 1.0}]}
    else:
        body = entries[0] if entries else {"text": ""}
    return body | {"heard": heard.as_dict(), "end": utterance.end}


def _shifted(word: dict[str, Any], seconds: float) -> dict[str, Any]:
    return word | {"start": round(word["start"] + seconds, 3), "end": round(word["end"] + seconds, 3)}


def _rate(value: Any) -> int | None:
    if value is None:
        return None
    whole = isinstance(value, int | float) and not isinstance(value, bool) and value == int(value)
    if not whole or not MIN_RATE <= value <= MAX_RATE:
        raise BadMessage(f"采样率要是 {MIN_RATE} 到 {MAX_RATE} 之间的整数。", detail="sample_rate")
    return int(value)


def _phrases(content: Mapping[str, Any]) -> tuple[str, ...] | None:
    if "phrase_list" not in content:
        return None
    value = content["phrase_list"] or []
    if not isinstance(value, list) or not all(isinstance(phrase, str) for phrase in value):
        raise BadMessage("phrase_list 要是一列文字。", detail="phrase_list")
    if len(value) > MAX_PHRASES or any(len(phrase) > MAX_PHRASE * 2 for phrase in value):
        raise BadMessage(
            f"phrase_list 最多 {MAX_PHRASES} 条，每条最多 {MAX_PHRASE} 字。", detail="phrase_list"
        )
    return tuple(value)


def _expects(value: Any) -> Expectation | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise BadMessage("expects 要是一个 JSON 对象。", detail="expects")
    return Expectation.of(value)


def _flag(value: Any, name: str) -> bool | None:
    if value is not None and value not in (True, False):
        raise BadMessage(f"{name} 要是 true 或 false。", detail=name)
    return None if value is None else bool(value)


def _alternatives(value: Any) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_ALTERNATIVES:
        raise BadMessage(f"max_alternatives 要在 0 到 {MAX_ALTERNATIVES} 之间。", detail="max_alternatives")
    return value
