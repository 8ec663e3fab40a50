"""Subscriptions (每天早上八点发给我) and alerts (候诊超过40分钟提醒我): stored, run by a scheduler, delivered to an inbox."""

import asyncio
import operator
import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import orjson
import structlog
from sqlalchemy import Column, Integer, MetaData, String, Table, Text, func, select

from common import clock
from insight.compile.permissions import Viewer
from insight.interpretation import SHANGHAI
from insight.records.store import Store

if TYPE_CHECKING:
    from insight.engine import Insight

log = structlog.get_logger(room="insight")
METADATA = MetaData()
SUBSCRIPTIONS = Table(
    "insight_subscriptions",
    METADATA,
    Column("id", String, nullable=False),
    Column("owner", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("viewer", Text, nullable=False),
    Column("questions", Text, nullable=False),
    Column("schedule", Text, nullable=False),
    Column("created_at", String, nullable=False),
    Column("next_at", String, nullable=False),
    Column("state", Text, nullable=False),
)
INBOX = Table(
    "insight_inbox",
    METADATA,
    Column("id", Integer, nullable=False),
    Column("owner", String, nullable=False),
    Column("subscription", String, nullable=False),
    Column("at", String, nullable=False),
    Column("answer", Text, nullable=False),
)
ALERT_MINUTES = 5
LOOK_SECONDS = 20.0
WEEKDAYS = "一二三四五六日"


def next_time(schedule: dict[str, Any], after: datetime) -> datetime:
    """The first moment after `after` (aware) that a schedule names; 08:00 where it names no time."""
    if schedule.get("freq") == "every":
        return after + timedelta(minutes=int(schedule["minutes"]))
    if schedule.get("freq") == "hourly":
        return (after + timedelta(hours=1)).replace(minute=0, second=0, microsecond=0)
    hour, minute = (int(part) for part in str(schedule.get("time") or "08:00").split(":")[:2])
    day = after.replace(hour=hour, minute=minute, second=0, microsecond=0)
    for _ in range(800):
        if day > after and _fits(schedule, day):
            return day
        day += timedelta(1)
    raise ValueError("a schedule that never comes")


def _fits(schedule: dict[str, Any], day: datetime) -> bool:
    from chinese import holidays

    freq = schedule.get("freq", "daily")
    if freq == "workday":
        try:
            return holidays.is_workday(day.date())
        except holidays.HolidayError:
            return day.weekday() < 5
    if freq == "weekly":
        return day.isoweekday() in (schedule.get("weekday") or [1])
    if freq == "monthly":
        wanted = schedule.get("monthday") or [1]
        last = (day.replace(day=28) + timedelta(4)).replace(day=1) - timedelta(1)
        return day.day in wanted or (day.day == last.day and max(wanted) > last.day)
    if freq == "yearly":
        return (day.month, day.day) == (schedule.get("month", 1), (schedule.get("monthday") or [1])[0])
    return True


def in_words(schedule: dict[str, Any]) -> str:
    """每天 08:00, for the answer."""
    freq = schedule.get("freq")
    if freq == "every":
        return f"每 {schedule['minutes']} 分钟检查一次"
    if freq == "hourly":
        return "每小时"
    head = {
        "daily": "每天",
        "workday": "每个工作日",
        "monthly": "每月",
        "weekly": "每周",
        "yearly": "每年",
    }.get(str(freq), "每天")
    if freq == "weekly":
        head += "、".join(WEEKDAYS[d - 1] for d in schedule.get("weekday") or [1])
    if freq == "monthly":
        head += "、".join(f"{d}日" for d in schedule.get("monthday") or [1])
    return f"{head} {schedule.get('time') or '08:00'}"


class Subscriptions:
    """What managers asked to be sent, and what was sent. `owner` is the subject of their token."""

    def __init__(self, store: Store) -> None:
        self.store = store
        METADATA.create_all(store.engine, checkfirst=True)

    def add(
        self, viewer: Viewer, kind: str, questions: list[str], schedule: dict[str, Any], now: datetime
    ) -> dict[str, Any]:
        """Stores a subscription or an alert and returns it; the same again is the one that is there."""
        owner = viewer.subject or viewer.describe()
        for known in self.of(owner):
            if (known["kind"], known["questions"], known["schedule"]) == (kind, questions, schedule):
                return known
        row = {
            "id": uuid.uuid4().hex[:12],
            "owner": owner,
            "kind": kind,
            "viewer": orjson.dumps([viewer.role, viewer.department, viewer.doctor, viewer.subject]).decode(),
            "questions": orjson.dumps(questions).decode(),
            "schedule": orjson.dumps(schedule).decode(),
            "created_at": now.isoformat(),
            # What lies beyond its limit already is told at once.
            "next_at": (now if kind == "alert" else next_time(schedule, now)).isoformat(),
            "state": "{}",
        }
        with self.store.writing, self.store.engine.begin() as connection:
            connection.execute(SUBSCRIPTIONS.insert().values(**row))
        return _shown(row)

    def of(self, owner: str) -> list[dict[str, Any]]:
        query = (
            select(SUBSCRIPTIONS).where(SUBSCRIPTIONS.c.owner == owner).order_by(SUBSCRIPTIONS.c.created_at)
        )
        with self.store.engine.connect() as connection:
            return [_shown(dict(row._mapping)) for row in connection.execute(query)]

    def cancel(self, owner: str, number: str | None = None) -> int:
        """Removes one subscription of the owner, or all where none is named; returns how many."""
        mine = SUBSCRIPTIONS.c.owner == owner
        which = mine if number is None else mine & (SUBSCRIPTIONS.c.id == number)
        with self.store.writing, self.store.engine.begin() as connection:
            count = connection.execute(
                select(func.count()).select_from(SUBSCRIPTIONS).where(which)
            ).scalar_one()
            connection.execute(SUBSCRIPTIONS.delete().where(which))
        return int(count)

    def due(self, now: datetime) -> list[dict[str, Any]]:
        with self.store.engine.connect() as connection:
            rows = [dict(row._mapping) for row in connection.execute(select(SUBSCRIPTIONS))]
        return [row for row in rows if datetime.fromisoformat(row["next_at"]) <= now]

    def inbox(self, owner: str, after: int = 0) -> list[dict[str, Any]]:
        return self._messages((INBOX.c.owner == owner) & (INBOX.c.id > after))

    def deliveries(self, after: int = 0) -> list[dict[str, Any]]:
        return self._messages(INBOX.c.id > after)

    def _messages(self, which: Any) -> list[dict[str, Any]]:
        with self.store.engine.connect() as connection:
            rows = connection.execute(select(INBOX).where(which).order_by(INBOX.c.id).limit(200))
            # Names of columns are no plain strings here, and JSON wants such.
            return [
                {str(name): value for name, value in row._mapping.items()}
                | {"answer": orjson.loads(row.answer)}
                for row in rows
            ]

    def settle(
        self, row: dict[str, Any], answer: dict[str, Any] | None, state: dict[str, Any], now: datetime
    ) -> None:
        """The delivery (where there is one) and the next time, in one transaction."""
        schedule = orjson.loads(row["schedule"])
        with self.store.writing, self.store.engine.begin() as connection:
            if answer is not None:
                last = connection.execute(select(func.max(INBOX.c.id))).scalar() or 0
                connection.execute(
                    INBOX.insert().values(
                        id=last + 1, owner=row["owner"], subscription=row["id"], at=now.isoformat(),
                        answer=orjson.dumps(answer).decode(),
                    )
                )  # fmt: skip
            connection.execute(
                SUBSCRIPTIONS.update()
                .where(SUBSCRIPTIONS.c.id == row["id"])
                .values(next_at=next_time(schedule, now).isoformat(), state=orjson.dumps(state).decode())
            )


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    schedule = orjson.loads(row["schedule"])
    return {
        "id": row["id"],
        "kind": row["kind"],
        "questions": orjson.loads(row["questions"]),
        "schedule": schedule,
        "when": in_words(schedule),
        "next_at": row["next_at"],
    }


def _meets(value: float, limit: dict[str, Any]) -> bool:
    found: bool = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}[limit["op"]](
        value, limit["value"]
    )
    return found


