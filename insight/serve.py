"""The insight service: `POST /insight/ask`, import and export, the inbox of subscriptions, and the live feed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Annotated, Any

import orjson
import structlog
import uvicorn
from fastapi import Depends, FastAPI, Header, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from common import clock, logs, outbox, settings, tokens
from common.errors import Forbidden, MenzhenError
from common.tokens import Claims
from insight import catalogue, downloads
from insight.compile.permissions import Viewer
from insight.engine import Insight
from insight.records import live
from insight.records.exporting import rows as record_rows
from insight.records.importing import import_csv
from insight.records.schema import COLUMNS
from insight.records.store import Store
from insight.subscriptions import Scheduler, Subscriptions

log = structlog.get_logger(room="insight")
FEED_BATCH_SECONDS = 0.25
MANAGERS = ("director", "head", "doctor", "finance")


class Question(BaseModel):
    question: str = Field(max_length=20_000, description="a question in Chinese")
    session: str | None = Field(
        None, max_length=200, description="the conversation that follow-ups belong to"
    )


class ImportRequest(BaseModel):
    path: str = Field(description="a CSV file on the service's machine")


def viewer_of(claims: Claims) -> Viewer:
    """Who asks, from the token alone."""
    return Viewer(claims.role, claims.department, claims.doctor, claims.sub)


def bearer(authorization: Annotated[str | None, Header()] = None) -> Claims:
    return tokens.bearer(authorization)


def manager(claims: Annotated[Claims, Depends(bearer)]) -> Claims:
    return tokens.need_role(claims, *MANAGERS)


def service(claims: Annotated[Claims, Depends(bearer)]) -> Claims:
    return tokens.need_role(claims, "service")


Manager = Annotated[Claims, Depends(manager)]
Service = Annotated[Claims, Depends(service)]


def _json(body: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(body), status_code=status, media_type="application/json")


def create_app(store: Store | None = None, *, follow: bool = True) -> FastAPI:
    """The application. `follow`: take in the hospital's events from journey's bus."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        opened: Store = store if store is not None else await run_in_threadpool(Store)
        engine = Insight(opened)
        app.state.store, app.state.insight = opened, engine
        app.state.subscriptions = engine.subscriptions
        await run_in_threadpool(engine.warm)
        tasks = [asyncio.create_task(Scheduler(engine, app.state.subscriptions).run())]
        if follow:
            tasks.append(asyncio.create_task(feed(opened)))
        app.state.ready = True
        yield
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task
        if store is None:
            opened.close()

    app = FastAPI(title="门诊通 insight", version="1", lifespan=lifespan, default_response_class=Response)
    app.add_exception_handler(MenzhenError, _problem)
    app.add_exception_handler(Exception, _failure)
    _routes(app)
    _inbox_routes(app)
    return app


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, MenzhenError)
    if error.status >= 500:
        log.error("request_failed", path=request.url.path, code=error.code, detail=error.detail)
    return _json(error.as_json(), error.status)


async def _failure(request: Request, error: Exception) -> Response:
    log.error("request_failed", path=request.url.path, error=type(error).__name__, exc_info=error)
    return _json(MenzhenError().as_json(), 500)


def _routes(app: FastAPI) -> None:
    @app.get("/ready")
    async def ready(request: Request) -> Response:
        """Ready once the store is open and the words of its records are known."""
        up = getattr(request.app.state, "ready", False)
        return _json({"status": "ready" if up else "starting"}, 200 if up else 503)

    @app.post("/insight/ask")
    async def ask(body: Question, claims: Manager, request: Request) -> Response:
        """The answer of a management question, as the specification has it, with `table`.

        Whoever accepts `text/event-stream` gets the events of `/insight/ask/stream`.
        """
        if "text/event-stream" in request.headers.get("accept", ""):
            return await ask_stream(body, claims, request)
        engine: Insight = request.app.state.insight
        viewer = viewer_of(claims)
        session = f"{claims.sub}:{body.session}" if body.session else None
        answer = await run_in_threadpool(engine.ask, body.question, viewer, clock.now(), session)
        return _json(answer)

    @app.post("/insight/ask/stream")
    async def ask_stream(body: Question, claims: Manager, request: Request) -> StreamingResponse:
        """The same as server-sent events.

        `progress` with `{"stage", "text"}` as each stage begins (`understood` with what was understood, `querying`,
        `drawing`), and with `seconds` besides for every second that one lasts; then `answer`, or `error`.
        """
        engine: Insight = request.app.state.insight
        viewer = viewer_of(claims)
        session = f"{claims.sub}:{body.session}" if body.session else None
        stages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        loop = asyncio.get_running_loop()

        def tell(stage: str, text: str) -> None:
            loop.call_soon_threadsafe(stages.put_nowait, {"stage": stage, "text": text})

        work = asyncio.create_task(
            run_in_threadpool(engine.ask, body.question, viewer, clock.now(), session, tell)
        )
        return StreamingResponse(_events(work, stages), media_type="text/event-stream")

    @app.get("/insight/suggestions")
    async def suggestions(claims: Manager, request: Request) -> Response:
        """Questions to begin with."""
        engine: Insight = request.app.state.insight
        return _json(
            {"suggestions": await run_in_threadpool(engine.suggestions, viewer_of(claims), clock.now())}
        )

    @app.post("/insight/chart.png")
    async def picture(body: Question, claims: Manager, request: Request) -> Response:
        """The chart of an answer as a PNG, for messages and reports."""
        from insight.pictures import png

        engine: Insight = request.app.state.insight
        answer = await run_in_threadpool(engine.ask, body.question, viewer_of(claims), clock.now(), None)
        if answer["status"] != "answered" or not answer["chart"]:
            return _json({"error": {"code": "no_chart", "message": answer["answer"]}}, 404)
        return Response(await run_in_threadpool(png, answer["chart"]), media_type="image/png")

    @app.post("/insight/import")
    async def take_in(body: ImportRequest, _: Service, request: Request) -> Response:
        """Imports a CSV file that lies on this machine."""
        opened: Store = request.app.state.store
        report = await run_in_threadpool(import_csv, opened, body.path, clock.now())
        return _json(report.as_json())

    @app.get("/insight/export")
    async def give_out(_: Service, request: Request) -> StreamingResponse:
        """All visit records as CSV."""
        return StreamingResponse(_csv(request.app.state.store), media_type="text/csv; charset=utf-8")

    @app.get("/insight/export/{token}")
    async def download(token: str, request: Request) -> Response:
        """The table behind a link of an answer (`export.url`), as CSV; the link itself is the right to it."""
        engine: Insight = request.app.state.insight
        file = await run_in_threadpool(downloads.follow, engine, token)
        return Response(file.content, media_type="text/csv; charset=utf-8", headers=file.headers)


