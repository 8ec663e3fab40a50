"""The patient index: find, register, change, merge."""

from typing import Any

from sqlalchemy import Connection, Row, or_, select, update

from simulator.hospital import people, rows, schema
from simulator.hospital.his import His
from simulator.hospital.hl7 import Segment, from_hl7, segment, to_hl7
from simulator.hospital.refusal import Refused
from simulator.hospital.schema import patients

FIRST = 200001
"""Numbers of people who register while the clinic runs."""
_TYPES = {"MR": "mrn", "NI": "id_number", "WX": "openid", "HC": "insurance_card"}
_NULL = '""'


def read_pid(pid: Segment) -> dict[str, str]:
    """The fields of a PID as columns; empty ones are left out, `""` clears. Raises Unreadable."""
    found: dict[str, str] = {}
    for repetition in pid.repetitions(3):
        value = repetition[0].strip()
        kind = repetition[4].strip() if len(repetition) > 4 else ""
        if value:
            found.setdefault(_TYPES.get(kind, "" if kind else _guess(value)), value)
    found.pop("", None)
    simple = {"name": pid.get(5), "sex": pid.get(8), "address": pid.get(11), "phone": pid.get(13)}
    if pid.get(5, 2) and pid.get(5, 2) != pid.get(5):
        simple["name"] = pid.get(5) + pid.get(5, 2)
    if pid.get(7):
        simple["birth_date"] = from_hl7(pid.get(7))[:10]
    found |= {k: v for k, v in simple.items() if v}
    if pid.get(19):
        found.setdefault("id_number", pid.get(19))
    if "id_number" in found:
        found["id_number"] = found["id_number"].upper()
    return found


def _guess(value: str) -> str:
    """What an identifier without type is: real systems leave the type out."""
    return "id_number" if len(value) == 18 and value[:17].isdigit() else "mrn"


