"""The facade's process as an ASGI application."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from common import logs, tokens
from common.errors import MenzhenError
from common.settings import Settings
from connectors.facade import checks, events, outcome, vocabulary
from connectors.facade.core import Facade
from connectors.facade.http import Reply, begin, body, refusal, response
from connectors.facade.outcome import Invalid
from connectors.facade.routes import routes
from connectors.facade.systems import Registry, load

BASE = "/fhir/R4"
MAX_WAIT = 30.0
log = logs.logger("facade")


def create_app(settings: Settings, registry: Registry | None = None) -> FastAPI:
    """The application over these systems; without a registry those of systems.toml. Raises SettingsError."""
    facade = Facade(settings, registry or load(settings))
    sinks = {system.name: events.sink(facade, system) for system in facade.registry.systems}
    for system in facade.registry.systems:
        system.adapter.on_event(sinks[system.name])

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        warm_up()
        await facade.start()
        log.info("ready", systems={system.name: system.state for system in facade.registry.systems})
        try:
            yield
        finally:
            await facade.stop()

    app = FastAPI(
        title="门诊通 FHIR R4",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    app.state.facade = facade
    app.router.routes.extend(routes(facade, BASE))
    _own_routes(app, facade, sinks)
    _error_handlers(app, facade)
    return app


def warm_up() -> None:
    """Do once what is slow the first time."""
    checks.incoming("Patient", checks.EXAMPLE_PATIENT, update=False)
    checks.incoming("Appointment", checks.EXAMPLE_APPOINTMENT, update=False)
    orjson.dumps({"resourceType": "Bundle"})


def _own_routes(app: FastAPI, facade: Facade, sinks: Mapping[str, events.Sink]) -> None:
    def service(request: Request) -> None:
        tokens.need_role(tokens.bearer(request.headers.get("authorization")), "service")

    @app.get("/ready")
    async def ready() -> Response:
        """200 as soon as requests are answered, whatever the systems do."""
        return _json({"status": "ready", "systems": [s.as_json() for s in facade.registry.systems]})

    @app.get("/events")
    async def feed(request: Request) -> Response:
        """`?after=N&wait=SECONDS`: events after N, oldest first; waits where there are none yet."""
        service(request)
        after = _number(request, "after", 0.0)
        wait = min(_number(request, "wait", 0.0), MAX_WAIT)
        return _json({"events": await facade.outbox.wait(int(after), wait)})

    @app.get("/vocabulary")
    async def words(request: Request) -> Response:
        service(request)
        return _json(await vocabulary.vocabulary(facade, begin(facade, request)))

    @app.get("/systems")
    async def systems(request: Request) -> Response:
        """What each system says of itself, for `./menzhen check`."""
        service(request)
        states = await asyncio.gather(*(_check(facade, s.name) for s in facade.registry.systems))
        return _json({"systems": states})

    @app.post("/callbacks/payment")
    async def payment(request: Request) -> Response:
        """The cashier's call-back as the gateway got it: accepted only when its event is stored."""
        for system in facade.registry.systems:
            if verify := getattr(system.adapter, "verify_callback", None):
                event = verify(dict(request.headers), await body(request))
                await sinks[system.name]([event])
                return _json({"code": "SUCCESS"})
        raise MenzhenError(status=404, code="NOT_FOUND", message="没有配置收费平台。")


async def _check(facade: Facade, name: str) -> dict[str, Any]:
    system = facade.registry.named(name)
    assert system is not None
    shown: dict[str, Any] = dict(system.as_json())
    try:
        async with asyncio.timeout(system.guard.deadline * 2):
            return shown | dict(await system.adapter.check())
    except (TimeoutError, MenzhenError) as error:
        code = error.code if isinstance(error, MenzhenError) else "BACKEND_TIMEOUT"
        return shown | {"reachable": False, "problems": [code]}


def _number(request: Request, name: str, default: float) -> float:
    try:
        number = float(request.query_params.get(name, default))
        if not 0 <= number < 2**62:
            raise ValueError
    except ValueError:
        raise Invalid(f"参数 {name} 应当是不小于 0 的数。", code="INVALID_PARAMETER") from None
    return number


def _json(content: Any) -> Response:
    return Response(
        orjson.dumps(content), media_type="application/json", headers={"Cache-Control": "no-store"}
    )


def _error_handlers(app: FastAPI, facade: Facade) -> None:
    @app.exception_handler(MenzhenError)
    async def ours(request: Request, error: Exception) -> Response:
        assert isinstance(error, MenzhenError)
        if request.url.path.startswith(BASE):
            return response(refusal(facade, error))
        reply = refusal(facade, error)
        return Response(
            orjson.dumps(error.as_json()), reply.status, reply.headers, media_type="application/json"
        )

    @app.exception_handler(HTTPException)
    async def of_routing(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        known = {404: ("NOT_FOUND", "没有这个地址。"), 405: ("NOT_SUPPORTED", "不支持这个操作。")}
        code, message = known.get(error.status_code, ("INVALID", "请求有误。"))
        problem = outcome.issue(code, message, error.status_code)
        return response(Reply(outcome.outcome(problem), error.status_code, dict(error.headers or {})))

    @app.exception_handler(Exception)
    async def unforeseen(request: Request, error: Exception) -> Response:
        log.error("request failed", error=type(error).__name__, at=outcome.frames(error))
        return response(refusal(facade, MenzhenError(code="INTERNAL")))
