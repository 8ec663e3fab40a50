"""Orders, refunds and call-backs with the real simulated cashier; its ledger is the proof."""

import asyncio
import itertools
import os
import time
from collections.abc import AsyncIterator

import httpx
import orjson
import pytest
import uvicorn
from fastapi import FastAPI, Request, Response

from connectors import payment
from connectors.adapter import BackendError, BackendUnavailable, Event
from connectors.payment.adapter import CALLBACK_PATH, PaymentAdapter
from connectors.payment.signature import CallbackRefused, headers
from tests.support.processes import Stack, wait_until

_RUN = os.urandom(3).hex()
_numbers = itertools.count(1)


def order() -> str:
    return f"T{_RUN}{next(_numbers)}"


@pytest.fixture
async def adapter(hospital: Stack) -> AsyncIterator[PaymentAdapter]:
    made = payment.create(hospital.settings)
    yield made
    await made.stop()


@pytest.fixture
async def called(hospital: Stack, adapter: PaymentAdapter) -> AsyncIterator[list[Event]]:
    """Events of the call-backs, taken where the gateway would take them; the first call of all is turned away."""
    events: list[Event] = []
    app = FastAPI()
    turned_away: list[bool] = []

    @app.post(CALLBACK_PATH)
    async def take(request: Request) -> Response:
        event = adapter.verify_callback(dict(request.headers), await request.body())
        if not turned_away:
            turned_away.append(True)
            return Response(status_code=503)
        events.append(event)
        return Response(orjson.dumps({"code": "SUCCESS"}), media_type="application/json")

    config = uvicorn.Config(app, "127.0.0.1", hospital.settings.gateway_port, log_level="critical")
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    yield events
    server.should_exit = True
    await running


async def ask(adapter: PaymentAdapter, name: str, **parameters: object) -> dict[str, object]:
    return dict(await adapter.operation(name, "Invoice", None, parameters, f"key-{parameters.get('order')}"))


def ledger(hospital: Stack, number: str) -> dict[str, object]:
    return next(one for one in hospital.cashier_ledger()["orders"] if one["order_no"] == number)


async def test_an_order_is_made_once(adapter: PaymentAdapter, hospital: Stack) -> None:
    number = order()
    asked = {
        "order": number,
        "amountFen": 2500,
        "invoice": ["Invoice/B1"],
        "expires": "2099-01-01T00:00:00+08:00",
    }
    first = await ask(adapter, "$pay", **asked)
    assert first["status"] == "WAITING" and first["amountFen"] == 2500
    assert str(first["payUrl"]).startswith("http")
    assert await ask(adapter, "$pay", **asked) == first
    with pytest.raises(BackendError) as caught:
        await ask(adapter, "$pay", **{**asked, "amountFen": 2600})
    assert caught.value.code == "AMOUNT_MISMATCH" and caught.value.status == 409
    assert ledger(hospital, number)["attach"] == "B1"


async def test_money_may_come_as_fhir_money(adapter: PaymentAdapter) -> None:
    made = await ask(adapter, "$pay", order=order(), amount={"value": 12.34, "currency": "CNY"})
    assert made["amountFen"] == 1234


async def test_paid_refunded_in_parts_and_told(
    adapter: PaymentAdapter, hospital: Stack, called: list[Event]
) -> None:
    number = order()
    await ask(adapter, "$pay", order=number, amountFen=5000)
    await asyncio.to_thread(hospital.pay, number)
    state = await ask(adapter, "$payment", order=number)
    assert state["status"] == "PAID" and state["transaction"] and state["paidAt"]
    with pytest.raises(BackendError) as caught:
        await ask(adapter, "$close", order=number)
    assert caught.value.code == "ORDER_PAID"

    for _ in range(2):
        part = await ask(
            adapter, "$refund", order=number, refund=f"{number}-R1", amountFen=2000, reason="退号"
        )
        assert part == {"refund": f"{number}-R1", "order": number, "status": "DONE", "amountFen": 2000}
    assert (await ask(adapter, "$payment", order=number))["refundedFen"] == 2000
    with pytest.raises(BackendError) as caught:
        await ask(adapter, "$refund", order=number, refund=f"{number}-R2", amountFen=3001)
    assert caught.value.code == "REFUND_EXCEEDS"
    await ask(adapter, "$refund", order=number, refund=f"{number}-R3", amountFen=2000)

    mine = await asyncio.to_thread(
        wait_until, lambda: (held := [e for e in called if e.data["order"] == number])[2:] and held
    )
    # They may come out of order, and the cashier's repetition of the one turned away may come last.
    kinds = sorted(one.type for one in mine)
    assert kinds == ["payment.completed", "payment.refunded", "payment.refunded"]
    [completed] = [one for one in mine if one.type == "payment.completed"]
    assert completed.data["amount_fen"] == 5000 and completed.subject == f"Payment/{number}"
    assert len({one.event_id for one in mine}) == 3


