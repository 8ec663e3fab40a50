"""The channel between the gateway and Rasa. Contract: docs/architecture.md, “Gateway → Rasa”."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse
from sanic.response import json as json_response

from bot.engine.expects import FREE
from bot.runtime.replies import Replies
from chinese.text import normalise
from common import signing

log = logging.getLogger(__name__)

MAX_TEXT = 500
MAX_BODY = 256 * 1024
REMEMBERED = 2000
TOO_LONG = "您的话有点长，我一次只能看 500 个字。请分几次说，或挑要紧的说。"
EMPTY = "我没有看到内容，请再说一次。"
NOTHING_SAID = "不好意思，我这边没有得到结果。请再说一次，或说“转人工”。"
STILL_BUSY = "医院系统现在有点慢，我还在处理您的话。请稍等几秒再说一次。"
BROKEN = "不好意思，我这边出了点问题，这句话没有处理成。请再说一次，或说“转人工”。"

# What buttons and the system may send; everything else with a slash is text that somebody typed.
_PAYLOAD = re.compile(r"^/(choose|affirm|deny|session_start|event)\s*(\{.*\})?\s*$", re.DOTALL)
Handler = Callable[[UserMessage], Awaitable[Any]]


class MenzhenInput(InputChannel):
    """Signed messages in, one JSON body out; the same message twice is answered once."""

    def __init__(self, key: str, handle: Handler, delete: Callable[[str], bool], seconds: float) -> None:
        """`seconds`: within which the gateway must have an answer, whatever happens."""
        self._key, self._handle, self._delete = key, handle, delete
        self._seconds = seconds
        self._turns: set[asyncio.Task[dict[str, Any]]] = set()
        self._answers: OrderedDict[tuple[str, str], dict[str, Any]] = OrderedDict()
        self._locks: dict[str, asyncio.Lock] = {}

    @classmethod
    def name(cls) -> str:
        return "menzhen"

    def blueprint(self, on_new_message: Handler) -> Blueprint:
        """The routes; `on_new_message` is not used: the processor is called itself, for what it returns."""
        blueprint = Blueprint("menzhen_webhook")

        @blueprint.post("/webhook")
        async def webhook(request: Request) -> HTTPResponse:
            return await self._webhook(request)

        @blueprint.delete("/conversations/<sender:str>")
        async def conversation(request: Request, sender: str) -> HTTPResponse:
            if not self._signed(request):
                return _error(401, "bad_signature", "签名不对。")
            async with self._lock(sender):
                deleted = self._delete(sender)
                for key in [key for key in self._answers if key[0] == sender]:
                    del self._answers[key]
            return json_response({"deleted": deleted}, dumps=_dumps)

        return blueprint

    async def _webhook(self, request: Request) -> HTTPResponse:
        if not self._signed(request):
            return _error(401, "bad_signature", "签名不对。")
        try:
            body = json.loads(request.body)
            sender, text = str(body["sender"]), body.get("message") or ""
            message_id, metadata = str(body.get("message_id") or ""), body.get("metadata") or {}
            if not sender or not isinstance(text, str) or not isinstance(metadata, dict):
                raise ValueError("fields of the wrong kind")
        except (ValueError, KeyError, TypeError):
            return _error(400, "bad_message", "消息格式不对。")
        turn = asyncio.create_task(self._in_its_turn(sender, text, message_id, metadata))
        self._turns.add(turn)
        turn.add_done_callback(self._turns.discard)
        # A turn that takes too long goes on, so that nothing is left half done; its answer is kept for the repetition.
        done, _ = await asyncio.wait({turn}, timeout=self._seconds)
        return json_response(turn.result() if done else _plain(STILL_BUSY), dumps=_dumps)

    async def _in_its_turn(
        self, sender: str, text: str, message_id: str, metadata: dict[str, Any]
    ) -> dict[str, Any]:
        """The answer, after those to what the person said before; the same message is answered the same."""
        async with self._lock(sender):
            known = self._answers.get((sender, message_id)) if message_id else None
            answer = known or await self._answer(sender, text, message_id, metadata)
            if message_id and known is None:
                self._answers[sender, message_id] = answer
                while len(self._answers) > REMEMBERED:
                    self._answers.popitem(last=False)
        return answer

    async def _answer(
        self, sender: str, text: str, message_id: str, metadata: dict[str, Any]
    ) -> dict[str, Any]:
        """Never silence: whatever happens, there is a sentence."""
        if len(text) > MAX_TEXT and not _PAYLOAD.match(text):
            return _plain(TOO_LONG)
        parse_data = payload(text)
        if parse_data is None:
            text = normalise(text).lstrip("/").strip()
            if not text:
                return _plain(EMPTY)
        message = UserMessage(
            text,
            Replies(),
            sender,
            parse_data=parse_data,
            input_channel=self.name(),
            message_id=message_id or None,
            metadata=metadata,
        )
        try:
            answer: dict[str, Any] = await self._handle(message)
        except Exception as error:
            # The person gets a sentence; the log gets the place, never the text.
            log.error("turn failed: %s", type(error).__name__, exc_info=log.isEnabledFor(logging.DEBUG))
            return _plain(BROKEN)
        if not answer["messages"] and answer["intent"] != "event":
            log.error("empty reply to intent %s", answer["intent"])
            answer["messages"] = _plain(NOTHING_SAID)["messages"]
        return answer

    def _signed(self, request: Request) -> bool:
        body = request.body or b""
        return len(body) <= MAX_BODY and signing.check(self._key, body, request.headers.get(signing.HEADER))

    def _lock(self, sender: str) -> asyncio.Lock:
        """One turn of a conversation at a time; others do not wait for it."""
        if len(self._locks) > REMEMBERED:
            self._locks = {name: lock for name, lock in self._locks.items() if lock.locked()}
        return self._locks.setdefault(sender, asyncio.Lock())


def payload(text: str) -> dict[str, Any] | None:
    """A button's or the system's message as parse data; None for what a person typed."""
    hit = _PAYLOAD.match(text)
    if hit is None:
        return None
    try:
        values = json.loads(hit[2]) if hit[2] else {}
    except ValueError:
        return None
    if hit[1] == "choose" and not isinstance(values.get("option"), str | int):
        return None
    parsed: dict[str, Any] = {
        "text": text,
        "intent": {"name": hit[1], "confidence": 1.0},
        "entities": [],
        "skill": hit[1],
    }
    if hit[1] == "choose":
        parsed["option"] = str(values["option"])
    return parsed


def _plain(text: str) -> dict[str, Any]:
    return {
        "messages": [{"text": text, "buttons": [], "card": None}],
        "skill": "",
        "intent": "",
        "slots": {},
        "expects": FREE,
    }


def _error(status: int, code: str, message: str) -> HTTPResponse:
    return json_response({"error": {"code": code, "message": message}}, status=status, dumps=_dumps)


def _dumps(body: Any) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))
