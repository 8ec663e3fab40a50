"""One walk over a message's segments, each adding what it tells to the bundle."""

from collections.abc import Callable
from typing import Any

from connectors.hl7.errors import HL7Error
from connectors.hl7.fhir import orders, other, people, systems, visit
from connectors.hl7.fhir.build import Builder
from connectors.hl7.fhir.datatypes import code, first
from connectors.hl7.message import Message, Segment
from connectors.hl7.times import fhir_instant
from connectors.resources import reference

Link = dict[str, str]
ORDER_TYPES = ("ORM", "OML", "OMG", "OMI", "OMP", "OMD", "OMS", "REF", "SIU", "SRM")
"""Messages in which an OBR is an order and no report, unless results follow."""


def convert(message: Message) -> dict[str, Any]:
    """The FHIR R4 transaction bundle of a message. Raises HL7Error where it holds nothing that could stand in one."""
    walk = Walk(message)
    for segment in message.segments[1:]:
        if read := _READERS.get(segment.name):
            read(walk, segment)
    walk.finish()
    bundle = {
        "resourceType": "Bundle",
        "type": "transaction",
        "identifier": {"system": "urn:menzhen:hl7:control-id", "value": message.control_id},
        "timestamp": fhir_instant(message.header.text(7)),
        "entry": walk.build.entries(),
    }
    if not message.control_id:
        del bundle["identifier"]
    if not bundle["timestamp"]:
        del bundle["timestamp"]
    return bundle


class Walk:
    """What the segments before the present one have established."""

    def __init__(self, message: Message) -> None:
        self.message = message
        header = message.header
        self.build = Builder(f"{header.raw(3)}|{header.raw(4)}|{message.control_id}")
        self.trigger = message.trigger
        self.patient: Link | None = None
        self.encounter: Link | None = None
        self.orc: Segment | None = None
        self.obr: Segment | None = None
        self.order: Link | None = None
        self.report: Link | None = None
        self.appointment: Link | None = None
        self.medication: Link | None = None
        self.immunization: Link | None = None
        self.document: Link | None = None
        self.noted: Link | None = None
        self.priority: str | None = None
        self.place = 0
        self._header()

    def _header(self) -> None:
        header = self.message.header
        event = code(header.text(9, 2)) or code(header.text(9, 1))
        source = header.text(3).strip() or header.text(4).strip() or "unknown"
        endpoint = header.text(24, 2) or header.text(3, 2)
        destination = header.text(5).strip() or header.text(6).strip()
        self.build.add(
            "MessageHeader",
            "MSH",
            {
                "eventCoding": {
                    "system": f"{systems.V2}0003",
                    "code": event,
                    "display": "^".join(part for n in (1, 2, 3) if (part := header.text(9, n).strip())),
                },
                "destination": [{"name": destination, "endpoint": _endpoint(header.text(25, 2), destination)}]
                if destination
                else [],
                "sender": self.build.organization(first(header, 4)),
                "source": {"name": source, "endpoint": _endpoint(endpoint, source)},
                "focus": [],
            },
            own=True,
        )

    def need_patient(self) -> Link:
        """The message's patient; HL7Error where a segment needs one that is not there."""
        if self.patient is None:
            raise HL7Error("消息没有可识别的患者（PID）。", detail="no patient")
        return self.patient

    def results_follow(self, obr: Segment) -> bool:
        """Whether OBX segments of this OBR come before the next one."""
        segments = self.message.segments
        place = next(i for i, one in enumerate(segments) if one is obr)
        for one in segments[place + 1 :]:
            if one.name == "OBX":
                return True
            if one.name in ("OBR", "ORC", "PID", "FT1"):
                return False
        return False

    def finish(self) -> None:
        """Completes what can only be known at the end. Raises HL7Error where no more than a header came out."""
        for one in self.build.of("Appointment"):
            _fill_participants(one, self.patient)
        for one in self.build.of("DocumentReference"):
            for content in one["content"]:
                if not content["attachment"]:
                    content["attachment"] = {"title": "未附内容"}
        told = [one for one in self.build.entries() if one["resource"]["resourceType"] not in _FRAME]
        if not told:
            raise HL7Error("消息里没有可以转换的内容。", detail=f"{self.message.type}: nothing to convert")
        header = self.build.of("MessageHeader")[0]
        main = [one["resource"] for one in told if one["resource"]["resourceType"] in _FOCUS]
        header["focus"] = [reference(one["resourceType"], one["id"]) for one in main] or [
            reference(told[0]["resource"]["resourceType"], told[0]["resource"]["id"])
        ]


