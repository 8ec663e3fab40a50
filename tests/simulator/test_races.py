"""No place is given twice, whoever asks at once over however many connections."""

import asyncio
import random
import threading
from pathlib import Path

from hypothesis import HealthCheck, given, settings, strategies
from sqlalchemy import Column, Integer, MetaData, String, Table, select, update

from simulator.database import Database
from tests.simulator.conftest import Hospital
from tests.simulator.wire import Client, cancel, code, confirm, hold, slots

metadata = MetaData()
places = Table("places", metadata, Column("id", String, primary_key=True), Column("remaining", Integer))


def book_all(path: Path, conditional: bool, people: int = 12) -> int:
    """How many of `people`, all at once, got one of three places."""
    database = Database(path, metadata)
    with database.write() as connection:
        connection.execute(places.insert().values(id="S", remaining=3))
    got: list[int] = []
    meet = threading.Barrier(people)

    def naive() -> None:
        with database.read() as connection:
            seen = connection.scalar(select(places.c.remaining)) or 0
        meet.wait()
        if seen > 0:
            with database.write() as connection:
                connection.execute(update(places).values(remaining=seen - 1))
            got.append(1)

    def right() -> None:
        meet.wait()
        statement = update(places).where(places.c.remaining > 0).values(remaining=places.c.remaining - 1)
        with database.write() as connection:
            got.extend([1] * connection.execute(statement).rowcount)

    threads = [threading.Thread(target=right if conditional else naive) for _ in range(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    database.close()
    return len(got)


def test_control_without_the_conditional_update_places_are_sold_twice(tmp_path: Path) -> None:
    assert book_all(tmp_path / "naive.db", conditional=False) > 3
    assert book_all(tmp_path / "right.db", conditional=True) == 3


async def test_a_rush_for_one_slot_gives_out_exactly_what_there_is(hospital: Hospital) -> None:
    slot = (await hospital.free_slots())[0]
    free = int((await hospital.ask(slots(one=slot))).first("ZSL").get(3))

    async def one(n: int) -> str:
        async with Client(hospital.port) as client:
            first = code(await client.ask(hold(f"P{n}", str(100010 + n), slot)))
            # A third of them tap twice.
            assert n % 3 or code(await client.ask(hold(f"P{n}", str(100010 + n), slot))) == first
            return first

    answers = await asyncio.gather(*(one(n) for n in range(40)))
    assert answers.count("AA") == free and answers.count("SLOT_FULL") == 40 - free
    assert hospital.balance() == []


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)
@given(strategies.integers(0, 10**9))
async def test_holds_payments_and_cancellations_at_once_always_balance(hospital: Hospital, seed: int) -> None:
    rng = random.Random(seed)
    chosen = [*(await hospital.free_slots(visit_type="EXP"))[:3], *(await hospital.free_slots())[:2]]

    async def person(n: int) -> None:
        mrn = str(100010 + rng.randrange(20))
        async with Client(hospital.port) as client:
            for turn in range(2):
                placer = f"{seed}-{n}-{turn}"
                held = await client.ask(hold(placer, mrn, rng.choice(chosen)))
                if code(held) != "AA":
                    assert code(held) in ("SLOT_FULL", "DUPLICATE")
                    continue
                id, fee = held.first("ZAP").get(1), int(held.first("ZSL").get(5))
                steps = [confirm(placer, id, f"O{placer}", fee), cancel(placer, id)]
                for step in rng.choices(steps, k=rng.randrange(3)):
                    assert code(await client.ask(step)) in ("AA", "HOLD_EXPIRED")

    await asyncio.gather(*(person(n) for n in range(16)))
    assert hospital.balance() == []
