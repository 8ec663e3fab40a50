"""The cashier's paths: for the merchant (signed), for the person who pays, for WeChat's log-in, and for tests."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

import orjson
from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from common import clock
from simulator.cashier import page
from simulator.cashier.problem import Problem
from simulator.faults import Fault

if TYPE_CHECKING:
    from simulator.cashier.app import CashierProcess

MAX_FEN = 100_000_000
_NUMBER = r"^[A-Za-z0-9_.:|@*-]+$"


class _Body(BaseModel):
    model_config = ConfigDict(extra="ignore")


class NewOrder(_Body):
    order_no: str = Field(min_length=1, max_length=64, pattern=_NUMBER)
    amount_fen: int = Field(gt=0, le=MAX_FEN, strict=True)
    subject: str = Field(min_length=1, max_length=200)
    expires_at: datetime
    notify_url: str = Field("", max_length=500, pattern=r"^(https?://.+)?$")
    attach: str = Field("", max_length=2000)


class NewRefund(_Body):
    refund_no: str = Field(min_length=1, max_length=64, pattern=_NUMBER)
    order_no: str = Field(min_length=1, max_length=64)
    amount_fen: int = Field(gt=0, le=MAX_FEN, strict=True)
    reason: str = Field("", max_length=500)


Model = TypeVar("Model", bound=BaseModel)


def _parse(model: type[Model], body: bytes) -> Model:
    """Raises Problem PARAM_ERROR that names the fields."""
    try:
        return model.model_validate(orjson.loads(body))
    except ValidationError as error:
        fields = "、".join(sorted({str(e["loc"][0]) if e["loc"] else "请求体" for e in error.errors()}))
        raise Problem("PARAM_ERROR", f"参数不正确：{fields}。", detail="fields") from None
    except orjson.JSONDecodeError:
        raise Problem("PARAM_ERROR", "请求体不是 JSON。", detail="no json") from None


def merchant(app: FastAPI, process: "CashierProcess") -> None:
    """The signed API."""
    book = process.book

    @app.post("/v1/orders")
    async def create(request: Request) -> JSONResponse:
        given = _parse(NewOrder, await process.signed(request))
        expires = given.expires_at
        if expires.tzinfo is None:
            expires = expires.replace(tzinfo=clock.SHANGHAI)
        order = await run_in_threadpool(
            book.create,
            given.order_no,
            given.amount_fen,
            given.subject,
            expires,
            given.notify_url,
            given.attach,
        )
        return JSONResponse(order)

    @app.get("/v1/orders/{order_no}")
    async def read(order_no: str, request: Request) -> JSONResponse:
        await process.signed(request)
        return JSONResponse(await run_in_threadpool(book.get, order_no))

    @app.post("/v1/orders/{order_no}/close")
    async def close(order_no: str, request: Request) -> JSONResponse:
        await process.signed(request)
        return JSONResponse(await run_in_threadpool(book.close, order_no))

    @app.post("/v1/refunds")
    async def refund(request: Request) -> JSONResponse:
        given = _parse(NewRefund, await process.signed(request))
        made = await run_in_threadpool(
            book.refund, given.refund_no, given.order_no, given.amount_fen, given.reason
        )
        return JSONResponse(made)

    @app.get("/v1/refunds/{refund_no}")
    async def read_refund(refund_no: str, request: Request) -> JSONResponse:
        await process.signed(request)
        return JSONResponse(await run_in_threadpool(book.get_refund, refund_no))


def person(app: FastAPI, process: "CashierProcess") -> None:
    """The payment page and WeChat's log-in."""
    book = process.book

    @app.get("/pay/{order_no}", response_class=HTMLResponse)
    def show(order_no: str) -> HTMLResponse:
        order = book.get(order_no)
        return HTMLResponse(page.waiting(order) if order["status"] == "WAITING" else page.outcome(order))

    @app.post("/pay/{order_no}", response_class=HTMLResponse)
    def pay(order_no: str, request: Request) -> Response:
        order = book.pay(order_no)
        if "text/html" in request.headers.get("accept", ""):
            # Answered by a redirect, so that going back or reloading does not pay again.
            return RedirectResponse(request.url.path, status_code=303)
        return JSONResponse(order)

    @app.post("/pay/{order_no}/cancel", response_class=HTMLResponse)
    def cancel(order_no: str) -> HTMLResponse:
        order = book.get(order_no)
        return HTMLResponse(page.cancelled(order) if order["status"] == "WAITING" else page.outcome(order))

    @app.get("/sns/jscode2session")
    def session(appid: str = "", secret: str = "", js_code: str = "", grant_type: str = "") -> dict[str, Any]:
        return process.wechat.session(appid, secret, js_code, grant_type)


def control(app: FastAPI, process: "CashierProcess") -> None:
    """What tests and curious people ask; the process listens on loopback only."""

    @app.get("/ready")
    async def ready() -> dict[str, str]:
        return {"status": "ready"}

    @app.get("/clock")
    async def clock_now() -> dict[str, Any]:
        return {"now": clock.now().isoformat(), "speed": clock.clock().speed}

    @app.get("/ledger")
    def ledger() -> dict[str, Any]:
        return process.book.ledger()

    @app.get("/faults")
    async def which_fault() -> dict[str, Any]:
        return process.faults.current.model_dump() | {"left": process.faults.left}

    @app.post("/faults")
    async def set_fault(fault: Fault) -> dict[str, Any]:
        process.faults.set(fault)
        return fault.model_dump()
