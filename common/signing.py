"""Signed messages between our own processes: HMAC-SHA256 over time and body. Standard library only."""

import hashlib
import hmac
import time

HEADER = "X-Menzhen-Signature"
MAX_AGE = 300


def sign(key: str, body: bytes, at: int | None = None) -> str:
    """The header's value: `t=SECONDS,v1=HEX`."""
    at = int(time.time()) if at is None else at
    digest = hmac.new(key.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def check(key: str, body: bytes, header: str | None) -> bool:
    """Whether the header signs this body and is not older than MAX_AGE seconds."""
    try:
        parts = dict(part.split("=", 1) for part in (header or "").split(","))
        at = int(parts["t"])
        given = parts["v1"]
    except (ValueError, KeyError):
        return False
    if abs(time.time() - at) > MAX_AGE:
        return False
    return hmac.compare_digest(sign(key, body, at), f"t={at},v1={given}")
