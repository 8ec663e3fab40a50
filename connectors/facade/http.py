"""From HTTP to a call and back: token, headers, body, audit, and an OperationOutcome for every error."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import orjson
from fastapi import Request, Response

from common import clock, logs, tokens
from common.errors import MenzhenError, NotAuthorised
from connectors.adapter import BackendError
from connectors.facade import audit, outcome
from connectors.facade.access import Access
from connectors.facade.core import Call, Facade
from connectors.facade.outcome import Invalid
from connectors.facade.references import depth

MEDIA = "application/fhir+json"
MAX_BODY = 1_000_000
DEADLINE_HEADER = "x-deadline-ms"
"""How long the caller waits at most; a back end is not asked longer than that."""
_JSON = ("application/fhir+json", "application/json", "text/json")
log = logs.logger("facade")


@dataclass(slots=True)
class Reply:
    """What an interaction answers."""

    content: dict[str, Any] | None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


Handler = Callable[[Facade, Request, Call], Awaitable[Reply]]


async def serve(
    facade: Facade, request: Request, interaction: str, type: str, id: str, handler: Handler
) -> Response:
    """Run an interaction for the bearer of the request and record the access."""
    call: Call | None = None
    code = ""
    try:
        call = begin(facade, request)
        facade.audit.check()
        reply = await handler(facade, request, call)
        if reply.content is not None and reply.status == 201:
            id = reply.content.get("id", "")
    except MenzhenError as error:
        code = error.code.upper()
        reply = refusal(facade, error)
    except Exception as error:
        # The last line of defence: nothing that a sender does may end without an answer that can be read.
        log.error(
            "interaction failed",
            interaction=interaction,
            error=error.__class__.__name__,
            at=outcome.frames(error),
        )
        code = "INTERNAL"
        reply = refusal(facade, MenzhenError(code="INTERNAL"))
    try:
        facade.audit.record(
            audit.Access(
                time=clock.now(),
                agent=call.access.claims.sub if call else "anonymous",
                role=call.access.claims.role if call else "none",
                interaction=interaction,
                type=type,
                resource=id,
                patients=tuple(sorted(call.patients)) if call else (),
                status=reply.status,
                code=code,
            )
        )
    except outcome.AuditUnavailable as error:
        reply = refusal(facade, error)
    return response(reply)


def begin(facade: Facade, request: Request) -> Call:
    """The call that a request makes. Raises NotAuthorised, Invalid."""
    headers = request.headers
    claims = tokens.bearer(headers.get("authorization"))
    wait = facade.settings.backend_deadline * 1.2
    given = headers.get(DEADLINE_HEADER, "")
    if given.isascii() and given.isdigit():
        wait = min(wait, int(given) / 1000) if len(given) < 9 else wait
    accepts(headers.get("accept", ""))
    return Call(
        access=Access.of(claims, facade.ids),
        until=asyncio.get_running_loop().time() + wait,
        lenient="handling=lenient" in headers.get("prefer", "").replace(" ", ""),
        headers=headers,
    )


def accepts(accept: str) -> None:
    """Raises Invalid (406) where JSON is not among what the sender takes."""
    kinds = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    if accept and not any(kind in (*_JSON, "*/*", "application/*", "text/*", "") for kind in kinds):
        raise Invalid("只提供 JSON 格式（application/fhir+json）。", code="NOT_ACCEPTABLE", status=406)


def refusal(facade: Facade, error: MenzhenError) -> Reply:
    """The answer to an error."""
    status = outcome.status_of(error)
    headers = {}
    if status == 503:
        headers["Retry-After"] = str(max((s.guard.retry_after for s in facade.registry.systems), default=1))
    if isinstance(error, NotAuthorised):
        headers["WWW-Authenticate"] = 'Bearer realm="menzhen"'
    if status >= 500 and not isinstance(error, BackendError):
        log.warning("refused", code=error.code, detail=error.detail)
    return Reply(outcome.of_error(error), status, headers)


def response(reply: Reply) -> Response:
    """The bytes of an answer."""
    content = b"" if reply.content is None else orjson.dumps(reply.content)
    return Response(content, reply.status, reply.headers | {"Cache-Control": "no-store"}, media_type=MEDIA)


async def body(request: Request) -> bytes:
    """The body, up to MAX_BODY bytes. Raises Invalid (413)."""
    too_long = Invalid("请求体太大（最多 1 MB）。", code="TOO_LARGE", status=413)
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length[:12]) > MAX_BODY:
        raise too_long
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > MAX_BODY:
            raise too_long
    return bytes(content)


async def json_body(request: Request) -> dict[str, Any]:
    """The JSON object in the body. Raises Invalid (400, 413, 415)."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _JSON:
        raise Invalid(
            "请求体应当是 JSON（Content-Type: application/fhir+json）。", code="MEDIA_TYPE", status=415
        )
    content = await body(request)
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError:
        raise Invalid("请求体不是有效的 JSON。", code="INVALID_JSON") from None
    if not isinstance(found, dict):
        raise Invalid("请求体应当是一个 JSON 对象。", code="INVALID_JSON")
    if not depth(found):
        raise Invalid("请求体嵌套太深。", code="INVALID_JSON")
    return found
