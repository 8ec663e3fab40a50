"""The bad days that tests can order."""

import asyncio

import pytest

from simulator.faults import Fault
from tests.simulator.conftest import Hospital
from tests.simulator.test_notices import until
from tests.simulator.wire import code, hold, slots


async def test_an_answer_that_is_lost_still_took_effect_and_the_repetition_finds_it(
    hospital: Hospital,
) -> None:
    slot = (await hospital.free_slots())[0]
    hospital.process.faults.set(Fault(mode="reset", count=1, types=["SRM^S01"]))
    with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
        await hospital.ask(hold("P1", "100005", slot))
    assert code(await hospital.ask(hold("P1", "100005", slot))) == "AA"
    assert len(hospital.truth(mrn="100005")["appointments"]) == 1


async def test_a_request_can_be_lost_before_it_took_effect(hospital: Hospital) -> None:
    slot = (await hospital.free_slots())[0]
    hospital.process.faults.set(Fault(mode="reset", count=1, applied=False))
    with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
        await hospital.ask(hold("P1", "100005", slot))
    assert hospital.truth(mrn="100005")["appointments"] == []


async def test_half_an_answer_garbage_and_the_wrong_charset(hospital: Hospital) -> None:
    async with hospital.client() as client:
        hospital.process.faults.set(Fault(mode="half", count=1))
        with pytest.raises(asyncio.IncompleteReadError):
            await client.ask(slots(limit=2))
    for mode in ("garbage", "wrong_charset"):
        hospital.process.faults.set(Fault(mode=mode, count=1))
        async with hospital.client() as client:
            with pytest.raises(UnicodeDecodeError):
                await client.ask(slots(limit=2))
    assert code(await hospital.ask(slots(limit=2))) == "AA"


async def test_a_black_hole_swallows_the_answer_and_others_wait_for_nothing(hospital: Hospital) -> None:
    hospital.process.faults.set(Fault(mode="blackhole", count=1))
    async with hospital.client() as client:
        client.writer.write(b"\x0b" + slots().encode() + b"\x1c\x0d")
        await client.writer.drain()
        await until(lambda: not hospital.process.faults.left)
        assert code(await hospital.ask(slots(limit=1))) == "AA"
        with pytest.raises(TimeoutError):
            await client.answer(0.1)
