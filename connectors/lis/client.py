"""All input and output with the LIS: read-only queries over its views, in threads of their own, within a deadline."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Column, Connection, Engine, MetaData, Row, Table, create_engine, func, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from common.clock import SHANGHAI
from common.settings import Settings
from connectors.adapter import BackendUnavailable

T = TypeVar("T")
THREADS = 4
TIME_FORMAT = "%Y-%m-%d %H:%M:%S"
TURNAROUND_SAMPLE = 40

_views = MetaData()


def _view(name: str, columns: str) -> Table:
    return Table(name, _views, *(Column[Any](column) for column in columns.split()))


patient = _view("V_LIS_PATIENT", "PAT_ID MRN PAT_NAME SEX BIRTHDAY ID_CARD")
request = _view(
    "V_LIS_REQUEST",
    "REQ_NO PAT_ID VISIT_NO DEPT_CODE DEPT_NAME DOCTOR_NAME GROUP_CODE GROUP_NAME SAMPLE_TYPE REQ_TIME "
    "SAMPLE_TIME STATUS",
)
result = _view(
    "V_LIS_RESULT",
    "REPORT_NO REQ_NO PAT_ID REPORT_TIME CHECK_TIME REPORT_DOCTOR CHECK_DOCTOR REMARK STATUS",
)
item = _view(
    "V_LIS_ITEM",
    "REPORT_NO SEQ ITEM_CODE ITEM_NAME ITEM_EN LOINC RESULT UNIT REF_RANGE REF_LOW REF_HIGH FLAG CRITICAL",
)
VOID = "9"
MAX_ROWS = 1000


class LISClient:
    """Queries. Each raises BackendUnavailable: not reachable, not within the deadline, or not these views."""

    def __init__(self, settings: Settings) -> None:
        self.deadline = settings.backend_deadline
        self.engine = _engine(settings.lis_database, settings.backend_deadline)
        # Threads of their own: a database that hangs must not take those that others wait for.
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="lis")
        self._turnaround: dict[str, float | None] = {}
        self._lock = threading.Lock()

    def stop(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        self.engine.dispose()

    async def run(self, query: Callable[[Connection], T]) -> T:
        """What `query` returns, run in a thread with a connection."""

        def work() -> T:
            with self.engine.connect() as connection:
                return query(connection)

        try:
            loop = asyncio.get_running_loop()
            async with asyncio.timeout(self.deadline):
                return await loop.run_in_executor(self._threads, work)
        except TimeoutError:
            raise BackendUnavailable(
                "检验系统没有及时回应，请稍后再试。", code="BACKEND_TIMEOUT", detail="LIS query"
            ) from None
        except (SQLAlchemyError, OSError, UnicodeError) as error:
            cause = error.orig if isinstance(error, DBAPIError) else error
            raise BackendUnavailable(
                "检验系统暂时连接不上，请稍后再试。", detail=type(cause).__name__
            ) from None

    def requests(
        self,
        connection: Connection,
        *,
        mrns: Sequence[str] = (),
        numbers: Sequence[str] = (),
        group: str = "",
        limit: int = MAX_ROWS,
    ) -> list[Row[Any]]:
        """Requests that are not void, newest first, with MRN and the newest result's columns (None without one)."""
        query = (
            select(
                request, patient.c.MRN, *(c for c in result.c if c.name not in ("REQ_NO", "PAT_ID", "STATUS"))
            )
            .add_columns(result.c.STATUS.label("RESULT_STATUS"))
            .join(patient, patient.c.PAT_ID == request.c.PAT_ID)
            .outerjoin(result, result.c.REQ_NO == request.c.REQ_NO)
            .order_by(request.c.REQ_TIME.desc(), result.c.REPORT_TIME.desc())
            .limit(min(limit, MAX_ROWS))
        )
        if mrns:
            query = query.where(patient.c.MRN.in_(mrns))
        if numbers:
            query = query.where(request.c.REQ_NO.in_(numbers))
        if group:
            query = query.where(request.c.GROUP_CODE.in_([group]))
        newest: dict[str, Row[Any]] = {}
        for row in connection.execute(query):
            if str(row.STATUS) != VOID:
                newest.setdefault(str(row.REQ_NO), row)
        return list(newest.values())

    def items(self, connection: Connection, reports: Sequence[str]) -> dict[str, list[Row[Any]]]:
        """The results of reports, in order, by report number."""
        found: dict[str, list[Row[Any]]] = {}
        for start in range(0, len(reports), 500):
            query = (
                select(item).where(item.c.REPORT_NO.in_(reports[start : start + 500])).order_by(item.c.SEQ)
            )
            for row in connection.execute(query):
                found.setdefault(str(row.REPORT_NO), []).append(row)
        return found

    def turnaround(self, connection: Connection, group: str) -> float | None:
        """Seconds from sampling within which four of five of the last reports of this group came; None if unknown."""
        with self._lock:
            if group in self._turnaround:
                return self._turnaround[group]
        recent = (
            select(request.c.SAMPLE_TIME, result.c.REPORT_TIME)
            .join(result, result.c.REQ_NO == request.c.REQ_NO)
            .where(request.c.GROUP_CODE.in_([group]))
            .order_by(result.c.REPORT_TIME.desc())
            .limit(TURNAROUND_SAMPLE)
        )
        took = sorted(
            (reported - sampled).total_seconds()
            for row in connection.execute(recent)
            if (sampled := moment(row.SAMPLE_TIME)) and (reported := moment(row.REPORT_TIME))
        )
        typical = took[min(len(took) - 1, int(len(took) * 0.8))] if took else None
        if typical is not None:
            with self._lock:
                self._turnaround[group] = typical
        return typical

    def hello(self, connection: Connection) -> tuple[str, dict[str, str], str]:
        """Database and version, the views that cannot be read with the reason, and the newest report's time."""
        problems: dict[str, str] = {}
        for view in (patient, request, result, item):
            try:
                connection.execute(select(view).limit(1)).first()
            except SQLAlchemyError as error:
                cause = error.orig if isinstance(error, DBAPIError) else error
                problems[view.name] = type(cause).__name__
        newest = "" if problems else str(connection.scalar(select(func.max(result.c.REPORT_TIME))) or "")
        version = ".".join(str(part) for part in connection.dialect.server_version_info or ())
        return f"{connection.dialect.name} {version}".strip(), problems, newest


def moment(value: Any) -> datetime | None:
    """A time of the views (`2026-11-22 09:30:00`, local), aware; None where it is empty or no time."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=SHANGHAI)
    try:
        found = datetime.fromisoformat(str(value).strip()) if value else None
    except ValueError:
        return None
    return found if found is None or found.tzinfo else found.replace(tzinfo=SHANGHAI)


def _engine(url: str, deadline: float) -> Engine:
    """An engine that cannot write: SQLite files are opened read-only; elsewhere the account must not be able to."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database not in (None, "", ":memory:"):
        # A missing file is an error, not a new empty database.
        query = {"mode": "ro", "uri": "true"}
        parsed = parsed.set(database=f"file:{parsed.database}", query=query)
        return create_engine(parsed, connect_args={"timeout": deadline, "check_same_thread": False})
    return create_engine(parsed, pool_pre_ping=True, pool_size=THREADS, pool_timeout=deadline)
