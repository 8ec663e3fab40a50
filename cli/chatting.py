"""The terminal's side of a conversation: one socket to the gateway, as a page would hold it."""

import asyncio
import contextlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

import httpx
import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from chinese.numbers import parse_number
from cli.output import input_lines, print_json
from cli.showing import show_messages
from common import tokens
from common.errors import MenzhenError
from common.settings import Settings

REPLY_SECONDS = 15
# How long a payment made here may take to come back as a voucher.
PUSH_SECONDS = 15


class ChatError(Exception):
    """The conversation cannot go on; one line for the person."""

    def __init__(self, message: str, status: int = 1) -> None:
        super().__init__(message)
        self.status = status


@dataclass(slots=True)
class Turn:
    """What came back on one line."""

    user: str
    replies: list[dict[str, Any]] = field(default_factory=list)
    slots: dict[str, Any] = field(default_factory=dict)
    skill: str | None = None
    intent: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "user": self.user,
            "replies": self.replies,
            "slots": self.slots,
            "skill": self.skill,
            "intent": self.intent,
        }


class Client:
    """A logged-in conversation. Opens on `async with`."""

    def __init__(self, settings: Settings, who: str) -> None:
        self.settings, self.who = settings, who
        self.greeting: list[dict[str, Any]] = []
        self.on_push: Callable[[list[dict[str, Any]]], None] | None = None
        self._last: list[dict[str, Any]] = []
        self._answers: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._pushes: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._http = httpx.AsyncClient(timeout=10)

    async def __aenter__(self) -> Self:
        session = await self._log_in()
        try:
            self._socket: ClientConnection = await connect(
                self.settings.gateway_url.replace("http", "ws", 1) + "/chat", max_size=2**20
            )
        except (OSError, WebSocketException):
            raise ChatError("连接不上网关。") from None
        await self._send({"type": "hello", "session": session})
        self._reader = asyncio.create_task(self._read())
        await self._greeted()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._reader.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._reader
        await self._socket.close()
        await self._http.aclose()

    async def _log_in(self) -> str:
        try:
            token = tokens.service("chat")
            answer = await self._http.post(
                self.settings.gateway_url + "/api/login/service",
                json={"as": self.who},
                headers={"Authorization": f"Bearer {token}"},
            )
        except (MenzhenError, httpx.HTTPError):
            raise ChatError("系统没有在运行，请先 ./menzhen up") from None
        body = answer.json()
        if answer.status_code != 200:
            raise ChatError(body["error"]["message"], 2)
        return str(body["session"])

    async def _send(self, frame: dict[str, Any]) -> None:
        try:
            await self._socket.send(orjson.dumps(frame).decode())
        except WebSocketException:
            raise ChatError("和网关的连接断了。") from None

    async def _read(self) -> None:
        with contextlib.suppress(WebSocketException):
            async for text in self._socket:
                frame = orjson.loads(text)
                if frame["type"] == "push":
                    self._last = frame["messages"]
                    if self.on_push:
                        self.on_push(frame["messages"])
                    else:
                        await self._pushes.put(frame)
                elif frame["type"] in ("reply", "error", "ready"):
                    await self._answers.put(frame)
        await self._answers.put({"type": "closed"})

    async def _answer(self) -> dict[str, Any]:
        try:
            frame = await asyncio.wait_for(self._answers.get(), REPLY_SECONDS)
        except TimeoutError:
            raise ChatError("等了很久没有回答。") from None
        if frame["type"] == "closed":
            raise ChatError("网关结束了对话。")
        return frame

    async def _greeted(self) -> None:
        while (frame := await self._answer())["type"] == "ready":
            continue
        self.greeting = messages_of(frame)
        self._last = self.greeting

    async def fresh(self) -> None:
        """A new conversation."""
        await self._send({"type": "new"})
        await self._greeted()

    async def say(self, line: str) -> Turn:
        """One line: a number or a button's title taps that button; anything else is said."""
        turn = Turn(line)
        button = self._button(line)
        if button and button.get("url"):
            await self._pay(button["url"], turn)
            return turn
        await self._send(
            {
                "type": "message",
                "id": uuid.uuid4().hex,
                "text": button["title"] if button else line,
                "payload": button.get("payload") if button else None,
            }
        )
        frame = await self._answer()
        turn.replies = messages_of(frame)
        turn.slots, turn.skill, turn.intent = (
            frame.get("slots") or {},
            frame.get("skill"),
            frame.get("intent"),
        )
        self._last = turn.replies
        return turn

    def _button(self, line: str) -> dict[str, Any] | None:
        """The button of the last answer that the line names, by number or title."""
        buttons = [b for message in self._last for b in choices(message)]
        for button in buttons:
            if button["title"] == line or (
                button.get("url") and line in ("支付", "付款", "去支付", "确认支付")
            ):
                return button
        if line.isdigit() and len(line) < 3:
            number = parse_number(line)
            index = int(number.value) - 1 if number else -1
            if 0 <= index < len(buttons):
                return buttons[index]
        return None

    async def _pay(self, url: str, turn: Turn) -> None:
        """The terminal stands for the phone: opens the cashier's page and taps 确认支付, then waits for the news."""
        while not self._pushes.empty():
            self._pushes.get_nowait()
        try:
            answer = await self._http.post(url, json={})
            answer.raise_for_status()
        except httpx.HTTPError:
            turn.replies = [{"text": "支付页面打不开，请稍后再试。", "buttons": [], "card": None}]
            return
        turn.skill = "pay_bill"
        if self.on_push:
            turn.replies = [{"text": "（已在收银台支付，等待结果…）", "buttons": [], "card": None}]
            return
        try:
            frame = await asyncio.wait_for(self._pushes.get(), PUSH_SECONDS)
        except TimeoutError:
            turn.replies = [
                {"text": "已支付，医院系统还没有回音，请稍后查看“我的预约”。", "buttons": [], "card": None}
            ]
            return
        turn.replies = frame["messages"]
        turn.slots, turn.skill = frame.get("slots") or {}, frame.get("skill") or turn.skill


