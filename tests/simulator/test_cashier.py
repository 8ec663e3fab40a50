"""The cashier: signed orders, payment by a tap, call-backs until they are taken, refunds, WeChat's log-in."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import pytest_asyncio
import uvicorn

from simulator.cashier import app, callbacks, signing
from tests.simulator.conftest import TestClock, settings_for
from tests.simulator.test_notices import until
from tests.simulator.wire import free_port

MERCHANT, KEY = "M1001", "simulated-cashier-key"


class Merchant:
    """The front desk's side: signed requests, and a place where call-backs come in."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.client = httpx.AsyncClient(base_url=base, trust_env=False, timeout=20)
        self.events: list[dict[str, Any]] = []
        self.bad = 0
        self.refuse = 0

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        content = b"" if body is None else orjson.dumps(body)
        signed = signing.headers(MERCHANT, KEY, method, path, content) | headers
        return await self.client.request(method, path, content=content, headers=signed)

    async def order(self, number: str = "O1", fen: int = 1500, **more: Any) -> httpx.Response:
        body = {
            "order_no": number,
            "amount_fen": fen,
            "subject": "骨科普通门诊 <挂号>",
            "expires_at": "2026-11-24T07:45:00+08:00",
            "notify_url": self.notify_url,
            "attach": "A1",
        }
        return await self.ask("POST", "/v1/orders", body | more)

    async def listen(self) -> asyncio.Server:
        port = free_port()
        self.notify_url = f"http://127.0.0.1:{port}/callbacks/payment?x=1"
        return await asyncio.start_server(self._serve, "127.0.0.1", port)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
            body = await reader.readexactly(int(headers["content-length"]))
            expected = signing.signature(
                KEY, "POST", "/callbacks/payment?x=1", headers["timestamp"], headers["nonce"], body
            )
            self.bad += headers["signature"] != expected or headers["merchant"] != MERCHANT.lower()
            answer = b'{"code": "SUCCESS"}'
            if self.refuse:
                self.refuse -= 1
                answer = b'{"code": "FAIL"}'
            else:
                self.events.append(orjson.loads(body))
            writer.write(
                b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
                % (len(answer), answer)
            )
            await writer.drain()
        writer.close()


@pytest_asyncio.fixture
async def merchant(tmp_path: Path, moment: TestClock) -> AsyncIterator[Merchant]:
    port = free_port()
    settings = settings_for(tmp_path, cashier_url=f"http://127.0.0.1:{port}")
    server = uvicorn.Server(
        uvicorn.Config(app.application(settings), port=port, log_level="error", proxy_headers=False)
    )
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    task = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    made = Merchant(f"http://127.0.0.1:{port}")
    listener = await made.listen()
    yield made
    await made.client.aclose()
    listener.close()
    server.should_exit = True
    await task


async def test_an_order_is_paid_by_a_tap_and_told_once(merchant: Merchant) -> None:
    made = (await merchant.order()).json()
    assert made["status"] == "WAITING" and made["pay_url"] == f"{merchant.base}/pay/O1"
    html = {"Accept": "text/html"}
    page = (await merchant.client.get("/pay/O1", headers=html)).text
    assert "模拟收银台" in page and "15.00" in page and "确认支付" in page and "取消" in page
    assert "&lt;挂号&gt;" in page and "<挂号>" not in page
    for _ in range(2):
        paid = await merchant.client.post("/pay/O1", headers=html, follow_redirects=True)
        assert "支付成功，请返回" in paid.text
    await until(lambda: merchant.events)
    order = (await merchant.ask("GET", "/v1/orders/O1")).json()
    assert order["status"] == "PAID" and order["transaction_no"] and order["paid_at"].endswith("+08:00")
    assert [(e["event"], e["order_no"], e["amount_fen"], e["attach"]) for e in merchant.events] == [
        ("PAID", "O1", 1500, "A1")
    ]
    assert merchant.bad == 0, "call-backs are signed"


async def test_the_same_order_again_is_the_same_and_another_amount_is_refused(merchant: Merchant) -> None:
    first, again = (await merchant.order()).json(), (await merchant.order()).json()
    assert first == again
    other = await merchant.order(fen=1)
    assert (other.status_code, other.json()["code"]) == (409, "AMOUNT_MISMATCH")


async def test_requests_without_a_good_signature_are_refused(merchant: Merchant) -> None:
    wrong = [
        await merchant.client.post("/v1/orders", json={}),
        await merchant.ask("GET", "/v1/orders/O1", Signature="0" * 64),
        await merchant.ask("GET", "/v1/orders/O1", Timestamp="1000"),
        await merchant.ask("GET", "/v1/orders/O1", Merchant="M9"),
    ]
    assert {(r.status_code, r.json()["code"]) for r in wrong} == {(401, "SIGN_ERROR")}
    headers = signing.headers(MERCHANT, KEY, "GET", "/v1/orders/O1", b"")
    answers = [(await merchant.client.get("/v1/orders/O1", headers=headers)).json()["code"] for _ in range(2)]
    assert answers == ["ORDER_NOT_FOUND", "SIGN_ERROR"], "a nonce is good once"


