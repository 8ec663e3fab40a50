"""All input and output with the cashier: signed JSON requests over kept connections."""

import asyncio
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import orjson

from common.logs import logger
from common.settings import Settings
from connectors.adapter import BackendError, BackendUnavailable
from connectors.payment.signature import headers

log = logger("payment")
_STATUS = {"ORDER_NOT_FOUND": 404, "PARAM_ERROR": 422}
_TEXT = {
    "SIGN_ERROR": "收银台不认可签名，请检查商户密钥。",
    "PARAM_ERROR": "收银台没有接受请求的内容。",
    "ORDER_NOT_FOUND": "没有找到这笔支付订单。",
    "ORDER_PAID": "这笔订单已经支付。",
    "ORDER_CLOSED": "这笔订单已经关闭。",
    "AMOUNT_MISMATCH": "支付金额与原订单不符。",
    "REFUND_EXCEEDS": "退款金额超过已支付的金额。",
    "BUSY": "收银台繁忙，请稍后再试。",
}


class CashierClient:
    """The cashier's REST of docs/protocols/lis-and-cashier.md. Raises BackendError, BackendUnavailable."""

    def __init__(self, settings: Settings) -> None:
        self.base = settings.cashier_url.rstrip("/")
        self.prefix = urlsplit(self.base).path
        self.merchant, self.key = settings.cashier_merchant, settings.cashier_key.get_secret_value()
        self.deadline = settings.backend_deadline
        self._http: httpx.AsyncClient | None = None

    async def stop(self) -> None:
        if self._http is not None:
            await self._http.aclose()
            self._http = None

    async def order(self, body: dict[str, Any]) -> dict[str, Any]:
        """Make an order, or get the one with that number."""
        return await self._ask("POST", "/v1/orders", body)

    async def state(self, order: str) -> dict[str, Any]:
        """An order as it is."""
        return await self._ask("GET", f"/v1/orders/{quote(order, safe='')}")

    async def close(self, order: str) -> dict[str, Any]:
        """Close an order that is not paid."""
        return await self._ask("POST", f"/v1/orders/{quote(order, safe='')}/close", {})

    async def refund(self, body: dict[str, Any]) -> dict[str, Any]:
        """Pay back."""
        return await self._ask("POST", "/v1/refunds", body)

    async def hello(self) -> httpx.Response:
        """A signed question about an order that does not exist: shows connection, key and their time."""
        return await self._send("GET", "/v1/orders/menzhen-check", b"")

    async def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        response = await self._send(method, path, b"" if body is None else orjson.dumps(body))
        try:
            answer = orjson.loads(response.content)
            if not isinstance(answer, dict):
                raise ValueError
        except ValueError:
            detail = f"HTTP {response.status_code} without JSON"
            raise BackendUnavailable(
                "收银台的应答无法读取。", code="BACKEND_GARBLED", detail=detail
            ) from None
        if response.is_success:
            return answer
        raise refusal(str(answer.get("code", "")), response.status_code)

    async def _send(self, method: str, path: str, body: bytes) -> httpx.Response:
        http = self._http
        if http is None:
            http = self._http = httpx.AsyncClient(timeout=None, limits=httpx.Limits(max_connections=20))
        signed = headers(self.key, self.merchant, method, self.prefix + path, body)
        signed["Content-Type"] = "application/json"
        try:
            # One deadline for the whole call: httpx's own timeouts start again with every byte.
            async with asyncio.timeout(self.deadline):
                return await http.request(method, self.base + path, content=body, headers=signed)
        except TimeoutError:
            raise BackendUnavailable(
                "收银台没有及时回应，请稍后再试。", code="BACKEND_TIMEOUT", detail=f"{method} {path}"
            ) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise BackendUnavailable(
                "收银台暂时连接不上，请稍后再试。", detail=type(error).__name__
            ) from None


def refusal(code: str, status: int) -> BackendError | BackendUnavailable:
    """The cashier's refusal as an error of ours."""
    text = _TEXT.get(code)
    if code == "BUSY" or (status >= 500 and code not in _TEXT):
        return BackendUnavailable(
            text or "收银台暂时出了问题，请稍后再试。", code=code or "BACKEND_DOWN", detail=f"{status}"
        )
    if code == "SIGN_ERROR":
        log.error("cashier_refuses_signature")
        return BackendUnavailable(text, code=code, detail="the key or the clock is wrong")
    return BackendError(
        text, code=code or "BACKEND_REFUSED", status=_STATUS.get(code, 409), detail=f"cashier {status} {code}"
    )