def messages_of(frame: dict[str, Any]) -> list[dict[str, Any]]:
    """The messages of a reply; an error's sentence as one."""
    if frame["type"] == "error":
        return [{"text": frame["message"], "buttons": [], "card": None, "error": frame["code"]}]
    return list(frame["messages"])


def choices(message: dict[str, Any]) -> list[dict[str, Any]]:
    """Everything in a message that can be tapped, in the order in which it is shown."""
    found: list[dict[str, Any]] = []
    card = message.get("card") or {}
    for option in card.get("options", []):
        if not option.get("disabled"):
            found.append({"title": option["title"], "payload": option.get("payload")})
    for slot in card.get("slots", []):
        found.append({"title": f"{slot['doctor']} {slot['start'][11:16]}", "payload": slot["payload"]})
    for item in card.get("departments", []):
        found.append({"title": item["name"], "payload": item["payload"]})
    for item in card.get("items", []):
        if isinstance(item, dict) and item.get("payload"):
            found.append({"title": item["title"], "payload": item["payload"]})
    if card.get("type") == "payment":
        found.append({"title": "去支付", "url": card["url"]})
    known = {button["title"] for button in found}
    return found + [b for b in message.get("buttons") or [] if b["title"] not in known]


async def scripted(settings: Settings, who: str, as_json: bool) -> int:
    """Lines from standard input, a turn each; an empty line starts a new conversation."""
    async with Client(settings, who) as client:
        lines = input_lines()
        while (line := await asyncio.to_thread(next, lines, None)) is not None:
            if not line:
                await client.fresh()
                continue
            turn = await client.say(line)
            if as_json:
                print_json(turn.as_json())
            else:
                print(f"您：{line}", flush=True)
                show_messages(turn.replies)
    return 0