_FRAME = ("MessageHeader", "Organization")
_FOCUS = ("Patient", "Encounter", "Appointment", "DiagnosticReport", "ServiceRequest", "ChargeItem", "Immunization", "MedicationRequest", "DocumentReference")  # fmt: skip


def _endpoint(universal: str, title: str) -> str:
    named = systems.authority("", universal, "")
    return (
        named if named.startswith("urn:oid:") else systems.authority(title, "", "") or "urn:menzhen:unknown"
    )


def _fill_participants(appointment: dict[str, Any], patient: Link | None) -> None:
    actors = appointment.setdefault("participant", [])
    if patient and not any(one["actor"] == patient for one in actors):
        actors.insert(0, {"actor": patient, "status": "accepted"})
    if not actors:
        actors.append({"actor": {"display": "未注明"}, "status": "needs-action"})


def _pid(walk: Walk, pid: Segment) -> None:
    walk.patient = people.patient(walk.build, pid)
    walk.encounter = walk.orc = walk.obr = walk.order = walk.report = None
    if walk.patient:
        walk.noted = walk.patient
        people.mother(walk.build, pid, walk.patient)
        if walk.appointment:
            _fill_participants(walk.build.get(walk.appointment), walk.patient)


def _pd1(walk: Walk, pd1: Segment) -> None:
    if walk.patient:
        people.primary_care(walk.build, pd1, walk.patient)


def _mrg(walk: Walk, mrg: Segment) -> None:
    people.merged(walk.build, mrg, walk.need_patient())


def _nk1(walk: Walk, nk1: Segment) -> None:
    people.related(walk.build, nk1, walk.need_patient())


def _gt1(walk: Walk, gt1: Segment) -> None:
    people.guarantor(walk.build, gt1, walk.need_patient())


def _in1(walk: Walk, in1: Segment) -> None:
    visit.coverage(walk.build, in1, walk.need_patient())


def _pv1(walk: Walk, pv1: Segment) -> None:
    if pv1.text(2) != "N" or pv1.text(19):
        walk.encounter = visit.encounter(walk.build, pv1, walk.trigger, walk.patient)


def _pv2(walk: Walk, pv2: Segment) -> None:
    if walk.encounter:
        visit.more(pv2, walk.build.get(walk.encounter))


def _dg1(walk: Walk, dg1: Segment) -> None:
    link = visit.condition(walk.build, dg1, walk.need_patient(), walk.encounter)
    if link and walk.encounter:
        diagnoses = walk.build.get(walk.encounter).setdefault("diagnosis", [])
        if not any(one["condition"] == link for one in diagnoses):
            diagnoses.append({"condition": link})


def _al1(walk: Walk, al1: Segment) -> None:
    visit.allergy(walk.build, al1, walk.need_patient())


def _pr1(walk: Walk, pr1: Segment) -> None:
    visit.procedure(walk.build, pr1, walk.need_patient(), walk.encounter)


def _orc(walk: Walk, orc: Segment) -> None:
    walk.orc, walk.obr, walk.report, walk.medication, walk.immunization = orc, None, None, None, None


def _obr(walk: Walk, obr: Segment) -> None:
    walk.place += 1
    walk.obr, walk.report = obr, None
    walk.order = orders.service_request(walk.build, obr, walk.orc, walk.place, walk.patient, walk.encounter)
    if walk.order and walk.priority:
        walk.build.get(walk.order).setdefault("priority", walk.priority)
    walk.priority = None
    if walk.results_follow(obr) or walk.message.type not in ORDER_TYPES:
        walk.report = orders.report(
            walk.build, obr, walk.orc, walk.place, walk.patient, walk.encounter, walk.order
        )
    walk.noted = walk.report or walk.order


def _tq1(walk: Walk, tq1: Segment) -> None:
    """When and how urgently. It stands before its OBR in orders, after it in results."""
    priority = systems.PRIORITY.get(code(tq1.text(9)).upper())
    if walk.obr is None or walk.order is None:
        walk.priority = priority
    elif priority:
        walk.build.get(walk.order).setdefault("priority", priority)


def _rf1(walk: Walk, rf1: Segment) -> None:
    """A referral: an order of its own kind."""
    number = rf1.text(6).strip()
    content = {
        "identifier": [{"value": number}] if number else [],
        "status": "active",
        "intent": "order",
        "code": {"text": rf1.text(3, 2) or rf1.text(3) or "转诊"},
        "subject": walk.patient or {"display": "未注明"},
    }
    walk.noted = walk.build.add("ServiceRequest", f"RF1|{number}", content, own=True)


def _spm(walk: Walk, spm: Segment) -> None:
    link = orders.specimen(walk.build, spm, walk.place, walk.patient, walk.order)
    for one in (walk.order, walk.report):
        if one:
            walk.build.get(one).setdefault("specimen", []).append(link)


