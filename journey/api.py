"""The HTTP API of docs/architecture.md, "Journey". Every request carries a bearer token."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from common import logs, tokens
from common.errors import MenzhenError
from common.settings import get
from common.tokens import Claims
from journey import booking, bus, changing, context, desk, engine, paying, subscribers
from journey.errors import BadRequest, NotFound
from journey.hospital import Hospital
from journey.killpoints import killpoint
from journey.requests import NewBooking, NewCancellation, NewPayment, NewReschedule
from journey.store import Store, bookings, payments
from journey.wakes import Wakes

log = logs.logger("journey")
LONGEST_WAIT = 30.0
"""Real seconds that a follower of the bus may wait for news."""


def person(authorization: Annotated[str | None, Header()] = None) -> Claims:
    """A patient, or one of our services."""
    return tokens.need_role(tokens.bearer(authorization), "patient", "service")


def service(authorization: Annotated[str | None, Header()] = None) -> Claims:
    return tokens.need_role(tokens.bearer(authorization), "service")


Person = Annotated[Claims, Depends(person)]
Service = Annotated[Claims, Depends(service)]


def create_app() -> FastAPI:
    """The application; its start resumes the workflows before the first request is served."""
    app = FastAPI(title="Menzhen journey", lifespan=_lifespan, docs_url=None, redoc_url=None)
    _add_errors(app)
    _add_bookings(app)
    _add_changes_and_payments(app)
    _add_bus(app)
    return app


@contextlib.asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    directory = get().data_dir / "journey"
    wakes = Wakes()
    store = Store(directory / "journey.db", wakes)
    context.use(context.Context(store, Hospital(), wakes))
    engine.launch(directory / "workflows.db")
    await engine.start_forgotten()
    tasks = [
        asyncio.create_task(bus.for_ever(lambda: bus.take_over(store))),
        asyncio.create_task(bus.for_ever(lambda: bus.deliver(store, subscribers.ALL))),
    ]
    app.state.store = store
    log.info("ready", port=get().journey_port)
    yield
    # Nothing else is put away: workflows under way end with the event loop, as in a crash, and go on at the
    # next start. A clean end that closed their tools one by one would let them fail instead.
    for task in tasks:
        task.cancel()


def _add_bookings(app: FastAPI) -> None:
    @app.post("/bookings")
    async def create(asked: NewBooking, claims: Person) -> dict[str, Any]:
        row = await desk.new_booking(claims, asked)
        killpoint("api.answer")
        return {"booking": booking.public(row)}

    @app.get("/bookings")
    async def of_conversation(
        claims: Person, conversation: Annotated[str, Query(min_length=1)], open: bool = False
    ) -> dict[str, Any]:
        rows = await desk.bookings_of(claims, conversation, open)
        return {"bookings": [booking.public(row) for row in rows]}

    @app.get("/bookings/{id}")
    async def read(id: str, claims: Person) -> dict[str, Any]:
        return {"booking": booking.public(await desk.find(bookings, claims, id))}

    @app.post("/bookings/{id}/release")
    async def release(id: str, claims: Person) -> dict[str, Any]:
        return {"booking": booking.public(await desk.give_up(claims, id))}


def _add_changes_and_payments(app: FastAPI) -> None:
    @app.post("/cancellations")
    async def cancel(asked: NewCancellation, claims: Person) -> dict[str, Any]:
        return {"cancellation": changing.public(await desk.new_cancellation(claims, asked))}

    @app.post("/reschedules")
    async def reschedule(asked: NewReschedule, claims: Person) -> dict[str, Any]:
        return {"reschedule": changing.public(await desk.new_reschedule(claims, asked))}

    @app.post("/payments")
    async def pay(asked: NewPayment, claims: Person) -> dict[str, Any]:
        return {"payment": paying.public(await desk.new_payment(claims, asked))}

    @app.get("/payments/{id}")
    async def read_payment(id: str, claims: Person) -> dict[str, Any]:
        return {"payment": paying.public(await desk.find(payments, claims, id))}


def _add_bus(app: FastAPI) -> None:
    @app.get("/events")
    async def events(
        request: Request,
        claims: Service,
        after: Annotated[int, Query(ge=0)] = 0,
        wait: Annotated[float, Query(ge=0)] = 0.0,
    ) -> dict[str, Any]:
        store: Store = request.app.state.store
        return {"events": await store.outbox.wait(after, min(wait, LONGEST_WAIT))}

    @app.get("/ready")
    async def ready() -> dict[str, str]:
        return {"status": "ready"}


def _add_errors(app: FastAPI) -> None:
    async def ours(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, MenzhenError)
        log.info("refused", code=error.code, detail=error.detail)
        headers = {"Retry-After": "5"} if error.status == 503 else None
        return JSONResponse(error.as_json(), error.status, headers)

    async def invalid(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        where = sorted({".".join(map(str, each["loc"])) for each in error.errors()})
        answer = BadRequest(detail=", ".join(where))
        log.info("refused", code=answer.code, detail=answer.detail)
        return JSONResponse(answer.as_json(), answer.status)

    async def http(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        known = NotFound() if error.status_code == 404 else BadRequest(status=error.status_code)
        return JSONResponse(known.as_json(), error.status_code)

    async def unexpected(_: Request, error: Exception) -> JSONResponse:
        log.error("unexpected", error=type(error).__name__, exc_info=error)
        return JSONResponse(MenzhenError().as_json(), 500)

    app.add_exception_handler(MenzhenError, ours)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(Exception, unexpected)
