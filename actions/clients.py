"""The doors to the rest of the system: facade, journey and insight over HTTP; shared connections, a deadline each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import orjson

from actions.problems import Refused, Unavailable
from common.settings import get

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
        self.http = httpx.AsyncClient(base_url=base_url, timeout=seconds, limits=_LIMITS)

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
    """Code and Chinese sentence of an error body: our own form, or an OperationOutcome."""
    if not isinstance(body, dict):
        return "", ""
    if isinstance(body.get("error"), dict):
        return str(body["error"].get("code") or ""), str(body["error"].get("message") or "")
    for issue in body.get("issue") or ():
        details = issue.get("details") or {}
        coding = (details.get("coding") or [{}])[0]
        return str(coding.get("code") or issue.get("code") or ""), str(details.get("text") or "")
    return "", ""


@dataclass(frozen=True, slots=True)
class Found:
    """Resources of a search, what was included with them, and the systems that did not answer."""

    resources: list[Json]
    included: dict[str, Json]
    missing: list[str]


class Facade(Door):
    """The FHIR API."""

    async def search(self, type: str, token: str, **params: str | int | Sequence[str]) -> Found:
        """Matches of a search; `_` and `-` of FHIR's names are written `_` (`service_type`, `_count`)."""
        query = {_parameter(name): value for name, value in params.items() if value not in ("", None, [])}
        bundle = await self.ask("GET", f"/{type}", token, params=query)
        resources: list[Json] = []
        included: dict[str, Json] = {}
        missing: list[str] = []
        for entry in bundle.get("entry") or ():
            resource, mode = entry.get("resource") or {}, (entry.get("search") or {}).get("mode", "match")
            if mode == "outcome" or resource.get("resourceType") == "OperationOutcome":
                missing.append(_problem(resource)[1] or "有一个系统")
            elif mode == "include":
                included[f"{resource.get('resourceType')}/{resource.get('id')}"] = resource
            else:
                resources.append(resource)
        return Found(resources, included, missing)

    async def read(self, type: str, id: str, token: str) -> Json:
        return await self.ask("GET", f"/{type}/{id}", token)


def _parameter(name: str) -> str:
    return name if name.startswith("_") else name.replace("_", "-")


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

    async def cancel(self, token: str, appointment: str, key: str) -> Json:
        body = {"appointment": appointment, "key": key}
        return (await self.ask("POST", "/cancellations", token, body=body))["cancellation"]

    async def reschedule(self, token: str, appointment: str, slot: str, key: str) -> Json:
        body = {"appointment": appointment, "slot": slot, "key": key}
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

    facade: Facade
    journey: Journey
    insight: Insight

    async def close(self) -> None:
        for door in (self.facade, self.journey, self.insight):
            await door.close()


_open: list[Services] = []


def services() -> Services:
    """This process's doors, opened at first use."""
    if not _open:
        settings = get()
        seconds = settings.backend_deadline + MARGIN
        _open.append(
            Services(
                Facade(settings.facade_url, "facade", seconds),
                Journey(settings.journey_url, "journey", seconds + MARGIN),
                Insight(settings.insight_url, "insight", INSIGHT_SECONDS),
            )
        )
    return _open[0]


async def close() -> None:
    """Close the connections at the end."""
    while _open:
        await _open.pop().close()
