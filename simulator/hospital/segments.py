"""Rows of the HIS as HL7 segments, by docs/protocols/his-hl7.md."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from simulator.hospital import rows
from simulator.hospital.hl7 import segment, to_hl7
from simulator.hospital.staff import Department, Doctor, Hospital

STAGES = {
    "booked": "待就诊",
    "checked_in": "候诊中",
    "called": "已叫号",
    "consulting": "就诊中",
    "consulted": "待缴费",
    "paid": "已缴费",
    "sampled": "待报告",
    "reported": "报告已出",
    "dispensed": "已取药",
    "left": "已离院",
}


class Segments:
    """Builders of segments; they need the house for names."""

    def __init__(self, hospital: Hospital) -> None:
        self.hospital = hospital

    def department(self, code: str) -> tuple[str, str]:
        return code, self.hospital.departments[code].name

    def doctor(self, code: str) -> tuple[str, str]:
        return code, self.hospital.doctors[code].name

    def zdp(self, d: Department) -> str:
        campus = next(iter(d.floor))
        places = "；".join(self.hospital.location(d.code, c) for c in d.floor)
        return segment(
            "ZDP",
            {
                1: d.code,
                2: d.name,
                3: (campus, self.hospital.campuses[campus].name),
                4: places,
                5: d.parent,
                6: d.phone,
                7: d.introduction,
                8: list(d.aliases),
            },
        )

    def zdr(self, d: Doctor) -> str:
        kinds = [(t, self.hospital.visit_types[t].name) for t in d.visit_types]
        return segment(
            "ZDR",
            {
                1: d.code,
                2: d.name,
                3: d.title,
                4: self.department(d.department),
                5: d.sex,
                6: d.speciality,
                7: list(kinds),
            },
        )

    def pid(self, p: Row[Any], number: int = 1) -> str:
        ids: list[Any] = [(p.mrn, None, None, "HIS", "MR")]
        if p.id_number:
            ids.append((p.id_number, None, None, "PRC", "NI"))
        if p.openid:
            ids.append((p.openid, None, None, "WECHAT", "WX"))
        if p.insurance_card:
            ids.append((p.insurance_card, None, None, "YB", "HC"))
        return segment(
            "PID",
            {
                1: number,
                3: ids,
                5: p.name,
                7: to_hl7(p.birth_date),
                8: p.sex,
                11: p.address,
                13: p.phone,
                19: p.id_number,
            },
        )

    def nk1(self, r: Row[Any], number: int) -> str:
        return segment(
            "NK1", {1: number, 2: r.name, 3: (r.relation, r.relation_text, "HL70063"), 12: r.relative}
        )

    def place(self, s: Row[Any]) -> list[str]:
        """AIS, AIP and AIL of a slot or an appointment."""
        doctor = self.hospital.doctors[s.doctor]
        where = f"{s.room}（{self.hospital.location(s.department, s.campus)}）"
        return [
            segment("AIS", {1: 1, 3: (*self.department(s.department), "99HIS")}),
            segment("AIP", {1: 1, 3: (doctor.code, doctor.name), 4: (doctor.title_code, doctor.title)}),
            segment("AIL", {1: 1, 3: (s.room, None, None, s.campus, None, None, None, None, where)}),
        ]

    def sch(self, s: Row[Any], placer: str, filler: str, status: str) -> str:
        minutes = (int(s.end[11:13]) - int(s.start[11:13])) * 60 + int(s.end[14:16]) - int(s.start[14:16])
        return segment(
            "SCH",
            {1: placer, 2: filler, 11: (None, None, minutes, to_hl7(s.start), to_hl7(s.end)), 25: status},
        )

    def zsl(self, s: Row[Any], now: str) -> str:
        status = slot_status(s, now)
        return segment(
            "ZSL",
            {
                1: s.slot,
                2: s.capacity,
                3: s.remaining,
                4: (s.visit_type, self.hospital.visit_types[s.visit_type].name),
                5: s.fee,
                6: (s.campus, self.hospital.campuses[s.campus].name),
                7: s.part,
                8: status,
                9: s.stop_reason if status == "STOPPED" else "",
            },
        )

    def slot(self, s: Row[Any], now: str) -> list[str]:
        """The group of a slot answer: SCH AIS AIP AIL ZSL."""
        return [self.sch(s, "", s.slot, slot_status(s, now)), *self.place(s), self.zsl(s, now)]

    def zap(self, a: Row[Any]) -> str:
        return segment(
            "ZAP",
            {
                1: a.id,
                2: a.status,
                3: a.voucher,
                4: a.queue_number,
                5: to_hl7(a.held_until),
                6: to_hl7(a.booked_at),
                7: a.channel,
                8: a.bill,
                9: to_hl7(a.cancel_deadline),
                10: a.visit,
                11: STAGES.get(a.stage, ""),
            },
        )

    def appointment(self, a: Row[Any], now: str) -> list[str]:
        """The group of an answer: SCH PID AIS AIP AIL ZSL ZAP."""
        return [
            self.sch(a, a.placer, a.id, a.status),
            self.pid(a),
            *self.place(a),
            self.zsl(a, now),
            self.zap(a),
        ]

    def pv1(self, a: Row[Any]) -> str:
        return segment(
            "PV1",
            {
                1: 1,
                2: "O",
                3: (a.room, None, None, a.campus),
                7: self.doctor(a.doctor),
                18: self.hospital.visit_types[a.visit_type].name,
                19: a.visit,
                20: a.insurance,
                44: to_hl7(a.checked_in_at),
                45: to_hl7(a.left_at),
            },
        )

    def zvs(self, a: Row[Any]) -> str:
        """The visit record as management questions read it."""
        values = visit_record(self.hospital, a)
        values[14:25] = [to_hl7(moment) for moment in values[14:25]]
        return segment("ZVS", dict(enumerate(values, 1)))

    def zbl(self, b: Row[Any], items: Sequence[Row[Any]]) -> list[str]:
        head = segment(
            "ZBL",
            {
                1: b.id,
                2: b.mrn,
                3: b.appointment,
                4: b.kind,
                5: b.status,
                6: b.total,
                7: to_hl7(b.issued_at),
                8: self.department(b.department),
                9: b.order_no,
                10: self.doctor(b.doctor),
            },
        )
        return [
            head,
            *(
                segment(
                    "ZBI", {1: b.id, 2: i.no, 3: i.code, 4: i.name, 5: i.quantity, 6: i.price, 7: i.amount}
                )
                for i in items
            ),
        ]


def slot_status(s: Row[Any], now: str) -> str:
    """OPEN, FULL, STOPPED or PAST; a stop outweighs the rest so that its reason is seen."""
    if s.stopped:
        return "STOPPED"
    if s.start <= now:
        return "PAST"
    return "OPEN" if s.remaining > 0 else "FULL"


def visit_record(hospital: Hospital, a: Row[Any]) -> list[Any]:
    """An appointment as a visit record: names as the clinic writes them, ISO times or None, fen."""
    completed = a.visit_status == "completed"
    total = 0 if a.visit_status == "cancelled" else a.fee
    total += a.fee_drug + a.fee_exam + a.fee_other if completed else 0
    doctor = hospital.doctors[a.doctor]
    return [
        a.visit,
        rows.pseudonym(a.mrn),
        hospital.campuses[a.campus].name,
        hospital.departments[a.department].name,
        a.room,
        doctor.name,
        doctor.title,
        hospital.visit_types[a.visit_type].name,
        a.channel,
        a.first_visit,
        "男" if a.sex == "M" else "女",
        rows.age(a.birth_date, a.start),
        a.insurance,
        a.visit_status,
        a.booked_at or a.held_at,
        a.start,
        a.checked_in_at,
        a.called_at,
        a.consult_start,
        a.consult_end,
        a.paid_at,
        a.sampled_at,
        a.reported_at,
        a.dispensed_at,
        a.left_at,
        total,
        a.fee_drug if completed else 0,
        a.fee_exam if completed else 0,
        a.satisfaction,
        a.complaint,
    ]
