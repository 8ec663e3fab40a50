"""The cashier's signatures: hex HMAC-SHA256 of `METHOD\\nPATH\\nTIMESTAMP\\nNONCE\\nBODY\\n`."""

import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Mapping

from common.errors import MenzhenError

MAX_AGE = 300
MAX_NONCES = 100_000


class CallbackRefused(MenzhenError):
    """A call-back that is not the cashier's, is too old, or came before."""

    status = 401
    code = "SIGN_ERROR"
    message = "支付回调的签名不对。"


def sign(key: str, method: str, path: str, timestamp: str, nonce: str, body: bytes) -> str:
    """The signature of one request."""
    text = f"{method}\n{path}\n{timestamp}\n{nonce}\n".encode() + body + b"\n"
    return hmac.new(key.encode(), text, hashlib.sha256).hexdigest()


def headers(key: str, merchant: str, method: str, path: str, body: bytes) -> dict[str, str]:
    """The four headers of a request that is sent now."""
    timestamp, nonce = str(int(time.time())), secrets.token_hex(16)
    return {
        "Merchant": merchant,
        "Timestamp": timestamp,
        "Nonce": nonce,
        "Signature": sign(key, method, path, timestamp, nonce, body),
    }


class Verifier:
    """Checks call-backs. A nonce is good once within its time; real time, since signatures are not the clinic's."""

    def __init__(self, key: str, merchant: str) -> None:
        self.key, self.merchant = key, merchant
        self._seen: OrderedDict[str, float] = OrderedDict()

    def check(self, given: Mapping[str, str], method: str, path: str, body: bytes) -> None:
        """Raises CallbackRefused: SIGN_ERROR, EXPIRED or REPLAYED."""
        header = {name.lower(): value for name, value in given.items()}
        timestamp, nonce = header.get("timestamp", ""), header.get("nonce", "")
        if header.get("merchant", self.merchant) != self.merchant:
            raise CallbackRefused("支付回调的商户号不对。", detail="other merchant")
        expected = sign(self.key, method, path, timestamp, nonce, body)
        if not hmac.compare_digest(expected.encode(), header.get("signature", "").lower().encode()):
            raise CallbackRefused(detail="signature differs")
        now = time.time()
        if not timestamp.isdecimal() or abs(now - int(timestamp)) > MAX_AGE:
            raise CallbackRefused("支付回调已过期。", code="EXPIRED", detail="timestamp out of range")
        if not nonce:
            raise CallbackRefused(detail="no nonce")
        while self._seen and (
            next(iter(self._seen.values())) < now - 2 * MAX_AGE or len(self._seen) >= MAX_NONCES
        ):
            self._seen.popitem(last=False)
        if nonce in self._seen:
            raise CallbackRefused("支付回调重复。", code="REPLAYED", detail="nonce used")
        self._seen[nonce] = now
