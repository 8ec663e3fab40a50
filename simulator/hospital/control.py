"""The control port: what tests and demonstrations ask and do behind the protocols. Loopback only."""

from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict

from common import clock
from simulator.faults import Fault
from simulator.hospital import manage, places, truth
from simulator.hospital.refusal import Refused

if TYPE_CHECKING:
    from simulator.hospital.app import HospitalProcess


class Report(BaseModel):
    """A report to make now: `panel` is a code of panels.yml, `values` fixes chosen items."""

    model_config = ConfigDict(extra="forbid")
    mrn: str
    panel: str = "CBC"
    appointment: str = ""
    values: dict[str, str] = {}


class StopClinic(BaseModel):
    """A half day to stop (or, with `open`, to open again): by session, or by doctor, day and part."""

    model_config = ConfigDict(extra="forbid")
    session: str = ""
    slot: str = ""
    doctor: str = ""
    day: str = ""
    part: str = ""
    reason: str = "医生临时有事"
    open: bool = False


class Merge(BaseModel):
    model_config = ConfigDict(extra="forbid")
    surviving: str
    old: str


def routes(app: FastAPI, process: "HospitalProcess") -> None:
    """Add the control API. Refusals answer 409 with the HIS's code and Chinese sentence."""
    database = process.his.database

    @app.exception_handler(Refused)
    async def refused(_: Request, error: Refused) -> JSONResponse:
        return JSONResponse(error.as_json(), status_code=404 if error.code == "NOT_FOUND" else 409)

    @app.get("/ready")
    async def ready() -> JSONResponse:
        return JSONResponse(
            {"status": "ready" if process.ready else "starting"}, 200 if process.ready else 503
        )

    @app.get("/clock")
    def clock_now() -> dict[str, Any]:
        return {
            "now": clock.now().isoformat(),
            "speed": clock.clock().speed,
            "setting": clock.clock().as_setting(),
        }

    @app.get("/ledger")
    def ledger(
        mrn: str = "",
        placer: str = "",
        slot: str = "",
        appointment: str = "",
        limit: int = Query(2000, ge=1, le=100000),
    ) -> dict[str, Any]:
        with database.read() as connection:
            return truth.ledger(connection, mrn, placer, slot, appointment, limit)

    @app.get("/balance")
    def balance() -> dict[str, Any]:
        with database.read() as connection:
            return truth.balance(connection)

    @app.get("/demo")
    def demo() -> dict[str, Any]:
        with database.read() as connection:
            return {"patients": process.demo.listing(connection)}

    @app.get("/queue")
    def queue() -> dict[str, int]:
        return {"waiting": process.sender.waiting()}

    @app.get("/faults")
    async def which_fault() -> dict[str, Any]:
        return process.faults.current.model_dump() | {"left": process.faults.left}

    @app.post("/faults")
    async def set_fault(fault: Fault) -> dict[str, Any]:
        process.faults.set(fault)
        return fault.model_dump()

    @app.post("/publish-report")
    def publish_report(report: Report) -> dict[str, Any]:
        with database.write() as connection:
            return manage.publish(
                process, connection, report.mrn, report.panel, report.appointment, report.values
            )

    @app.post("/stop-schedule")
    def stop_schedule(stop: StopClinic) -> dict[str, Any]:
        with database.write() as connection:
            return manage.stop(process, connection, stop.model_dump())

    @app.post("/visits/{appointment}/advance")
    def advance(appointment: str) -> dict[str, Any]:
        with database.write() as connection:
            step = process.visits.advance(connection, appointment)
            a = places.find(connection, "", appointment)
            return {"step": step, "status": a.status, "stage": a.stage}

    @app.post("/patients/merge")
    def merge(given: Merge) -> dict[str, Any]:
        with database.write() as connection:
            kept = process.registry.merge(connection, given.surviving, given.old, "control")
            return {"surviving": kept.mrn}
