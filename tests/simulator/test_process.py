"""The processes as they are really started, killed and started again."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import httpx

from common.settings import ROOT
from tests.simulator.conftest import MORNING
from tests.simulator.test_notices import until
from tests.simulator.wire import Client, code, confirm, free_port, hold, slots


def spawn(kind: str, directory: Path, **ports: int) -> subprocess.Popen[bytes]:
    import time

    given = {f"MENZHEN_{name.upper()}": str(value) for name, value in ports.items()}
    given |= {"MENZHEN_DATA_DIR": str(directory), "MENZHEN_CLOCK": f"{time.time()}|{MORNING.isoformat()}|1"}
    return subprocess.Popen(
        [sys.executable, "-m", "simulator", kind], cwd=ROOT, env=os.environ | given, stderr=subprocess.DEVNULL
    )


def ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/ready", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


async def test_a_booking_survives_kill_9(opened: Path, tmp_path: Path) -> None:
    import shutil

    directory = tmp_path / "data"
    shutil.copytree(opened, directory)
    ports = {"his_port": free_port(), "hospital_control_port": free_port(), "facade_mllp_port": free_port()}
    control = f"http://127.0.0.1:{ports['hospital_control_port']}"
    process = spawn("hospital", directory, **ports)
    try:
        await until(lambda: ready(ports["hospital_control_port"]))
        async with Client(ports["his_port"]) as client:
            answer = await client.ask(slots("0403", "20261125", "20261127"))
            slot = next(s.get(1) for s in answer.all("ZSL") if s.get(8) == "OPEN" and s.get(4) == "GEN")
            held = await client.ask(hold("P1", "100005", slot))
            id = held.first("ZAP").get(1)
            client.writer.write(b"\x0b" + confirm("P1", id, "O1", 1500).encode() + b"\x1c\x0d")
            await client.writer.drain()
            await asyncio.sleep(0)
        process.kill()
        process.wait()
        process = spawn("hospital", directory, **ports)
        await until(lambda: ready(ports["hospital_control_port"]))
        async with Client(ports["his_port"]) as client:
            assert code(await client.ask(confirm("P1", id, "O1", 1500))) == "AA"
        async with httpx.AsyncClient(base_url=control, trust_env=False) as http:
            found = (await http.get("/ledger", params={"placer": "P1"})).json()
            assert [a["status"] for a in found["appointments"]] == ["BOOKED"]
            states = [e["after"] for e in found["entries"] if e["entity"] == "appointment"]
            assert states == ["HELD", "BOOKED"], "booked once, whenever the process died"
            assert (await http.get("/balance")).json()["balanced"]
            assert len((await http.get("/demo")).json()["patients"]) == 6
            wang = (await http.get("/ledger", params={"mrn": "100003"})).json()["appointments"][0]["id"]
            steps = [(await http.post(f"/visits/{wang}/advance")).json()["step"] for _ in range(2)]
            assert steps == ["check_in", "call"]
            report = await http.post("/publish-report", json={"mrn": "100003", "panel": "CBC"})
            assert report.json()["report"]
            assert (await http.post("/publish-report", json={"mrn": "1"})).status_code == 409
            stopped = (await http.post("/stop-schedule", json={"slot": slot, "reason": "外出会诊"})).json()
            assert slot in stopped["slots"] and id in stopped["appointments"]
            assert (await http.get("/clock")).json()["now"].startswith("2026-11-24T07:3")
    finally:
        process.kill()
        process.wait()


async def test_a_call_back_survives_kill_9(tmp_path: Path) -> None:
    from tests.simulator.test_cashier import Merchant

    port = free_port()
    ports = {"cashier_port": port}
    process = spawn("cashier", tmp_path, **ports)
    try:
        await until(lambda: ready(port))
        merchant = Merchant(f"http://127.0.0.1:{port}")
        listener = await merchant.listen()
        merchant.refuse = 1
        await merchant.order()
        await merchant.client.post("/pay/O1")
        process.kill()
        process.wait()
        merchant.refuse = 0
        process = spawn("cashier", tmp_path, **ports)
        await until(lambda: merchant.events)
        assert merchant.events[0]["event"] == "PAID" and merchant.bad == 0
        listener.close()
        await merchant.client.aclose()
    finally:
        process.kill()
        process.wait()