def _inbox_routes(app: FastAPI) -> None:
    @app.get("/insight/inbox")
    async def inbox(claims: Manager, request: Request, after: int = 0) -> Response:
        """What subscriptions and alerts delivered to this manager, oldest first, from `after` on."""
        kept: Subscriptions = request.app.state.subscriptions
        return _json({"messages": await run_in_threadpool(kept.inbox, claims.sub, after)})

    @app.get("/insight/deliveries")
    async def deliveries(_: Service, request: Request, after: int = 0) -> Response:
        """All deliveries from `after` on, for whoever pushes them to people."""
        kept: Subscriptions = request.app.state.subscriptions
        return _json({"messages": await run_in_threadpool(kept.deliveries, after)})

    @app.get("/insight/subscriptions")
    async def subscriptions(claims: Manager, request: Request) -> Response:
        kept: Subscriptions = request.app.state.subscriptions
        return _json({"subscriptions": await run_in_threadpool(kept.of, claims.sub)})

    @app.delete("/insight/subscriptions/{number}")
    async def unsubscribe(number: str, claims: Manager, request: Request) -> Response:
        kept: Subscriptions = request.app.state.subscriptions
        if not await run_in_threadpool(kept.cancel, claims.sub, number):
            raise Forbidden("没有这个订阅。", code="not_found", status=404)
        return _json({"cancelled": number})


async def _events(
    work: "asyncio.Task[dict[str, Any]]", stages: "asyncio.Queue[dict[str, Any]]"
) -> AsyncIterator[bytes]:
    """Server-sent events of an answer that is being made; `stages` fills as it gets on."""
    now: dict[str, Any] = {}
    seconds = 0
    while not (work.done() and stages.empty()):
        waiting = asyncio.create_task(stages.get())
        await asyncio.wait([work, waiting], timeout=1.0, return_when=asyncio.FIRST_COMPLETED)
        if waiting.done():
            now, seconds = waiting.result(), 0
            yield _event("progress", now)
            continue
        waiting.cancel()
        if not work.done() and now:
            seconds += 1
            yield _event("progress", now | {"seconds": seconds})
    try:
        body = work.result()
    except MenzhenError as error:
        yield _event("error", error.as_json())
    except Exception as error:
        log.error("request_failed", path="/insight/ask/stream", error=type(error).__name__, exc_info=error)
        yield _event("error", MenzhenError().as_json())
    else:
        yield _event("answer", body)


def _event(name: str, body: Any) -> bytes:
    return f"event: {name}\ndata: ".encode() + orjson.dumps(body) + b"\n\n"


def _csv(store: Store) -> Any:
    import csv
    import io

    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in record_rows(store):
        writer.writerow(row)
        if buffer.tell() > 1 << 16:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


async def feed(store: Store) -> None:
    """Follows journey's bus for ever; events that come close together are taken in together."""
    cursor = await run_in_threadpool(live.cursor, store)

    def unreachable(error: Exception) -> None:
        log.warning("feed_unreachable", error=type(error).__name__)

    queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue(maxsize=2000)

    async def read() -> None:
        async for event in outbox.follow(settings.get().journey_url, cursor, "insight", on_error=unreachable):
            await queue.put(event)

    reading = asyncio.create_task(read())
    try:
        while True:
            batch = [await queue.get()]
            await asyncio.sleep(FEED_BATCH_SECONDS)
            while not queue.empty() and len(batch) < 500:
                batch.append(queue.get_nowait())
            await run_in_threadpool(live.apply, store, batch, clock.now())
    finally:
        reading.cancel()


def main() -> None:
    """Serves on the configured loopback port until it is told to stop."""
    logs.setup("insight")
    catalogue.get()
    here = settings.get()
    uvicorn.run(create_app(), host=here.host, port=here.insight_port, log_level="warning", access_log=False)
