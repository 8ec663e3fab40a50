"""Opaque cursors: a search's later page, sealed so that it can be neither read nor forged."""

import base64
import hashlib
import time

import orjson
from cryptography.fernet import Fernet, InvalidToken

from connectors.facade.outcome import Invalid

MAX_AGE = 900


class Cursors:
    """Seals and opens cursors. A cursor is good for the bearer it was given to, for a quarter of an hour."""

    def __init__(self, secret: str) -> None:
        key = hashlib.sha256(b"facade cursors" + secret.encode()).digest()
        self._fernet = Fernet(base64.urlsafe_b64encode(key))

    def seal(self, type: str, pairs: list[tuple[str, str]], count: int, offset: int, bearer: str) -> str:
        """The cursor of the page that begins at `offset`."""
        body = orjson.dumps([type, pairs, count, offset, bearer])
        return self._fernet.encrypt(body).decode().rstrip("=")

    def open(self, type: str, cursor: str, bearer: str) -> tuple[list[tuple[str, str]], int, int]:
        """(parameters, count, offset). Raises Invalid."""
        try:
            padded = (cursor + "=" * (-len(cursor) % 4)).encode("ascii")
            body = self._fernet.decrypt_at_time(padded, MAX_AGE, int(time.time()))
        except (InvalidToken, UnicodeEncodeError):
            raise Invalid("翻页标记无效或已过期，请重新查询。", code="INVALID_CURSOR") from None
        of_type, pairs, count, offset, of_bearer = orjson.loads(body)
        if of_type != type or of_bearer != bearer:
            raise Invalid("翻页标记无效或已过期，请重新查询。", code="INVALID_CURSOR")
        return [(name, value) for name, value in pairs], count, offset
