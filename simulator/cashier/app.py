"""The cashier's and WeChat's HTTP, with the control paths for tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse

from common import logs
from common.settings import Settings
from simulator.cashier import page, routes
from simulator.cashier.breaking import Breaking
from simulator.cashier.callbacks import Caller
from simulator.cashier.orders import Orders
from simulator.cashier.problem import Problem
from simulator.cashier.schema import metadata
from simulator.cashier.signing import Checker
from simulator.cashier.wechat import WeChat
from simulator.database import Database
from simulator.faults import Faults

MAX_BODY = 1 << 16
log = logs.logger("cashier")


class CashierProcess:
    """The parts of the cashier's process, wired together."""

    def __init__(self, settings: Settings) -> None:
        self.database = Database(settings.data_dir / "cashier" / "cashier.db", metadata)
        key = settings.cashier_key.get_secret_value()
        self.faults = Faults()
        self.book = Orders(self.database, settings.cashier_url)
        self.checker = Checker(self.database, settings.cashier_merchant, key)
        self.caller = Caller(self.book, settings.cashier_merchant, key, self.faults)
        self.wechat = WeChat(self.database, settings)

    async def signed(self, request: Request) -> bytes:
        """The body of a request whose signature is right. Raises Problem."""
        body = await request.body()
        if len(body) > MAX_BODY:
            raise Problem("PARAM_ERROR", "请求过长。")
        raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
        path = raw.split(b"?")[0].decode("latin-1")
        if request.url.query:
            path += f"?{request.url.query}"
        self.checker.check(request.method, path, request.headers, body)
        return body


def application(settings: Settings) -> Any:
    """The ASGI application; its life is the cashier's."""
    process = CashierProcess(settings)

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        process.caller.start()
        log.info("open")
        yield
        await process.caller.stop()
        process.database.close()

    app = FastAPI(title="simulated cashier", lifespan=life, openapi_url=None)

    @app.exception_handler(Problem)
    async def problem(request: Request, error: Problem) -> JSONResponse | HTMLResponse:
        log.info("refused", code=error.code, detail=error.detail)
        if request.url.path.startswith("/pay/") and "text/html" in request.headers.get("accept", ""):
            return HTMLResponse(page.missing(error.message), status_code=error.status)
        return JSONResponse({"code": error.code, "message": error.message}, status_code=error.status)

    routes.merchant(app, process)
    routes.person(app, process)
    routes.control(app, process)
    return Breaking(app, process.faults)
