"""The action server: rasa-sdk's webhook protocol on loopback, asynchronous, with readiness."""

import importlib
import pkgutil
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import orjson
from fastapi import FastAPI, Request, Response
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

import actions
from actions import clients, triage_core
from actions.base import BaseAction
from actions.problems import ActionError
from bot.nlu.red_flags import RedFlagsError
from common import logs

LOG = logs.logger("actions")


def registry() -> dict[str, BaseAction]:
    """Every action of this package by name. Raises ValueError where two have the same."""
    for module in pkgutil.iter_modules(actions.__path__):
        if not module.name.startswith("__"):
            importlib.import_module(f"actions.{module.name}")
    found: dict[str, BaseAction] = {}
    for kind in _subclasses(BaseAction):
        if not hasattr(kind, "action"):
            continue
        if kind.action in found:
            raise ValueError(f"two actions are called {kind.action}")
        found[kind.action] = kind()
    return found


def _subclasses(kind: type[BaseAction]) -> list[type[BaseAction]]:
    return [each for direct in kind.__subclasses__() for each in (direct, *_subclasses(direct))]


def create_app() -> FastAPI:
    """`POST /webhook` (rasa-sdk), `GET /ready`, `GET /actions`."""
    known = registry()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        clients.services()
        # Compiled before the first patient needs it: that takes longer than an answer may on a busy machine.
        try:
            triage_core.warm()
        except (ActionError, RedFlagsError) as error:
            # Triage tells it to whoever asks; all else goes on.
            LOG.error("knowledge unreadable", error=str(error))
        yield
        await clients.close()

    app = FastAPI(title="menzhen actions", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/ready")
    async def ready() -> dict[str, str]:
        return {"status": "ready"}

    @app.get("/actions")
    async def names() -> list[dict[str, str]]:
        return [{"name": name} for name in sorted(known)]

    @app.post("/webhook")
    async def webhook(request: Request) -> Response:
        try:
            body = await request.body()
            if request.headers.get("content-encoding") == "deflate":
                body = zlib.decompress(body)
            call = orjson.loads(body)
            name, state = call["next_action"], call.get("tracker") or {}
        except (zlib.error, orjson.JSONDecodeError, KeyError, TypeError):
            return _json({"error": "not an action call"}, 400)
        action = known.get(name)
        if action is None:
            LOG.error("unknown action", action=str(name))
            return _json({"error": f"no action {name}", "action_name": name}, 404)
        state.setdefault("sender_id", call.get("sender_id"))
        dispatcher = CollectingDispatcher()
        events = await action.run(dispatcher, Tracker.from_dict(cast(Any, state)), call.get("domain") or {})
        return _json({"events": events, "responses": dispatcher.messages}, 200)

    return app


def _json(body: Any, status: int) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")