@pytest.mark.parametrize(
    "change", [{"amount_fen": 0}, {"amount_fen": "1"}, {"order_no": "a b"}, {"expires_at": "?"}]
)
async def test_wrong_parameters_are_named(merchant: Merchant, change: dict[str, Any]) -> None:
    answer = await merchant.order(**change)
    assert (answer.status_code, answer.json()["code"]) == (400, "PARAM_ERROR")
    assert next(iter(change)) in answer.json()["message"]


async def test_an_order_closes_by_the_clinics_clock(merchant: Merchant, moment: TestClock) -> None:
    await merchant.order()
    moment.move(minutes=16)
    await until(lambda: merchant.events)
    assert merchant.events[0]["event"] == "CLOSED"
    late = await merchant.client.post("/pay/O1")
    assert (late.status_code, late.json()["code"]) == (409, "ORDER_CLOSED")
    assert "超时" in (await merchant.client.post("/pay/O1", headers={"Accept": "text/html"})).text


async def test_closing_and_paying_exclude_each_other(merchant: Merchant) -> None:
    await merchant.order()
    paid, closed = await asyncio.gather(
        merchant.client.post("/pay/O1"), merchant.ask("POST", "/v1/orders/O1/close")
    )
    status = (await merchant.ask("GET", "/v1/orders/O1")).json()["status"]
    assert (paid.status_code, closed.status_code) in ((200, 409), (409, 200))
    assert status == ("PAID" if paid.status_code == 200 else "CLOSED")


async def test_refunds_happen_once_and_never_exceed(merchant: Merchant) -> None:
    await merchant.order()
    refund = {"refund_no": "R1", "order_no": "O1", "amount_fen": 1000, "reason": "退号"}
    assert (await merchant.ask("POST", "/v1/refunds", refund)).json()["code"] == "REFUND_EXCEEDS", (
        "not paid yet"
    )
    await merchant.client.post("/pay/O1")
    for _ in range(2):
        assert (await merchant.ask("POST", "/v1/refunds", refund)).json() == {
            "refund_no": "R1",
            "status": "DONE",
        }
    order = (await merchant.ask("GET", "/v1/orders/O1")).json()
    assert (order["status"], order["refunded_fen"]) == ("PARTLY_REFUNDED", 1000)
    more = await merchant.ask("POST", "/v1/refunds", refund | {"refund_no": "R2"})
    assert more.json()["code"] == "REFUND_EXCEEDS"
    rest = await merchant.ask("POST", "/v1/refunds", refund | {"refund_no": "R3", "amount_fen": 500})
    assert rest.json()["status"] == "DONE"
    assert (await merchant.ask("GET", "/v1/refunds/R3")).json()["amount_fen"] == 500
    assert (await merchant.ask("GET", "/v1/orders/O1")).json()["status"] == "REFUNDED"


async def test_a_call_back_comes_again_until_it_is_taken(merchant: Merchant) -> None:
    merchant.refuse = 2
    await merchant.order()
    await merchant.client.post("/pay/O1")
    await until(lambda: merchant.events)
    ledger = (await merchant.client.get("/ledger")).json()
    await until(lambda: merchant.refuse == 0)
    assert ledger["callbacks"][0]["attempts"] >= 2 and callbacks.ATTEMPTS == 8


async def test_faults_break_the_answer_but_not_the_books(merchant: Merchant) -> None:
    await merchant.client.post("/faults", json={"mode": "reset", "count": 1})
    with pytest.raises(httpx.TransportError):
        await merchant.order()
    assert (await merchant.order()).status_code == 200
    await merchant.client.post("/faults", json={"mode": "half", "count": 1})
    with pytest.raises(httpx.TransportError):
        await merchant.order()
    await merchant.client.post("/faults", json={"mode": "twice", "count": 1, "types": ["callback"]})
    await merchant.client.post("/pay/O1")
    await until(lambda: len(merchant.events) == 2)
    assert len((await merchant.client.get("/ledger")).json()["orders"]) == 1


async def test_a_wechat_code_becomes_an_openid_once(merchant: Merchant) -> None:
    async def log_in(code: str, **more: str) -> dict[str, Any]:
        query = {
            "appid": "wx-menzhen-demo",
            "secret": "simulated-wechat-secret",
            "js_code": code,
            "grant_type": "authorization_code",
        }
        return (await merchant.client.get("/sns/jscode2session", params=query | more)).json()

    assert [(await log_in("demo-zhang"))["openid"] for _ in range(2)] == ["wx-zhang"] * 2
    first = await log_in("0a1B2c3D4e")
    assert first["openid"].startswith("wx-") and first["session_key"]
    assert (await log_in("0a1B2c3D4e"))["errcode"] == 40163
    assert (await log_in("?"))["errcode"] == 40029
    assert (await log_in("demo-li", secret="x"))["errcode"] == 40125
