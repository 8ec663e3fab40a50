"""The voice process: the recogniser's socket, `/transcribe`, `/ear`, `/speak`, `/ready`. Loopback only."""

import asyncio
import os
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Annotated

import uvicorn
from fastapi import Depends, FastAPI, Header, Request, WebSocket
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from common import logs, tokens
from common.errors import MenzhenError
from common.settings import Settings, get
from common.tokens import Claims
from voice import models, transcribe
from voice.errors import BadMessage, VoiceError
from voice.hospital import Hospital
from voice.recognise import habits as vosk_habits
from voice.recognise.habits import Habits, address
from voice.recognise.model import Model
from voice.recognise.service import Service
from voice.speak import router as speak

# A control message or a quarter of a second of sound is some kilobytes; the service refuses earlier, with a sentence.
WS_MAX = 1024 * 1024

log = logs.logger("voice")


def service_token(authorization: Annotated[str | None, Header()] = None) -> Claims:
    """Only our own processes come here."""
    return tokens.need_role(tokens.bearer(authorization), "service")


def build(settings: Settings, habits: Habits | None = None) -> FastAPI:
    """The application. Its parts live in `app.state`: `settings`, `model`, `hospital`, `pool`, `service`."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(os.cpu_count() or 2, thread_name_prefix="decode") as pool:
            folder = models.find(settings)
            model = await loop.run_in_executor(pool, Model.load, folder)
            hospital = await loop.run_in_executor(pool, Hospital, settings)
            app.state.settings, app.state.model, app.state.hospital = settings, model, hospital
            app.state.pool = pool
            app.state.service = Service(
                model, hospital, pool, settings.voice_sessions, habits or vosk_habits.read()
            )
            log.info("ready", model=model.name, grammar=model.takes_grammar)
            yield

    app = FastAPI(title="门诊通语音", lifespan=lifespan, docs_url=None, redoc_url=None)
    app.add_exception_handler(MenzhenError, on_error)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(Exception, on_crash)
    for router in (transcribe.router, speak.router):
        app.include_router(router, dependencies=[Depends(service_token)])

    @app.get("/ready")
    async def ready(request: Request) -> dict[str, object]:
        """Ready once the model is loaded; `version` is the model's name."""
        service: Service = request.app.state.service
        return {"status": "ready", "version": service.model.name, "speaking": service.speaking}

    @app.websocket("/")
    async def recognise(socket: WebSocket) -> None:
        await socket.app.state.service.serve(socket)

    return app


async def on_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, MenzhenError)
    log.info("refused", code=error.code, detail=error.detail)
    return JSONResponse(error.as_json(), error.status)


async def on_invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    fields = "、".join(sorted({str(e["loc"][-1]) for e in error.errors()}))
    wrong = BadMessage(f"请求里的 {fields} 不对。")
    return JSONResponse(wrong.as_json(), wrong.status)


async def on_crash(request: Request, error: Exception) -> JSONResponse:
    log.error("crash", path=request.url.path, error=type(error).__name__, exc_info=error)
    wrong = VoiceError()
    return JSONResponse(wrong.as_json(), wrong.status)


def main() -> None:
    """Serves until it is told to stop."""
    settings = get()
    logs.setup("voice")
    models.check(models.find(settings))
    habits = vosk_habits.read()
    host, port = address(settings, habits)
    uvicorn.run(
        build(settings, habits),
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        ws="websockets-sansio",
        ws_max_size=WS_MAX,
        # Sound does not shrink, and a small packet could grow to any size.
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=3,
    )