async def test_closed_orders_cannot_be_paid(adapter: PaymentAdapter, hospital: Stack) -> None:
    number = order()
    await ask(adapter, "$pay", order=number, amountFen=100)
    assert (await ask(adapter, "$close", order=number))["status"] == "CLOSED"
    with pytest.raises(httpx.HTTPStatusError):
        await asyncio.to_thread(hospital.pay, number)


@pytest.mark.parametrize(
    ("name", "parameters", "code"),
    [
        ("$payment", {"order": "no-such-order"}, "ORDER_NOT_FOUND"),
        ("$payment", {"order": "../ledger?x=1#"}, "BAD_MESSAGE"),
        ("$payment", {}, "BAD_MESSAGE"),
        ("$pay", {"order": "T", "amountFen": 0}, "BAD_MESSAGE"),
        ("$pay", {"order": "T", "amountFen": -5}, "BAD_MESSAGE"),
        ("$pay", {"order": "T", "amountFen": "12.5"}, "BAD_MESSAGE"),
        ("$pay", {"order": "T", "amountFen": 100, "expires": "tomorrow"}, "BAD_MESSAGE"),
        ("$pay", {"order": "T\r\n", "amountFen": 100}, "BAD_MESSAGE"),
        ("$refund", {"order": "no-such-order", "refund": "R", "amountFen": 1}, "ORDER_NOT_FOUND"),
        ("$unknown", {}, "BAD_MESSAGE"),
    ],
)
async def test_refusals(adapter: PaymentAdapter, name: str, parameters: dict[str, object], code: str) -> None:
    with pytest.raises(BackendError) as caught:
        await adapter.operation(name, "Invoice", None, parameters, "k")
    assert caught.value.code == code
    assert any("\u4e00" <= character <= "\u9fff" for character in caught.value.message)


async def test_a_wrong_key_is_our_fault_and_said_by_check(hospital: Stack) -> None:
    from pydantic import SecretStr

    wrong = payment.create(hospital.settings.model_copy(update={"cashier_key": SecretStr("wrong")}))
    with pytest.raises(BackendUnavailable) as caught:
        await ask(wrong, "$payment", order="X")
    assert caught.value.code == "SIGN_ERROR"
    state = await wrong.check()
    assert state["reachable"] is True and "密钥" in state["problems"][0]
    await wrong.stop()


BODY = orjson.dumps({"event": "PAID", "order_no": "O1", "transaction_no": "T1", "amount_fen": 100, "paid_at": "2026-11-23T08:40:00+08:00"})  # fmt: skip


def signed(
    adapter: PaymentAdapter, body: bytes = BODY, key: str = "", path: str = CALLBACK_PATH
) -> dict[str, str]:
    return headers(key or adapter.verifier.key, adapter.verifier.merchant, "POST", path, body)


async def test_a_signed_call_back_is_an_event_and_its_repetition_the_same(adapter: PaymentAdapter) -> None:
    first = adapter.verify_callback(signed(adapter), BODY)
    again = adapter.verify_callback(signed(adapter), BODY)
    assert first == again and first.type == "payment.completed"
    assert first.data["amount_fen"] == 100 and first.time is not None


async def test_what_is_not_the_cashiers_is_refused(
    adapter: PaymentAdapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = signed(adapter)
    for wrong in (
        {},
        {**good, "Signature": "0" * 64},
        {**good, "Timestamp": "1"},
        {**good, "Nonce": "x"},
        {**good, "Merchant": "M9"},
        {**good, "Signature": "签名"},
        signed(adapter, key="other"),
        signed(adapter, path="/other"),
    ):
        with pytest.raises(CallbackRefused) as caught:
            adapter.verify_callback(wrong, BODY)
        assert caught.value.status == 401 and caught.value.code == "SIGN_ERROR"
    with pytest.raises(CallbackRefused):
        adapter.verify_callback(good, BODY.replace(b"100", b"1"))
    adapter.verify_callback(good, BODY)
    with pytest.raises(CallbackRefused) as caught:
        adapter.verify_callback(good, BODY)
    assert caught.value.code == "REPLAYED"
    old = signed(adapter)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 301)
    with pytest.raises(CallbackRefused) as caught:
        adapter.verify_callback(old, BODY)
    assert caught.value.code == "EXPIRED"


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b"{}", b'{"event":"LOST","order_no":"1","amount_fen":1}', b"\xff"]
)
async def test_signed_nonsense_is_refused(adapter: PaymentAdapter, body: bytes) -> None:
    with pytest.raises(CallbackRefused) as caught:
        adapter.verify_callback(signed(adapter, body), body)
    assert caught.value.status == 422
