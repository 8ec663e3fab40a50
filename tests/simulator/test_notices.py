"""What the HIS tells the front desk: in order, again until it is taken, also after a crash."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from simulator.hospital import hl7
from tests.simulator.conftest import Hospital
from tests.simulator.wire import END, START, confirm, hold


class Desk:
    """A front desk that listens on an MLLP port and answers as `reply` says."""

    def __init__(self, reply: Callable[[int], str] = lambda n: "AA") -> None:
        self.reply = reply
        self.seen: list[hl7.Message] = []
        self.taken: list[str] = []

    async def open(self, port: int) -> "Desk":
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", port, limit=1 << 20)
        return self

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                frame = await reader.readuntil(END)
            except (asyncio.IncompleteReadError, ConnectionError):
                writer.close()
                return
            message = hl7.parse(frame[1:-2].decode())
            code = self.reply(len(self.seen))
            self.seen.append(message)
            if code == "AA":
                self.taken.append(message.control_id)
            text = f"MSH|^~\\&|MENZHEN|FRONTDESK|HIS|HOSPITAL|20261124||ACK|1|P|2.4\rMSA|{code}|{message.control_id}\r"
            writer.write(START + text.encode() + END)


async def until(condition: Callable[[], Any], seconds: float = 60) -> None:
    """Wait until it holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
        await asyncio.sleep(0.02)


async def book(hospital: Hospital, placer: str) -> str:
    slot = (await hospital.free_slots())[0]
    held = await hospital.ask(hold(placer, "100005", slot))
    id = held.first("ZAP").get(1)
    await hospital.ask(confirm(placer, id, f"O{placer}", 1500))
    return id


async def test_the_queue_grows_while_the_desk_is_away_and_drains_in_order(hospital: Hospital) -> None:
    id = await book(hospital, "P1")
    waiting = hospital.process.sender.waiting()
    assert waiting > 100, "today's visits and the new booking"
    desk = await Desk().open(hospital.process.settings.facade_mllp_port)
    await until(lambda: hospital.process.sender.waiting() == 0)
    assert len(desk.taken) == len(set(desk.taken)) == waiting
    last = desk.seen[-1]
    assert last.kind == "SIU^S12" and last.first("SCH").get(2) == id and last.first("ZAP").get(2) == "BOOKED"
    assert [s.name for s in last.segments] == [
        "MSH",
        "SCH",
        "PID",
        "PV1",
        "RGS",
        "AIS",
        "AIP",
        "AIL",
        "ZSL",
        "ZAP",
        "ZVS",
    ]
    assert len(last.first("ZVS").fields) >= 30 and last.first("ZVS").get(14) == "booked"
    desk.server.close()


async def test_a_notice_that_is_refused_for_now_comes_again_before_the_next(hospital: Hospital) -> None:
    desk = await Desk(lambda n: "AE" if n < 2 else "AA").open(hospital.process.settings.facade_mllp_port)
    await until(lambda: len(desk.taken) > 3)
    ids = [m.control_id for m in desk.seen]
    assert ids[0] == ids[1] == ids[2] != ids[3]
    desk.server.close()


async def test_a_notice_that_can_never_be_read_does_not_block_the_rest(hospital: Hospital) -> None:
    desk = await Desk(lambda n: "AR" if n == 0 else "AA").open(hospital.process.settings.facade_mllp_port)
    await until(lambda: len(desk.taken) > 3)
    ids = [m.control_id for m in desk.seen]
    assert ids[0] not in ids[1:]
    desk.server.close()


async def test_what_was_not_told_is_told_after_a_restart(start) -> None:
    first = await start()
    id = await book(first, "P1")
    await first.process.stop()
    second = await start()
    desk = await Desk().open(second.process.settings.facade_mllp_port)
    await until(lambda: second.process.sender.waiting() == 0)
    assert [m.first("SCH").get(2) for m in desk.seen if m.kind == "SIU^S12"][-1] == id
    desk.server.close()
