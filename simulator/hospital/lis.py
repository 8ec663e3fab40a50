"""The simulated LIS: its own database with the vendor's views, and ORU^R01 when a result is out.

The LIS commits by itself, before the HIS does: a step that is done again after a crash writes the same rows again.
"""

import random
from typing import Any

from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, Text, select, text, update
from sqlalchemy.dialects.sqlite import insert

from simulator.database import Database, Prepared
from simulator.hospital import panels, rows
from simulator.hospital.his import His
from simulator.hospital.hl7 import segment, to_hl7

metadata = MetaData()

patients = Table(
    "lis_patient",
    metadata,
    Column("pat_id", String, primary_key=True),
    Column("mrn", String, nullable=False, index=True),
    Column("pat_name", String, nullable=False),
    Column("sex", String, nullable=False),
    Column("birthday", String, nullable=False),
    Column("id_card", String),
)
requests = Table(
    "lis_request",
    metadata,
    Column("req_no", String, primary_key=True),
    Column("pat_id", String, nullable=False, index=True),
    Column("visit_no", String, nullable=False, index=True),
    *(Column(n, String) for n in ("dept_code", "dept_name", "doctor_name", "group_code", "group_name")),
    Column("sample_type", String),
    Column("req_time", String),
    Column("sample_time", String),
    Column("status", Integer, nullable=False),
)
results = Table(
    "lis_result",
    metadata,
    Column("report_no", String, primary_key=True),
    Column("req_no", String, nullable=False, unique=True),
    Column("pat_id", String, nullable=False, index=True),
    *(Column(n, String) for n in ("report_time", "check_time", "report_doctor", "check_doctor", "remark")),
    Column("status", Integer, nullable=False),
)
items = Table(
    "lis_item",
    metadata,
    Column("report_no", String, primary_key=True),
    Column("seq", Integer, primary_key=True),
    *(Column(n, Text) for n in ("item_code", "item_name", "item_en", "loinc", "result", "unit")),
    *(Column(n, Text) for n in ("ref_range", "ref_low", "ref_high", "flag")),
    Column("critical", Integer, nullable=False),
)
_VIEWS = {"V_LIS_PATIENT": patients, "V_LIS_REQUEST": requests, "V_LIS_RESULT": results, "V_LIS_ITEM": items}
_STAFF = ("柏青", "卞雪松", "祁连", "应如是")


