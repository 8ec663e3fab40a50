"""Structured logs on standard error, one JSON object a line, with personal data masked at the last step."""

import logging
import re
import sys
from typing import Any

import structlog

from common.settings import get

_ID = re.compile(r"(?<!\d)\d{6}(?:19|20)\d{2}\d{4}\d{3}[\dXx](?!\d)")
_PHONE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
_PRIVATE = {
    "name",
    "text",
    "message_text",
    "phone",
    "id_number",
    "token",
    "authorization",
    "body",
    "password",
}


def mask(value: Any) -> Any:
    """Identity and phone numbers inside a string become stars, in dictionaries and lists too."""
    if isinstance(value, str):
        return _PHONE.sub("[phone]", _ID.sub("[id]", value))
    if isinstance(value, dict):
        return {k: "[private]" if k in _PRIVATE else mask(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [mask(v) for v in value]
    return value


def _mask_event(_: Any, __: str, event: Any) -> Any:
    return {k: ("[private]" if k in _PRIVATE else mask(v)) for k, v in event.items()}


def setup(process: str) -> None:
    """Configure this process's logs. Library loggers are kept at WARNING: they may log raw values."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(message)s", force=True)
    for noisy in ("hl7", "httpx", "uvicorn.access", "sanic.access"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL if noisy == "hl7" else logging.WARNING)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=False),
            structlog.processors.format_exc_info,
            _mask_event,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[get().log_level.upper()]
        ),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)


def logger(name: str) -> Any:
    """A logger; `log.info("event", key=value)`."""
    return structlog.get_logger(room=name)
