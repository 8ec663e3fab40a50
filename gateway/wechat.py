"""WeChat's log-in: a one-time code becomes an openid. The session key never leaves this process."""

import httpx

from common.settings import Settings
from gateway.errors import LoginFailed

WORDS = {
    40029: "微信登录码无效，请重新进入小程序。",
    40163: "微信登录码已经用过，请重新进入小程序。",
    45011: "登录太频繁了，请一分钟后再试。",
    40226: "这个微信账号暂时不能登录。",
}


class WeChat:
    """Client of `sns/jscode2session`."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.http = httpx.AsyncClient(base_url=settings.wechat_url, timeout=5)

    async def close(self) -> None:
        await self.http.aclose()

    async def openid(self, code: str) -> str:
        """Raises LoginFailed with what to tell the person."""
        try:
            answer = await self.http.get(
                "/sns/jscode2session",
                params={
                    "appid": self.settings.wechat_appid,
                    "secret": self.settings.wechat_secret.get_secret_value(),
                    "js_code": code,
                    "grant_type": "authorization_code",
                },
            )
            answer.raise_for_status()
            body = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise LoginFailed(
                "微信暂时连不上，请稍后再试。", detail=type(error).__name__, status=503
            ) from None
        if body.get("errcode"):
            raise LoginFailed(WORDS.get(body["errcode"]), detail=f"errcode {body['errcode']}")
        return str(body["openid"])
