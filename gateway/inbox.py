"""What a manager subscribed to, brought into the conversation: at once where one is open, else at the next log-in."""

import asyncio
from typing import Any

import httpx

from common import logs, tokens
from common.settings import Settings
from gateway.chat import Chat
from gateway.store import Store

LOG = logs.logger("gateway.inbox")
CURSOR = "insight"
LOOK_SECONDS = 2.0


def waiting_for(sub: str) -> str:
    """Where deliveries to a person wait, beside those to a conversation."""
    return f"of:{sub}"


class Inbox:
    """Follows insight's deliveries with a cursor of its own. A delivery is kept and counted as taken in one
    transaction, and shown from what is kept: a restart in between neither loses nor doubles it."""

    def __init__(self, settings: Settings, store: Store, chat: Chat) -> None:
        self.store, self.chat = store, chat
        self.http = httpx.AsyncClient(base_url=settings.insight_url, timeout=10)

    async def close(self) -> None:
        await self.http.aclose()

    async def run(self) -> None:
        """For ever; while insight is away it is asked again."""
        away = False
        while True:
            try:
                await self.look()
                away = False
            except (httpx.HTTPError, ValueError, KeyError) as error:
                if not away:
                    LOG.warning("insight unreachable", error=type(error).__name__)
                away = True
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Takes in what is new, and shows it to those who are here."""
        after = await asyncio.to_thread(self.store.cursor, CURSOR) or 0
        headers = {"Authorization": f"Bearer {tokens.service('gateway')}"}
        answer = await self.http.get("/insight/deliveries", params={"after": after}, headers=headers)
        answer.raise_for_status()
        for message in answer.json()["messages"]:
            place = waiting_for(message["owner"])
            await asyncio.to_thread(self.store.wait_push, place, frame(message), (CURSOR, message["id"]))
        for conversation in self.chat.of_staff():
            for kept in await asyncio.to_thread(
                self.store.take_pushes, waiting_for(conversation.identity.sub)
            ):
                await conversation.show(kept)


def frame(message: dict[str, Any]) -> dict[str, Any]:
    """A delivery as a push: what it is an answer to, then the answer with its card."""
    answer = message["answer"]
    about = answer.get("delivery") or {}
    asked = "，".join(about.get("questions") or [answer.get("question", "")])
    head = (
        f"提醒：{asked}"
        if about.get("kind") == "alert"
        else f"您订阅的「{asked}」（{about.get('when', '')}）"
    )
    shown = {
        "text": f"{head}\n{answer['answer']}",
        "buttons": [{"title": "我订阅了什么"}],
        "card": {"type": "insight", **answer} if answer["status"] == "answered" else None,
    }
    return {"type": "push", "messages": [shown]}
