"""DBOS on SQLite: configured, started, its unfinished workflows resumed; starting one of ours by its id."""

import contextlib
import logging
import sqlite3
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from dbos import DBOS, DBOSConfig, SetWorkflowID

from common import logs
from journey.booking import book
from journey.changing import cancel, reschedule
from journey.context import here
from journey.paying import pay
from journey.store import bookings, changes, payments

log = logs.logger("journey")
Workflow = Callable[[str], Coroutine[Any, Any, str]]

EXECUTOR = "journey"
VERSION = "1"
"""Pinned: DBOS resumes only workflows of the same version. Raise it when a workflow's steps change."""


def launch(path: Path) -> None:
    """Start DBOS on this file and resume what was under way. Call on the event loop that serves."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        # Kept in the file; DBOS itself leaves SQLite's rollback journal, which is several times slower.
        connection.execute("PRAGMA journal_mode=WAL")
    config: DBOSConfig = {
        "name": "menzhen-journey",
        "system_database_url": f"sqlite:///{path}",
        "executor_id": EXECUTOR,
        "application_version": VERSION,
        "enable_otlp": False,
        "log_level": "WARNING",
    }
    DBOS(config=config)
    # Its messages would hold arguments and tracebacks outside the structured log.
    logging.getLogger("dbos").setLevel(logging.ERROR)
    DBOS.launch()


async def start(workflow: Workflow, id: str) -> None:
    """Start the workflow with this id unless it was started before."""
    with SetWorkflowID(id):
        await DBOS.start_workflow_async(workflow, id)


async def start_forgotten() -> None:
    """Rows whose process died between the row and the start of its workflow."""
    store = here().store
    kinds = {"cancellation": cancel, "reschedule": reschedule}
    open_rows: list[tuple[Workflow, str]] = [
        *((book, row["id"]) for row in await store.find(bookings, bookings.c.status == "pending")),
        *((pay, row["id"]) for row in await store.find(payments, payments.c.status == "waiting")),
        *(
            (kinds[row["kind"]], row["id"])
            for row in await store.find(changes, changes.c.status == "pending")
        ),
    ]
    for workflow, id in open_rows:
        if await DBOS.get_workflow_status_async(id) is None:
            log.info("started after a crash", workflow=id)
            await start(workflow, id)
