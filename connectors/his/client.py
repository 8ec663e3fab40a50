"""All input and output with the HIS: questions and changes over MLLP, as answers of segments."""

import uuid
from datetime import datetime

from common import clock
from common.settings import Settings
from connectors.adapter import BackendUnavailable
from connectors.his.errors import check
from connectors.hl7 import charset
from connectors.hl7.client import MLLPClient, Party
from connectors.hl7.message import Group, Message, Segment, segment
from connectors.hl7.times import hl7_time


class HISClient:
    """One method a question or change of docs/protocols/his-hl7.md. Raises BackendError, BackendUnavailable."""

    def __init__(self, settings: Settings) -> None:
        self.charset = charset.codec(settings.his_charset) or charset.UTF8
        party = Party(version=settings.his_version, charset=self.charset)
        self.mllp = MLLPClient(settings.his_host, settings.his_port, party, settings.backend_deadline)

    async def stop(self) -> None:
        await self.mllp.stop()

    async def hello(self) -> Message:
        """Any answer, to see that the HIS is there and how it speaks."""
        return await self._query(("QBP", "Z01", "QBP_Q21"), ("Z01", "Departments"))

    async def patients(self, **criteria: str) -> list[Group]:
        """Patients that meet all criteria: `id` (any identifier), `name`, `phone`. Groups of PID and NK1."""
        fields = {"id": "@PID.3.1", "name": "@PID.5", "phone": "@PID.13"}
        wanted = [(fields[key], value) for key, value in criteria.items() if value]
        answer = await self._query(("QBP", "Q22", "QBP_Q21"), ("Q22", "Find Candidates", "HL7"), wanted)
        return answer.groups("PID")

    async def departments(self) -> list[Segment]:
        """All departments, a ZDP each."""
        return list((await self._query(("QBP", "Z01", "QBP_Q21"), ("Z01", "Departments"))).all("ZDP"))

    async def doctors(self) -> list[Segment]:
        """All doctors, a ZDR each."""
        return list((await self._query(("QBP", "Z02", "QBP_Q21"), ("Z02", "Doctors"), "")).all("ZDR"))

    async def slots(
        self,
        start: datetime | None,
        end: datetime | None,
        *,
        department: str = "",
        doctor: str = "",
        slot: str = "",
        limit: int = 200,
    ) -> list[Group]:
        """Slots that begin in [start, end), by time. Groups of SCH, AIS, AIP, AIL, ZSL; at most `limit`."""
        qrd = segment("QRD", hl7_time(clock.now()), "R", "I", _tag(), "", "", (str(limit), "RD"), "", "SCH")
        qrf = segment("QRF", "HIS", hl7_time(start) if start else "", hl7_time(end) if end else "")
        parts = [qrd, qrf]
        if department:
            parts.append(segment("AIS", 1, "", department))
        if doctor:
            parts.append(segment("AIP", 1, "", doctor))
        if slot:
            parts.append(segment("ZSL", slot))
        answer = check(await self.mllp.ask(("SQM", "S25", "SQM_S25"), *parts))
        return answer.groups("SCH")

    async def appointments(
        self,
        mrn: str = "",
        start: datetime | None = None,
        end: datetime | None = None,
        *,
        appointment: str = "",
        placer: str = "",
    ) -> list[Group]:
        """A patient's appointments, or the one with that id or placer number. Groups of SCH … ZAP."""
        values = (mrn, hl7_time(start) if start else "", hl7_time(end) if end else "", appointment, placer)
        answer = await self._query(("QBP", "Z03", "QBP_Q21"), ("Z03", "Appointments"), *values)
        return answer.groups("SCH")

    async def charges(self, mrn: str = "", which: str = "ALL", bill: str = "") -> list[Group]:
        """A patient's bills (`UNPAID` or `ALL`), or one bill. Groups of ZBL and ZBI."""
        answer = await self._query(("QBP", "Z04", "QBP_Q21"), ("Z04", "Charges"), mrn, which, bill)
        return answer.groups("ZBL")

    async def schedule(self, trigger: str, *segments: str) -> Group:
        """A booking, change or cancellation (SRM); the group of the appointment after it."""
        answer = check(await self.mllp.ask(("SRM", trigger, "SRM_S01"), *segments))
        groups = answer.groups("SCH")
        if not groups:
            raise BackendUnavailable(
                "医院系统的应答不完整。", code="BACKEND_GARBLED", detail="SRR without SCH"
            )
        # What comes before SCH does not belong to a group; what an SRR says besides (ZPY) stands after it.
        return groups[0]

    async def admit(self, trigger: str, structure: str, *segments: str) -> Message:
        """An ADT message; its acknowledgement."""
        event = segment("EVN", trigger, hl7_time(clock.now()))
        return check(await self.mllp.ask(("ADT", trigger, structure), event, *segments))

    async def post(self, *segments: str) -> Message:
        """A DFT^P03; its acknowledgement."""
        event = segment("EVN", "P03", hl7_time(clock.now()))
        return check(await self.mllp.ask(("DFT", "P03", "DFT_P03"), event, *segments))

    async def _query(self, message_type: tuple[str, ...], name: tuple[str, ...], *values: object) -> Message:
        qpd = segment("QPD", name, _tag(), *values)  # type: ignore[arg-type]
        answer = check(await self.mllp.ask(message_type, qpd))
        qak = answer.first("QAK")
        if qak is not None and qak.text(2) == "AE":
            raise BackendUnavailable(
                "医院系统没能完成查询。", code="BACKEND_QUERY", detail=f"{name[0]} QAK AE"
            )
        return answer


def _tag() -> str:
    return uuid.uuid4().hex[:16]