class Registry:
    """People known to the hospital."""

    def __init__(self, his: His) -> None:
        self.his = his

    def find(self, connection: Connection, criteria: dict[str, str]) -> list[Row[Any]]:
        """Everyone whom all criteria fit (`PID.3.1`, `PID.5`, …), merged records replaced by the surviving one."""
        columns = {"PID.5": "name", "PID.5.1": "name", "PID.8": "sex", "PID.13": "phone", "PID.13.1": "phone"}
        query = select(patients.c.mrn)
        for key, value in criteria.items():
            if key in ("PID.3", "PID.3.1", "PID.19", "PID.19.1"):
                ids = [c for n, c in patients.c.items() if n in _TYPES.values()]
                query = query.where(or_(*(c == value for c in ids), patients.c.id_number == value.upper()))
            elif key in ("PID.7", "PID.7.1"):
                query = query.where(patients.c.birth_date == from_hl7(value)[:10])
            elif key in columns:
                query = query.where(patients.c[columns[key]] == value)
            else:
                raise Refused("BAD_MESSAGE", "不支持的查询条件。", detail="unknown criterion")
        found: dict[str, Row[Any]] = {}
        for mrn in connection.scalars(query.order_by(patients.c.mrn).limit(50)):
            row = rows.patient(connection, mrn)
            if row is not None:
                found[row.mrn] = row
        return list(found.values())

    def register(self, connection: Connection, given: dict[str, str], who: str) -> Row[Any]:
        """A new person, or the known one with that identity number. Raises Refused."""
        now = self.his.now()
        number = given.get("id_number", "")
        if not given.get("name"):
            raise Refused("BAD_MESSAGE", "建档需要姓名。")
        if number and not people.valid_id_number(number):
            raise Refused("BAD_MESSAGE", "身份证号校验不通过，请核对后重试。")
        known = self.find(connection, {"PID.19": number}) if number else []
        if known:
            if known[0].name != given["name"]:
                raise Refused("DUPLICATE", "该证件号已建档且姓名不一致，请到人工窗口核实。")
            openid = given.get("openid")
            if openid and not known[0].openid:
                return self.change(connection, known[0].mrn, {"openid": openid}, who)
            return known[0]
        if number:
            given.setdefault("birth_date", f"{number[6:10]}-{number[10:12]}-{number[12:14]}")
            given.setdefault("sex", "M" if int(number[16]) % 2 else "F")
        if not given.get("birth_date") or given.get("sex") not in ("M", "F"):
            raise Refused("BAD_MESSAGE", "建档需要出生日期和性别。")
        self._openid_free(connection, given.get("openid"), "")
        mrn = str(rows.next_number(connection, "mrn", start=FIRST))
        columns = {k: given.get(k) for k in ("name", "sex", "birth_date", "phone", "address", "openid")}
        connection.execute(
            patients.insert().values(
                mrn=mrn,
                id_number=number or None,
                insurance_card=given.get("insurance_card"),
                insurance="职工医保" if given.get("insurance_card") else "自费",
                registered_at=now,
                **columns,
            )
        )
        self._enter(connection, mrn, "", "REGISTERED", who, now)
        row = rows.patient(connection, mrn)
        assert row is not None
        self.his.tell_patient(connection, "A28", row, now)
        return row

    def change(self, connection: Connection, mrn: str, given: dict[str, str], who: str) -> Row[Any]:
        """Change phone, address, name, WeChat account or insurance card; `""` clears. Raises Refused."""
        now, row = self.his.now(), rows.patient(connection, mrn)
        if row is None:
            raise Refused("NO_PATIENT")
        allowed = ("name", "phone", "address", "openid", "insurance_card", "birth_date", "sex")
        values = {k: None if v == _NULL else v for k, v in given.items() if k in allowed}
        if any(values.get(k, "") is None for k in ("name", "birth_date", "sex")):
            raise Refused("BAD_MESSAGE", "姓名、出生日期和性别不能清空。")
        if values.get("sex", "M") not in ("M", "F"):
            raise Refused("BAD_MESSAGE", "性别只能是 M 或 F。")
        if given.get("id_number", row.id_number) != row.id_number:
            raise Refused("BAD_MESSAGE", "证件号不能线上修改，请到人工窗口办理。")
        self._openid_free(connection, values.get("openid"), row.mrn)
        values = {k: v for k, v in values.items() if v != getattr(row, k)}
        if not values:
            return row
        connection.execute(update(patients).where(patients.c.mrn == row.mrn).values(**values))
        self._enter(connection, row.mrn, "REGISTERED", "CHANGED " + " ".join(sorted(values)), who, now)
        row = rows.patient(connection, row.mrn)
        assert row is not None
        self.his.tell_patient(connection, "A08", row, now)
        return row

    def merge(self, connection: Connection, surviving: str, old: str, who: str) -> Row[Any]:
        """Two records were of one person: everything of `old` moves to `surviving` (ADT^A40). Raises Refused."""
        now = self.his.now()
        keep, gone = rows.patient(connection, surviving), rows.patient(connection, old)
        if keep is None or gone is None or keep.mrn == gone.mrn:
            raise Refused("NO_PATIENT", "没有找到要合并的两份档案。")
        for table in (schema.appointments, schema.bills):
            connection.execute(update(table).where(table.c.mrn == gone.mrn).values(mrn=keep.mrn))
        connection.execute(
            update(patients).where(patients.c.mrn == gone.mrn).values(merged_into=keep.mrn, openid=None)
        )
        if gone.openid and not keep.openid:
            connection.execute(update(patients).where(patients.c.mrn == keep.mrn).values(openid=gone.openid))
        self._enter(connection, gone.mrn, "REGISTERED", f"MERGED {keep.mrn}", who, now)
        keep = rows.patient(connection, surviving)
        assert keep is not None
        body = [
            segment("EVN", {1: "A40", 2: to_hl7(now)}),
            self.his.segments.pid(keep),
            segment("MRG", {1: (gone.mrn, None, None, "HIS", "MR")}),
        ]
        self.his.notice(connection, "ADT^A40", body, now)
        return keep

    def _openid_free(self, connection: Connection, openid: str | None, mrn: str) -> None:
        taken = openid and connection.scalar(
            select(patients.c.mrn).where(patients.c.openid == openid, patients.c.mrn != mrn)
        )
        if taken:
            raise Refused("DUPLICATE", "该微信已绑定其他就诊人。")

    def _enter(self, connection: Connection, mrn: str, before: str, after: str, who: str, now: str) -> None:
        rows.enter(
            connection,
            time=now,
            who=who,
            entity="patient",
            id=mrn,
            mrn=mrn,
            before=before,
            after=after,
        )
