"""What the hospital's own staff do: stop a clinic, release a report. Reached through the control port."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select, update

from simulator.hospital import billing, panels, rows
from simulator.hospital.hl7 import segment
from simulator.hospital.refusal import Refused
from simulator.hospital.schema import appointments, sessions, slots

if TYPE_CHECKING:
    from simulator.hospital.app import HospitalProcess


def publish(
    process: "HospitalProcess",
    connection: Connection,
    mrn: str,
    code: str,
    appointment: str,
    values: dict[str, str],
) -> dict[str, Any]:
    """Order, sample and report a panel now for the patient's newest (or that) appointment. Raises Refused."""
    if code not in panels.all_panels():
        raise Refused("NOT_FOUND", "没有这个检验套餐。")
    patient = rows.patient(connection, mrn)
    if patient is None:
        raise Refused("NO_PATIENT")
    query = rows.APPOINTMENT.where(appointments.c.mrn == patient.mrn)
    query = (
        query.where(appointments.c.id == appointment)
        if appointment
        else query.where(appointments.c.status.in_(("BOOKED", "ARRIVED", "FULFILLED")))
    )
    a = connection.execute(query.order_by(slots.c.start.desc())).first()
    if a is None:
        raise Refused("NOT_FOUND", "该患者没有就诊记录，无法出报告。")
    now = process.his.now()
    panel = panels.panel(code)
    unknown = set(values) - {i.code for i in panel.items}
    if unknown:
        raise Refused("BAD_MESSAGE", "检验套餐中没有指定的项目。")
    bill = billing.issue(connection, a, "LAB", [(code, panel.name, 1, panel.price)], now, "control")
    row = rows.bill(connection, bill)
    assert row is not None
    billing.settle(connection, row, f"CONTROL-{bill}", now, "窗口", now, "control")
    number = process.lis.request(a, bill, [code], now)[0]
    process.lis.sampled(a.id, now)
    report = process.lis.report(connection, a, number, now, values)
    return {"report": report, "request": number, "appointment": a.id, "issued": now}


def stop(process: "HospitalProcess", connection: Connection, given: dict[str, Any]) -> dict[str, Any]:
    """Stop a half day's slots, or open them again, and tell it slot by slot. Raises Refused."""
    query = select(sessions)
    if given["slot"]:
        query = query.join(slots, slots.c.session == sessions.c.id).where(slots.c.id == given["slot"])
    elif given["session"]:
        query = query.where(sessions.c.id == given["session"])
    elif given["doctor"] and given["day"]:
        query = query.where(sessions.c.doctor == given["doctor"], sessions.c.day == given["day"])
        if given["part"]:
            query = query.where(sessions.c.part == given["part"])
    else:
        raise Refused("BAD_MESSAGE", "请给出 session、slot，或 doctor 与 day。")
    found = connection.execute(query).all()
    if not found:
        raise Refused("NOT_FOUND", "没有找到该出诊安排。")
    now, opened = process.his.now(), given["open"]
    changed: list[str] = []
    for session in found:
        reason = None if opened else given["reason"]
        connection.execute(update(sessions).where(sessions.c.id == session.id).values(stop_reason=reason))
        connection.execute(
            update(slots).where(slots.c.session == session.id).values(stopped=0 if opened else 1)
        )
        for slot in connection.execute(
            rows.SLOT.where(slots.c.session == session.id).order_by(slots.c.start)
        ).all():
            changed.append(slot.slot)
            body = [*process.his.segments.slot(slot, now)]
            body.insert(1, segment("RGS", {1: 1}))
            process.his.notice(connection, "SIU^S24" if opened else "SIU^S23", body, now)
    affected = connection.scalars(
        select(appointments.c.id).where(appointments.c.slot.in_(changed), appointments.c.status == "BOOKED")
    ).all()
    return {"sessions": [s.id for s in found], "slots": changed, "appointments": list(affected)}