class Lis:
    """Requests, samples, reports."""

    def __init__(self, his: His) -> None:
        self.his = his
        self.database = Database(his.directory / "lis.db", metadata)
        with self.database.write() as connection:
            for name, table in _VIEWS.items():
                columns = ", ".join(f"{c.name} AS {c.name.upper()}" for c in table.c)
                connection.execute(
                    text(f"CREATE VIEW IF NOT EXISTS {name} AS SELECT {columns} FROM {table.name}")
                )

    def request(self, a: Any, bill: str, codes: list[str], now: str) -> list[str]:
        """Panels ordered at a visit; `a` is an appointment's row. Returns the request numbers, one a panel."""
        doctor, department = self.his.house.doctors[a.doctor], self.his.house.departments[a.department]
        person = {
            "pat_id": f"L{a.mrn}",
            "mrn": a.mrn,
            "pat_name": a.name,
            "sex": "男" if a.sex == "M" else "女",
            "birthday": a.birth_date,
            "id_card": a.id_number,
        }
        numbers = []
        with self.database.write() as connection:
            _put(connection, patients, person)
            for n, code in enumerate(codes, 1):
                number = f"R{bill[1:]}{n:02d}"
                numbers.append(number)
                panel = panels.panel(code)
                _put(
                    connection,
                    requests,
                    {
                        "req_no": number,
                        "pat_id": person["pat_id"],
                        "visit_no": a.visit,
                        "dept_code": department.code,
                        "dept_name": department.name,
                        "doctor_name": doctor.name,
                        "group_code": code,
                        "group_name": panel.name,
                        "sample_type": panel.sample,
                        "req_time": _spaced(now),
                        "sample_time": None,
                        "status": 0,
                    },
                )
        return numbers

    def sampled(self, appointment: str, now: str) -> None:
        """The samples of a visit were taken."""
        with self.database.write() as connection:
            connection.execute(
                update(requests)
                .where(requests.c.visit_no == f"V{appointment[1:]}", requests.c.status == 0)
                .values(status=1, sample_time=_spaced(now))
            )

    def report_visit(self, connection: Connection, a: Any, now: str) -> None:
        """Report everything sampled at a visit, and tell it (ORU^R01) in the HIS's transaction."""
        with self.database.read() as reading:
            found = reading.execute(
                select(requests).where(requests.c.visit_no == a.visit, requests.c.status.in_((1, 2, 3)))
            ).all()
        for request in found:
            self.report(connection, a, request.req_no, now)

    def report(
        self, connection: Connection, a: Any, number: str, now: str, fixed: dict[str, str] | None = None
    ) -> str:
        """Write the final report of a request and queue its ORU^R01. Returns the report number."""
        with self.database.read() as reading:
            request = reading.execute(select(requests).where(requests.c.req_no == number)).one()
        rng = random.Random(f"report-{self.his.house.seed}-{number}")
        made = panels.results(request.group_code, a.sex, rows.age(a.birth_date, now), rng, fixed)
        report = f"P{number[1:]}"
        arrows = panels.panel(request.group_code).arrows
        critical = any(r.flag in ("HH", "LL") for r in made)
        doctor, checker = rng.sample(_STAFF, 2)
        with self.database.write() as writing:
            _put(
                writing,
                results,
                {
                    "report_no": report,
                    "req_no": number,
                    "pat_id": request.pat_id,
                    "report_time": _spaced(now),
                    "check_time": _spaced(now),
                    "report_doctor": doctor,
                    "check_doctor": checker,
                    "remark": "危急值已电话通知临床" if critical else "",
                    "status": 2,
                },
            )
            _put(writing, items, *(_item(report, n, r, arrows) for n, r in enumerate(made, 1)))
            writing.execute(update(requests).where(requests.c.req_no == number).values(status=3))
        self._tell(connection, a, request, made, now)
        return report

    def _tell(
        self, connection: Connection, a: Any, request: Any, made: list[panels.Result], now: str
    ) -> None:
        body = [
            self.his.segments.pid(a),
            self.his.segments.pv1(a),
            segment("ORC", {1: "RE", 2: request.req_no}),
            segment(
                "OBR",
                {
                    1: 1,
                    2: request.req_no,
                    4: (request.group_code, request.group_name),
                    7: to_hl7(request.sample_time or request.req_time),
                    16: self.his.segments.doctor(a.doctor),
                    22: to_hl7(now),
                    25: "F",
                },
            ),
        ]
        for n, r in enumerate(made, 1):
            body.append(
                segment(
                    "OBX",
                    {
                        1: n,
                        2: "ST" if r.item.expected else "NM",
                        3: (r.item.code, r.item.name),
                        5: r.value,
                        6: r.item.unit,
                        7: r.reference,
                        8: r.flag or "N",
                        11: "F",
                    },
                )
            )
        fresh = rows.appointment(connection, a.id)
        self.his.notice(connection, "ORU^R01", [*body, self.his.segments.zvs(fresh or a)], now)


def _item(report: str, number: int, r: panels.Result, arrows: bool) -> dict[str, Any]:
    """Vendors mix their marks: some analysers write ↑ ↓ and leave normal results bare, others H, L and N."""
    mark = (
        {"H": "↑", "HH": "↑", "L": "↓", "LL": "↓", "A": "↑"} if arrows else {"HH": "H", "LL": "L", "A": "H"}
    )
    return {
        "report_no": report,
        "seq": number,
        "item_code": r.item.code,
        "item_name": r.item.name,
        "item_en": r.item.en,
        "loinc": r.item.loinc,
        "result": r.value,
        "unit": r.item.unit,
        "ref_range": r.reference,
        "ref_low": r.low,
        "ref_high": r.high,
        "flag": mark.get(r.flag, r.flag) or ("" if arrows else "N"),
        "critical": int(r.flag in ("HH", "LL")),
    }


def _upsert(table: Table) -> Prepared:
    statement = insert(table)
    keys = [c.name for c in table.primary_key]
    rest = {c.name: statement.excluded[c.name] for c in table.c if c.name not in keys}
    return Prepared(
        statement.on_conflict_do_update(index_elements=keys, set_=rest), [c.name for c in table.c]
    )


_UPSERT = {table: _upsert(table) for table in _VIEWS.values()}


def _put(connection: Connection, table: Table, *values: dict[str, Any]) -> None:
    """Insert rows, or write over those with the same key."""
    _UPSERT[table].many(connection, list(values))


def _spaced(moment: str) -> str:
    """`2026-11-22 09:30:00`, as the vendor writes it."""
    return moment.replace("T", " ")
