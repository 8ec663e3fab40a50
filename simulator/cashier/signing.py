"""Signatures both ways: hex HMAC-SHA256 of `METHOD\\nPATH\\nTIMESTAMP\\nNONCE\\nBODY\\n` with the merchant's key."""

import hashlib
import hmac
import time
import uuid
from collections.abc import Mapping

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from simulator.cashier.problem import Problem
from simulator.cashier.schema import nonces
from simulator.database import Database

MAX_AGE = 300
"""Seconds for which a timestamp is good."""


def signature(key: str, method: str, path: str, timestamp: str, nonce: str, body: bytes) -> str:
    text = f"{method}\n{path}\n{timestamp}\n{nonce}\n".encode() + body + b"\n"
    return hmac.new(key.encode(), text, hashlib.sha256).hexdigest()


def headers(merchant: str, key: str, method: str, path: str, body: bytes) -> dict[str, str]:
    """The four headers of a signed request."""
    timestamp, nonce = str(int(time.time())), uuid.uuid4().hex
    return {
        "Merchant": merchant,
        "Timestamp": timestamp,
        "Nonce": nonce,
        "Signature": signature(key, method, path, timestamp, nonce, body),
    }


class Checker:
    """Checks requests of one merchant; a nonce is good once, also after a restart."""

    def __init__(self, database: Database, merchant: str, key: str) -> None:
        self.database, self.merchant, self.key = database, merchant, key

    def check(self, method: str, path: str, given: Mapping[str, str], body: bytes) -> None:
        """Raises Problem SIGN_ERROR."""
        merchant, timestamp, nonce, sent = (
            given.get(name, "") for name in ("merchant", "timestamp", "nonce", "signature")
        )
        if merchant != self.merchant:
            raise Problem("SIGN_ERROR", "商户号不正确。", detail="merchant")
        if not timestamp.isdigit() or abs(time.time() - int(timestamp[:15])) > MAX_AGE:
            raise Problem("SIGN_ERROR", "请求时间戳已过期。", detail="timestamp")
        if not nonce or len(nonce) > 128:
            raise Problem("SIGN_ERROR", "缺少随机串或过长。", detail="nonce")
        expected = signature(self.key, method, path, timestamp, nonce, body)
        if not hmac.compare_digest(expected.encode(), sent.lower().encode()):
            raise Problem("SIGN_ERROR", detail="signature")
        try:
            with self.database.write() as connection:
                connection.execute(delete(nonces).where(nonces.c.seen_at < time.time() - 2 * MAX_AGE))
                connection.execute(nonces.insert().values(nonce=nonce, seen_at=time.time()))
        except IntegrityError:
            raise Problem("SIGN_ERROR", "随机串已使用过。", detail="nonce used") from None
