"""Call-backs from outside, passed on untouched: the signature is checked where the secret lives."""

import httpx
from fastapi import APIRouter, Request, Response

from common.settings import Settings

router = APIRouter()
MAX_BODY = 64 * 1024
PASSED = ("content-type", "merchant", "timestamp", "nonce", "signature")


class Callbacks:
    """Forwards to the facade."""

    def __init__(self, settings: Settings) -> None:
        self.http = httpx.AsyncClient(base_url=settings.url("facade"), timeout=5)

    async def close(self) -> None:
        await self.http.aclose()


@router.post("/callbacks/payment")
async def payment(request: Request) -> Response:
    """The cashier's notice; any other answer than 200 makes it try again."""
    body = await request.body()
    if len(body) > MAX_BODY:
        return Response(status_code=413)
    headers = {name: request.headers[name] for name in PASSED if name in request.headers}
    callbacks: Callbacks = request.app.state.callbacks
    try:
        answer = await callbacks.http.post("/callbacks/payment", content=body, headers=headers)
    except httpx.HTTPError:
        return Response(status_code=503)
    return Response(answer.content, answer.status_code, media_type=answer.headers.get("content-type"))