class Scheduler:
    """Runs what is due. A subscription is asked anew at its time, with its owner's rights of then."""

    def __init__(self, insight: "Insight", subscriptions: Subscriptions) -> None:
        self.insight, self.subscriptions = insight, subscriptions

    async def run(self) -> None:
        """For ever; a failing subscription is logged and tried again at its next time."""
        while True:
            try:
                await asyncio.to_thread(self.work, clock.now())
            except Exception as error:
                log.error("scheduler_failed", error=type(error).__name__, exc_info=error)
            await asyncio.sleep(max(0.5, LOOK_SECONDS / clock.clock().speed))

    def work(self, now: datetime) -> int:
        """Carries out everything that is due at `now`; returns how many messages were delivered."""
        delivered = 0
        for row in self.subscriptions.due(now.astimezone(SHANGHAI)):
            answer, state = self._carry_out(row, now)
            self.subscriptions.settle(row, answer, state, now)
            delivered += answer is not None
        return delivered

    def _carry_out(self, row: dict[str, Any], now: datetime) -> tuple[dict[str, Any] | None, dict[str, Any]]:
        viewer = Viewer(*orjson.loads(row["viewer"]))
        session = f"subscription:{row['id']}:{now.isoformat()}"
        answer: dict[str, Any] | None = None
        for question in orjson.loads(row["questions"]):
            answer = self.insight.ask(question, viewer, now, session)
        self.insight.forget(viewer, session)
        if answer is not None:
            answer = answer | {
                "delivery": {name: _shown(row)[name] for name in ("id", "kind", "questions", "when")}
            }
        state: dict[str, Any] = orjson.loads(row["state"])
        if row["kind"] == "subscription" or answer is None:
            return answer, state
        return self._alert(answer, state, now, orjson.loads(row["schedule"]).get("limit"))

    def _alert(
        self, answer: dict[str, Any], state: dict[str, Any], now: datetime, limit: dict[str, Any] | None
    ) -> tuple[dict[str, Any] | None, dict[str, Any]]:
        """Delivered when something begins to lie beyond the limit, once a day for each thing that does.

        The rows are what lies beyond; where `limit` is given (numbers of this moment), those that meet it.
        """
        today = now.date().isoformat()
        told = [key for key in state.get("told", []) if key.startswith(today)]
        dims = (answer["interpretation"] or {}).get("group_by", [])
        beyond = (
            {
                f"{today}:{'/'.join(str(row.get(d)) for d in dims)}": row
                for row in answer["rows"]
                if limit is None or _meets(row["value"], limit)
            }
            if answer["status"] == "answered"
            else {}
        )
        fresh = [key for key in beyond if key not in told]
        state = {"told": [*[k for k in told if k in beyond], *fresh]}
        return (answer if fresh else None), state
