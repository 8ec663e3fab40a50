"""The doors to the rest of the system: facade, journey and insight over HTTP; shared connections, a deadline each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import orjson

from actions.problems import Refused, Unavailable
from common.settings import get
from connectors.fhir_client import FhirClient

Json = dict[str, Any]
Params = Mapping[str, str | int | Sequence[str]]
MARGIN = 0.5
"""Seconds that the facade may take beyond one call to a hospital system, before we stop waiting for it."""
INSIGHT_SECONDS = 2.8
_LIMITS = httpx.Limits(max_connections=64, max_keepalive_connections=32, keepalive_expiry=60)


class Door:
    """JSON over HTTP to one process, with the caller's own token. Raises Unavailable and Refused."""

    def __init__(self, base_url: str, name: str, seconds: float) -> None:
        self.name = name
        self.http = httpx.AsyncClient(base_url=base_url, timeout=seconds, limits=_LIMITS, trust_env=False)

    async def ask(
        self,
        method: str,
        path: str,
        token: str,
        *,
        params: Params | None = None,
        body: Json | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Json:
        """The answer's JSON."""
        all_headers = {"Authorization": f"Bearer {token}", "Accept": "application/json", **(headers or {})}
        content = None if body is None else orjson.dumps(body)
        if content is not None:
            all_headers["Content-Type"] = "application/json"
        try:
            answer = await self.http.request(
                method, path, params=params, content=content, headers=all_headers
            )
        except httpx.TimeoutException:
            raise Unavailable(code="BACKEND_TIMEOUT", detail=f"{self.name} too slow") from None
        except (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError) as error:
            # It was on its way: whether it arrived is not known.
            raise Unavailable(code="BACKEND_TIMEOUT", detail=f"{self.name}: {type(error).__name__}") from None
        except httpx.HTTPError as error:
            raise Unavailable(detail=f"{self.name}: {type(error).__name__}") from None
        try:
            found = orjson.loads(answer.content) if answer.content else {}
        except orjson.JSONDecodeError:
            raise Unavailable(detail=f"{self.name}: {answer.status_code}, no JSON") from None
        if answer.is_success:
            return found
        code, message = _problem(found)
        detail = f"{self.name} {answer.status_code} {code}"
        if answer.status_code >= 500 or answer.status_code == 429:
            raise Unavailable(message or None, code=code or "BACKEND_DOWN", detail=detail)
        raise Refused(message or None, code=code or "BACKEND_REFUSED", detail=detail)

    async def close(self) -> None:
        await self.http.aclose()


def _problem(body: Any) -> tuple[str, str]:
    """Code and Chinese sentence of an error body."""
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return "", ""
    return str(error.get("code") or ""), str(error.get("message") or "")


class Journey(Door):
    """Durable workflows: booking, cancelling, changing, paying."""

    async def book(self, token: str, slot: str, patient: str, key: str, conversation: str) -> Json:
        body = {"slot": slot, "patient": patient, "key": key, "conversation": conversation}
        return (await self.ask("POST", "/bookings", token, body=body))["booking"]

    async def booking(self, token: str, id: str) -> Json:
        return (await self.ask("GET", f"/bookings/{id}", token))["booking"]

    async def open_bookings(self, token: str, conversation: str) -> list[Json]:
        found = await self.ask(
            "GET", "/bookings", token, params={"conversation": conversation, "open": "true"}
        )
        return list(found.get("bookings") or [])

    async def release(self, token: str, id: str) -> Json:
        return await self.ask("POST", f"/bookings/{id}/release", token, body={})

    async def cancel(self, token: str, appointment: str, key: str, conversation: str) -> Json:
        body = {"appointment": appointment, "key": key, "conversation": conversation}
        return (await self.ask("POST", "/cancellations", token, body=body))["cancellation"]

    async def reschedule(self, token: str, appointment: str, slot: str, key: str, conversation: str) -> Json:
        body = {"appointment": appointment, "slot": slot, "key": key, "conversation": conversation}
        return (await self.ask("POST", "/reschedules", token, body=body))["reschedule"]

    async def pay(self, token: str, invoices: list[str], patient: str, key: str, conversation: str) -> Json:
        body = {"invoices": invoices, "patient": patient, "key": key, "conversation": conversation}
        return (await self.ask("POST", "/payments", token, body=body))["payment"]

    async def payment(self, token: str, id: str) -> Json:
        return (await self.ask("GET", f"/payments/{id}", token))["payment"]


class Insight(Door):
    """Management questions."""

    async def question(self, token: str, question: str, session: str) -> Json:
        return await self.ask("POST", "/insight/ask", token, body={"question": question, "session": session})


@dataclass(frozen=True, slots=True)
class Services:
    """All doors of this process."""

    facade_url: str
    facade_seconds: float
    journey: Journey
    insight: Insight

    def fhir(self, token: str) -> FhirClient:
        """The facade's client with the caller's own token; connections are shared."""
        return FhirClient(self.facade_url, token, self.facade_seconds)

    async def close(self) -> None:
        await self.fhir("").close()
        for door in (self.journey, self.insight):
            await door.close()


_open: list[Services] = []


def services() -> Services:
    """This process's doors, opened at first use."""
    if not _open:
        settings = get()
        seconds = settings.backend_deadline + MARGIN
        _open.append(
            Services(
                settings.facade_url,
                seconds,
                Journey(settings.journey_url, "journey", seconds + MARGIN),
                Insight(settings.insight_url, "insight", INSIGHT_SECONDS),
            )
        )
    return _open[0]


async def close() -> None:
    """Close the connections at the end."""
    while _open:
        await _open.pop().close()
