"""Puts the gateway together."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles

from common import logs
from common.errors import MenzhenError
from common.settings import ROOT, Settings
from connectors.fhir_client import FhirError
from gateway import callbacks, chat, downloads, login, talk, voice
from gateway.bot import Bot
from gateway.errors import BadRequest, GatewayError
from gateway.hearing import Hearing
from gateway.inbox import Inbox
from gateway.limits import Limits
from gateway.patients import Patients
from gateway.push import Push
from gateway.staff import Staff
from gateway.store import Store
from gateway.wechat import WeChat

LOG = logs.logger("gateway")
SECURITY = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; connect-src 'self'; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
# Only where people speak.
MICROPHONE = "camera=(), geolocation=(), microphone=(self)"
SPOKEN_TO = ("/kiosk", "/kiosk/", "/kiosk/index.html")


def build(settings: Settings) -> FastAPI:
    """The application; its parts live in `app.state`."""
    app = FastAPI(title="门诊通网关", lifespan=lifespan, docs_url=None, redoc_url=None)
    store = Store(settings.data_dir / "gateway" / "gateway.db")
    limits = Limits(settings.log_ins_per_minute, settings.messages_per_minute)
    app.state.settings, app.state.store = settings, store
    app.state.bot = Bot(settings)
    app.state.wechat = WeChat(settings)
    app.state.patients = Patients(settings)
    app.state.callbacks = callbacks.Callbacks(settings)
    app.state.downloads = downloads.Downloads(settings)
    app.state.doors = login.Doors(
        store,
        Staff(settings.data_dir / "staff.yml"),
        app.state.wechat,
        app.state.patients,
        limits,
        settings.session_seconds,
    )
    app.state.chat = chat.Chat(store, app.state.bot, limits)
    app.state.inbox = Inbox(settings, store, app.state.chat)
    app.state.hearing = Hearing(settings)
    # How many voice sockets each person has open.
    app.state.voice_sockets = {}
    # Kiosks whose socket broke, soon to be forgotten.
    app.state.leftovers = set()
    app.include_router(login.router)
    app.include_router(chat.router)
    app.include_router(talk.router)
    app.include_router(voice.router)
    app.include_router(callbacks.router)
    app.include_router(downloads.router)
    app.add_exception_handler(MenzhenError, on_error)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(Exception, on_crash)
    app.middleware("http")(secure)

    @app.get("/ready")
    async def ready() -> dict[str, str]:
        return {"status": "ready"}

    @app.get("/api/demo")
    async def demo() -> Response:
        """Who may be tried out; nobody where no simulated hospital runs."""
        path = settings.data_dir / "demo.json"
        content = path.read_bytes() if path.exists() else b"{}"
        return Response(content, media_type="application/json")

    app.mount("/", StaticFiles(directory=ROOT / "web", html=True))
    return app


@contextlib.asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    state = app.state
    push = asyncio.create_task(Push(state.settings, state.store, state.chat).run())
    inbox = asyncio.create_task(state.inbox.run())
    for task in (push, inbox):
        task.add_done_callback(
            lambda ended: ended.cancelled() or LOG.error("push stopped", error=repr(ended.exception()))
        )
    yield
    push.cancel()
    inbox.cancel()
    parts = (
        state.bot,
        state.wechat,
        state.patients,
        state.callbacks,
        state.downloads,
        state.inbox,
        state.hearing,
    )
    for part in parts:
        await part.close()


async def secure(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    response = await call_next(request)
    if request.url.path in SPOKEN_TO:
        response.headers["Permissions-Policy"] = MICROPHONE
    for name, value in SECURITY.items():
        response.headers.setdefault(name, value)
    if request.url.path.startswith("/api"):
        response.headers["Cache-Control"] = "no-store"
    return response


async def on_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, MenzhenError)
    if isinstance(error, FhirError):
        error = GatewayError(error.message, code=error.code, status=error.status)
    LOG.info("refused", code=error.code, detail=error.detail)
    # A body that nobody reads may go on for ever: the connection ends with the answer.
    unread = {"Connection": "close"} if request.url.path == "/api/voice" else None
    return JSONResponse(error.as_json(), error.status, unread)


async def on_invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    fields = "、".join(sorted({str(e["loc"][-1]) for e in error.errors()}))
    wrong = BadRequest(f"请求里的 {fields} 不对。")
    return JSONResponse(wrong.as_json(), wrong.status)


async def on_crash(request: Request, error: Exception) -> JSONResponse:
    LOG.error("crash", path=request.url.path, error=type(error).__name__, exc_info=error)
    wrong = GatewayError()
    return JSONResponse(wrong.as_json(), wrong.status)
