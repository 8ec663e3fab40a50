"""The way to Rasa: signed messages in, replies out; silence becomes a sentence."""

from datetime import datetime
from typing import Any

import httpx
import orjson

from common import clock, logs, signing, tokens
from common.settings import Settings
from gateway.errors import BotUnavailable
from gateway.store import Identity

LOG = logs.logger("gateway.bot")
WEBHOOK = "/webhooks/menzhen/webhook"
CONVERSATIONS = "/webhooks/menzhen/conversations"


class Bot:
    """Talks to the assistant for people whose identity the gateway knows."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.http = httpx.AsyncClient(base_url=settings.bot_url, timeout=settings.reply_deadline + 1)

    async def close(self) -> None:
        await self.http.aclose()

    async def send(
        self,
        conversation: str,
        identity: Identity,
        message: str,
        message_id: str,
        *,
        event: dict[str, Any] | None = None,
        voice: dict[str, Any] | None = None,
        channel: str = "web",
        now: datetime | None = None,
    ) -> dict[str, Any]:
        """One turn → `{"messages", "skill", "intent", "slots", "expects"}`. `voice`: how a spoken message was heard.
        Raises BotUnavailable."""
        metadata: dict[str, Any] = {
            "role": identity.role,
            "token": tokens.issue(claims(identity, conversation)),
            "now": (now or clock.now()).isoformat(),
            "channel": channel,
            "patient": identity.patient,
            "name": identity.name,
            "department": identity.department,
            "dependents": [{"id": i, "relation": r, "name": n} for i, r, n in identity.dependents],
        }
        if event:
            metadata["event"] = event
        if voice:
            metadata["voice"] = voice
        body = orjson.dumps(
            {"sender": conversation, "message": message, "message_id": message_id, "metadata": metadata}
        )
        headers = {
            "Content-Type": "application/json",
            signing.HEADER: signing.sign(self.settings.key(), body),
        }
        try:
            answer = await self.http.post(WEBHOOK, content=body, headers=headers)
            answer.raise_for_status()
            reply = orjson.loads(answer.content)
        except (httpx.HTTPError, ValueError) as error:
            LOG.warning("bot failed", error=type(error).__name__)
            raise BotUnavailable(detail=type(error).__name__) from None
        if not reply.get("messages"):
            # A pushed event may have nothing to say; a person always gets an answer.
            if event is None:
                LOG.warning("bot said nothing", intent=reply.get("intent"))
                raise BotUnavailable(detail="empty reply")
            reply["messages"] = []
        return reply

    async def forget(self, conversation: str) -> None:
        """Wipe what the assistant keeps of a conversation. Raises BotUnavailable."""
        headers = {signing.HEADER: signing.sign(self.settings.key(), b"")}
        try:
            answer = await self.http.delete(f"{CONVERSATIONS}/{conversation}", headers=headers)
            answer.raise_for_status()
        except httpx.HTTPError as error:
            raise BotUnavailable(detail=type(error).__name__) from None


def claims(identity: Identity, conversation: str) -> tokens.Claims:
    """What the assistant may do for this person: nothing wider than the person's own."""
    patient = identity.role == "patient"
    return tokens.Claims(
        sub=identity.sub,
        role=identity.role,
        scope=tokens.PATIENT_SCOPES if patient else tokens.STAFF_SCOPES,
        patient=identity.patient,
        dependents=tuple(id for id, _, _ in identity.dependents),
        department=identity.department,
        doctor=identity.doctor,
        session=conversation,
    )
