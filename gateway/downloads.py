"""An answer's table as a file: a signed link that insight made, passed on untouched. The link itself is the right."""

import httpx
from fastapi import APIRouter, Request, Response

from common.settings import Settings

router = APIRouter()
MAX_LINK = 8000
PASSED = ("content-type", "content-disposition", "cache-control")
SORRY = "现在下载不了，请稍后回到对话里再说一次“导出”。"


class Downloads:
    """Forwards to insight."""

    def __init__(self, settings: Settings) -> None:
        self.http = httpx.AsyncClient(base_url=settings.insight_url, timeout=30)

    async def close(self) -> None:
        await self.http.aclose()


@router.get("/insight/export/{link}")
async def export(link: str, request: Request) -> Response:
    """The file, or a sentence why there is none."""
    if len(link) > MAX_LINK or not link.replace(".", "").replace("-", "").replace("_", "").isalnum():
        return _said("这个下载链接不完整。", 404)
    downloads: Downloads = request.app.state.downloads
    try:
        answer = await downloads.http.get(f"/insight/export/{link}")
    except httpx.HTTPError:
        return _said(SORRY, 503)
    if answer.is_error:
        try:
            message = answer.json()["error"]["message"]
        except (ValueError, KeyError, TypeError):
            message = SORRY
        return _said(message, answer.status_code)
    headers = {name: answer.headers[name] for name in PASSED if name in answer.headers}
    return Response(answer.content, headers=headers)


def _said(text: str, status: int) -> Response:
    return Response(text, status, media_type="text/plain; charset=utf-8")