def _obx(walk: Walk, obx: Segment) -> None:
    if walk.document:
        _document_part(walk, obx)
        return
    walk.place += 1
    found = orders.attachment(obx)
    if walk.report and found:
        walk.build.get(walk.report).setdefault("presentedForm", []).append(found)
        return
    link = orders.observation(walk.build, obx, walk.place, walk.patient, walk.encounter, walk.order, walk.obr)
    walk.noted = link
    if walk.report:
        walk.build.get(walk.report).setdefault("result", []).append(link)
    elif walk.immunization:
        walk.build.get(link)["partOf"] = [walk.immunization]


def _document_part(walk: Walk, obx: Segment) -> None:
    """What a document consists of: an encapsulated file, or lines of text."""
    assert walk.document is not None
    held = walk.build.get(walk.document)
    made = orders.attachment(obx)
    if made is None:
        lines = "\n".join(one.text(1) for one in obx.repeats(5))
        made = orders.text_attachment(lines) if lines.strip() else None
    if made is None:
        return
    content = held["content"]
    if "data" in content[0]["attachment"] or "url" in content[0]["attachment"]:
        content.append({"attachment": made})
    else:
        content[0]["attachment"] |= made


def _nte(walk: Walk, nte: Segment) -> None:
    text = "\n".join(one.text(1) for one in nte.repeats(3)).strip()
    if not text or walk.noted is None:
        return
    held = walk.build.get(walk.noted)
    kind = held["resourceType"]
    if kind in (
        "Observation",
        "ServiceRequest",
        "ChargeItem",
        "Specimen",
        "Immunization",
        "MedicationRequest",
    ):
        held.setdefault("note", []).append({"text": text})
    elif kind == "DiagnosticReport":
        held["conclusion"] = "\n".join(one for one in (held.get("conclusion", ""), text) if one)
    elif kind == "Appointment":
        held["comment"] = "\n".join(one for one in (held.get("comment", ""), text) if one)


def _sch(walk: Walk, sch: Segment) -> None:
    tq1 = walk.message.first("TQ1")
    walk.appointment = other.appointment(walk.build, sch, walk.trigger, tq1)
    walk.noted = walk.appointment


def _resource(walk: Walk, segment: Segment) -> None:
    """AIS, AIG, AIL, AIP of an appointment."""
    if walk.appointment is None:
        return
    held = walk.build.get(walk.appointment)
    walk.noted = None
    if segment.name == "AIS":
        services = other.concepts(segment, 3)
        held["serviceType"] = held.get("serviceType", []) + services
        return
    found = other.participant(walk.build, segment)
    if found and found not in held.setdefault("participant", []):
        held["participant"].append(found)


def _ft1(walk: Walk, ft1: Segment) -> None:
    accounts = [reference("Account", one["id"]) for one in walk.build.of("Account")]
    walk.noted = other.charge(walk.build, ft1, walk.need_patient(), walk.encounter, accounts)


def _rxa(walk: Walk, rxa: Segment) -> None:
    walk.immunization = other.immunization(walk.build, rxa, walk.orc, walk.need_patient(), walk.encounter)
    walk.noted = walk.immunization


def _rx(walk: Walk, rx: Segment) -> None:
    walk.medication = other.medication_request(walk.build, rx, walk.orc, walk.need_patient(), walk.encounter)
    walk.noted = walk.medication


def _rxr(walk: Walk, rxr: Segment) -> None:
    if link := walk.immunization or walk.medication:
        other.route(rxr, walk.build.get(link))


def _txa(walk: Walk, txa: Segment) -> None:
    walk.document = other.document(walk.build, txa, walk.patient, walk.encounter)
    walk.noted = walk.document


_READERS: dict[str, Callable[[Walk, Segment], None]] = {
    "PID": _pid,
    "PD1": _pd1,
    "MRG": _mrg,
    "NK1": _nk1,
    "GT1": _gt1,
    "IN1": _in1,
    "PV1": _pv1,
    "PV2": _pv2,
    "DG1": _dg1,
    "AL1": _al1,
    "IAM": _al1,
    "PR1": _pr1,
    "ORC": _orc,
    "OBR": _obr,
    "TQ1": _tq1,
    "RF1": _rf1,
    "SPM": _spm,
    "OBX": _obx,
    "NTE": _nte,
    "SCH": _sch,
    "AIS": _resource,
    "AIG": _resource,
    "AIL": _resource,
    "AIP": _resource,
    "FT1": _ft1,
    "RXA": _rxa,
    "RXO": _rx,
    "RXE": _rx,
    "RXR": _rxr,
    "TXA": _txa,
}
