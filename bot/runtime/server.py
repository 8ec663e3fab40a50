"""The web server around the processor: the gateway's channel and `/ready`, nothing else."""

from __future__ import annotations

import asyncio
import logging

from rasa.core.channels.channel import UserMessage
from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot.channels.menzhen import MenzhenInput
from bot.runtime import lean
from bot.runtime.processor import ClinicProcessor
from bot.settings import Settings
from bot.stores.conversations import ConversationStore

# Of the reply's deadline, what the way back to the gateway takes.
_MARGIN = 0.15


def serve(own: Settings) -> None:
    """Load the model and listen on loopback until the process is told to stop."""
    lean.quiet()
    logging.getLogger("bot").setLevel(own.log_level)
    app = application(own)
    app.run(
        host=own.host,
        port=own.bot_port,
        workers=1,
        access_log=False,
        motd=False,
        auto_reload=False,
        debug=False,
    )


def application(own: Settings) -> Sanic:
    """The application, its model loaded and warmed up."""
    store = ConversationStore(own.conversations, own.session_seconds)
    processor = ClinicProcessor(own, store)
    # The first sentence loads dictionaries: better now than while somebody waits.
    asyncio.run(processor.parse_message(UserMessage("我想挂明天上午骨科的号", metadata={})))
    channel = MenzhenInput(own.key(), processor.handle_message, store.delete, own.reply_deadline - _MARGIN)
    app = Sanic("menzhen_bot", configure_logging=False)
    app.config.FALLBACK_ERROR_FORMAT = "json"
    app.config.KEEP_ALIVE_TIMEOUT = 75
    app.blueprint(channel.blueprint(processor.handle_message), url_prefix="/webhooks/menzhen")

    @app.get("/ready")
    async def ready(request: Request) -> HTTPResponse:
        return json({"status": "ready"})

    @app.after_server_stop
    async def stop(app: Sanic, loop: asyncio.AbstractEventLoop) -> None:
        await processor.server.close()
        store.close()

    return app
