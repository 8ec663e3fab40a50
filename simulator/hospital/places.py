"""Places of slots, and the small writes of a booking: taken and given back, remembered, entered in the ledger."""

import hashlib
import random
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from simulator.hospital import rows
from simulator.hospital.refusal import Refused
from simulator.hospital.schema import appointments, requests, sessions, slots, visits

BLACKLIST_DAYS = 90
FIRST_SHARE = 0.45


def take(connection: Connection, slot: str) -> None:
    """Take one place. Raises Refused SLOT_FULL where none is left."""
    taken = connection.execute(
        update(slots)
        .where(slots.c.id == slot, slots.c.remaining > 0, slots.c.stopped == 0)
        .values(remaining=slots.c.remaining - 1)
    ).rowcount
    if not taken:
        raise Refused("SLOT_FULL")


def free(connection: Connection, slot: str) -> None:
    """Give one place back. Raises RuntimeError where nobody had taken one: the books would be wrong."""
    freed = connection.execute(
        update(slots)
        .where(slots.c.id == slot, slots.c.remaining < slots.c.capacity)
        .values(remaining=slots.c.remaining + 1)
    ).rowcount
    if not freed:
        raise RuntimeError("a place was given back that nobody had taken")


def find(connection: Connection, placer: str, filler: str) -> Row[Any]:
    """The appointment by the HIS's number, else by ours. Raises Refused NOT_FOUND."""
    if not filler and placer:
        filler = connection.scalar(select(appointments.c.id).where(appointments.c.placer == placer)) or ""
    a = rows.appointment(connection, filler)
    if a is None:
        raise Refused("NOT_FOUND", "没有找到该预约。")
    return a


def no_shows(connection: Connection, mrn: str, now: str) -> int:
    """How often this patient stayed away within BLACKLIST_DAYS."""
    since = rows.iso(datetime.fromisoformat(now) - timedelta(days=BLACKLIST_DAYS))
    query = (
        select(func.count())
        .select_from(appointments.join(slots, slots.c.id == appointments.c.slot))
        .where(appointments.c.mrn == mrn, appointments.c.status == "NOSHOW", slots.c.start >= since)
    )
    return connection.scalar(query) or 0


def repeated(connection: Connection, kind: str, placer: str, content: str) -> str:
    """What this request number did before, or nothing. Raises Refused where it asked for something else then."""
    query = select(requests).where(requests.c.kind == kind, requests.c.placer == placer)
    row = connection.execute(query).first()
    if row is None:
        return ""
    if row.content != content:
        raise Refused("DUPLICATE", "该请求号已用于另一次预约。")
    return row.appointment


def remember(connection: Connection, kind: str, placer: str, content: str, id: str) -> None:
    """Keep what a request number did, so that its repetition finds it."""
    statement = requests.insert().prefix_with("OR IGNORE")
    connection.execute(statement.values(kind=kind, placer=placer, content=content, appointment=id))


def enter(
    connection: Connection,
    a: Row[Any],
    before: str,
    after: str,
    who: str,
    key: str,
    now: str,
    slot: str = "",
) -> None:
    """The ledger's line for a change of an appointment."""
    rows.enter(
        connection,
        time=now,
        who=who,
        entity="appointment",
        id=a.id,
        mrn=a.mrn,
        slot=slot or a.slot,
        before=before,
        after=after,
        key=key,
    )


def open_visit(
    connection: Connection, id: str, visit: str, mrn: str, department: str, background: bool
) -> None:
    """The visit record of a new appointment; a first visit is one without an earlier one in that department.

    People of the background load had a life before the books begin: for them it is drawn.
    """
    seen = connection.scalar(
        select(func.count())
        .select_from(appointments.join(slots).join(sessions))
        .where(
            appointments.c.mrn == mrn,
            appointments.c.status == "FULFILLED",
            sessions.c.department == department,
        )
    )
    if background:
        seen = seen or random.Random(f"first-{mrn}-{department}").random() > FIRST_SHARE
    values = {"id": visit, "appointment": id, "status": "booked", "first_visit": int(not seen)}
    connection.execute(visits.insert().values(**values))


def voucher(connection: Connection, seed: int, id: str) -> str:
    """Eight digits that name a booking at the desk; not in a guessable order."""
    rng = random.Random(f"voucher-{seed}-{id}")
    while True:
        code = f"{rng.randrange(10**7, 10**8)}"
        if not connection.scalar(select(appointments.c.id).where(appointments.c.voucher == code)):
            return code


def queue_number(connection: Connection, session: str) -> int:
    """The next number of a half day; each is given once."""
    statement = (
        update(sessions).where(sessions.c.id == session).values(next_number=sessions.c.next_number + 1)
    )
    return connection.execute(statement.returning(sessions.c.next_number)).scalar_one() - 1


def digest(*parts: str) -> str:
    """What a request asks for, short enough to keep."""
    return hashlib.blake2s("\x1f".join(parts).encode(), digest_size=12).hexdigest()
