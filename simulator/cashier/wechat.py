"""WeChat's `jscode2session`, simulated: a code becomes an openid, once, unless it is a demo code."""

import hashlib
import re
from typing import Any

from sqlalchemy.dialects.sqlite import insert

from common import clock
from common.settings import Settings
from simulator.cashier.schema import codes
from simulator.database import Database

_DEMO = re.compile(r"demo-([a-z0-9]{1,32})")
_CODE = re.compile(r"[A-Za-z0-9_-]{4,64}")


class WeChat:
    """Errors as WeChat gives them: `errcode` 40013 appid, 40125 secret, 40029 invalid code, 40163 code been used."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database = database
        self.appid = settings.wechat_appid
        self.secret = settings.wechat_secret.get_secret_value()

    def session(self, appid: str, secret: str, code: str, grant_type: str) -> dict[str, Any]:
        if appid != self.appid:
            return _error(40013, "invalid appid")
        if secret != self.secret:
            return _error(40125, "invalid appsecret")
        if grant_type != "authorization_code":
            return _error(40002, "invalid grant_type")
        demo = _DEMO.fullmatch(code)
        if demo:
            return _session("wx-" + demo.group(1))
        if not _CODE.fullmatch(code):
            return _error(40029, "invalid code")
        with self.database.write() as connection:
            fresh = connection.execute(
                insert(codes).values(code=code, used_at=clock.now().isoformat()).on_conflict_do_nothing()
            ).rowcount
        if not fresh:
            return _error(40163, "code been used")
        # A code of another form stands for a person whom nobody knows yet.
        return _session("wx-" + hashlib.blake2s(code.encode(), digest_size=10).hexdigest())


def _session(openid: str) -> dict[str, Any]:
    digest = hashlib.blake2s(openid.encode(), key=b"simulated-wechat").hexdigest()
    return {"openid": openid, "session_key": digest[:24], "unionid": "u-" + digest[24:44]}


def _error(code: int, message: str) -> dict[str, Any]:
    return {"errcode": code, "errmsg": message}
