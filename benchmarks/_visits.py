"""Invented visit records for benchmarks, in any number: the hospital of `insight/questions.yml`, enlarged.

DuckDB makes them from hashes of (seed, day, number), so that the same arguments give the same records. The departments,
doctors and rooms that the corpus of questions asks about are among them.
"""

import math
import random
from datetime import date, timedelta
from pathlib import Path

import duckdb

from chinese import holidays
from chinese.holidays import HolidayError
from insight import corpus
from insight.records.schema import COLUMNS

SLOTS = 4096
"""Places that the doctors share out between them; a visit's hash picks one."""
DOCTORS = 480
WEEK = (1.22, 1.10, 1.04, 1.0, 0.98, 0.60, 0.46)
HOLIDAY = 0.20
SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
)
FIRST, SECOND = (
    "文国雅志晓建思海立佳俊秀宏玉子明丽卫春振若启淑家美向静博",
    "静栋琴远岚平燕新宁峰兰伟梅轩哲华东",
)


def days(visits: int, count: int, last: date, seed: int) -> dict[date, int]:
    """Visits of each of `count` days up to `last`, by weekday, holiday and a slow growth; they add up to `visits`."""
    rng = random.Random(seed)
    first = last - timedelta(count - 1)
    weights = {}
    for n in range(count):
        day = first + timedelta(n)
        try:
            worked = holidays.is_workday(day)
            free = holidays.holiday_of(day) is not None and not worked
        except HolidayError:
            worked, free = day.weekday() < 5, False
        kind = HOLIDAY if free else WEEK[min(day.weekday(), 4)] if worked else WEEK[max(day.weekday(), 5)]
        weights[day] = kind * (1 + 0.05 * n / 365) * math.exp(rng.gauss(0, 0.05))
    scale, out, owed = visits / sum(weights.values()), {}, 0.0
    for day, weight in weights.items():
        owed += weight * scale
        out[day] = int(owed)
        owed -= out[day]
    out[last] += visits - sum(out.values())
    return out


def _staff(db: duckdb.DuckDBPyConnection, seed: int) -> None:
    """The table `staff`: slot → campus, department, room, doctor, title, and how long things take there."""
    known, rng = corpus.load(), random.Random(seed)
    doctors = [(name, next(iter(where))) for name, where in known.owners["doctor"].items()]
    departments, taken = known.values["department"], {name for name, _ in doctors}
    while len(doctors) < DOCTORS:
        name = rng.choice(SURNAMES) + rng.choice(FIRST) + rng.choice(SECOND)
        if name not in taken:
            taken.add(name)
            doctors.append((name, rng.choice(departments)))
    rooms = {d: [f"{d}{n + 1}诊室" for n in range(8)] for d in departments}
    people = []
    for name, department in doctors:
        campus = rng.choices(["本部", "东院"], [0.7, 0.3])[0]
        people.append(
            (
                campus, department, rng.choice(rooms[department]), name,
                rng.choice(known.values["doctor_title"]), rng.uniform(700, 2200), rng.uniform(300, 720),
            )
        )  # fmt: skip
    chosen = rng.choices(people, [rng.uniform(0.5, 1.5) for _ in people], k=SLOTS)
    db.execute(
        "CREATE OR REPLACE TEMP TABLE staff(slot BIGINT, campus VARCHAR, department VARCHAR, room VARCHAR, doctor VARCHAR, "
        "title VARCHAR, queue DOUBLE, consult DOUBLE)"
    )
    columns = [
        list(column) for column in zip(*[(slot, *who) for slot, who in enumerate(chosen)], strict=True)
    ]
    db.execute(f"INSERT INTO staff SELECT {', '.join(['unnest(?)'] * len(columns))}", columns)


def _u(number: int) -> str:
    """A number in [0, 1) of a row's own, another for each `number`."""
    return f"((hash(h + {number}) % 1000003) / 1000003.0)"


def _spread(mean: str, width: float, number: int) -> str:
    """Seconds around a mean, skewed to the right like a lognormal."""
    return f"({mean} * exp({width} * 2 * ({_u(number)} + {_u(number + 1)} + {_u(number + 2)} - 1.5)))::BIGINT"


_MINUTE = "CASE WHEN place < 0.65 THEN 480 + floor(place / 0.65 * 24) * 10 ELSE 810 + floor((place - 0.65) / 0.35 * 21) * 10 END"
_CHANNEL = (
    f"CASE WHEN {_u(1)} < 0.42 THEN '微信小程序' WHEN {_u(1)} < 0.58 THEN '自助机' WHEN {_u(1)} < 0.76 THEN '窗口' "
    f"WHEN {_u(1)} < 0.92 THEN 'App' ELSE '电话' END"
)
_INSURANCE = (
    "CASE WHEN p % 100 < 46 THEN '城镇职工医保' WHEN p % 100 < 73 THEN '城乡居民医保' WHEN p % 100 < 85 THEN '自费' "
    "WHEN p % 100 < 93 THEN '异地医保' WHEN p % 100 < 97 THEN '商业保险' ELSE '公费医疗' END"
)
_TYPE = (
    f"CASE WHEN title = '主任医师' AND {_u(2)} < 0.12 THEN '特需' WHEN title LIKE '%主任医师' AND {_u(2)} < 0.86 THEN '专家' "
    f"WHEN {_u(2)} < 0.08 THEN '便民' ELSE '普通' END"
)


def _query(seed: int, patients: int) -> str:
    """The records as typed columns, in the order of their appointments."""
    drawn = f"""
        SELECT day, k, h, s.*, hash(h + 90) % {patients} AS patient, hash(hash(h + 90) % {patients} + 7) AS p,
          day::TIMESTAMP + to_seconds(({_MINUTE})::BIGINT * 60) AS due,
          {_CHANNEL} AS channel, {_TYPE} AS visit_type,
          CASE WHEN {_u(3)} < 0.06 THEN 'cancelled' WHEN {_u(3)} < 0.11 THEN 'no_show' ELSE 'completed' END AS status,
          {_spread("queue", 0.5, 10)} AS wait, {_spread("consult", 0.42, 13)} AS seen,
          {_spread("330", 0.55, 16)} AS paying, {_spread("540", 0.45, 19)} AS fetching, {_spread("3200", 0.4, 22)} AS testing,
          ({_u(4)} < 0.68) AS drugs, ({_u(5)} < 0.33) AS lab, {_u(6)} AS gap
        FROM (SELECT *, (k + 0.5) / n AS place, hash(k * 1000003 + epoch(day)::BIGINT + {seed}) AS h
              FROM numbered) LEFT JOIN staff s ON s.slot = h % {SLOTS}"""
    times = """
        SELECT *, status = 'completed' AS done, due - to_seconds((600 + (h % 1800))::BIGINT - 900) AS came FROM drawn"""
    walked = """
        SELECT *, came + to_seconds(wait) AS began, came + to_seconds(wait + seen) AS ended,
          came + to_seconds(wait + seen + paying) AS paid, done AND gap > 0.06 AS whole FROM times"""
    return f"""
        WITH drawn AS ({drawn}), times AS ({times}), walked AS ({walked})
        SELECT 'V' || strftime(day, '%Y%m%d') || lpad(k::VARCHAR, 6, '0') AS visit_id, 'P' || patient AS patient_id,
          campus, department, room AS clinic_room, doctor, title AS doctor_title, visit_type, channel,
          ({_u(30)} < 0.4)::SMALLINT AS first_visit, CASE WHEN p % 2 = 0 THEN '男' ELSE '女' END AS sex,
          ((p // 128) % 90)::SMALLINT AS age, {_INSURANCE} AS insurance, status,
          due - to_seconds(CASE WHEN {_u(31)} < 0.4 THEN 2400 ELSE (86400 * {_u(32)} * 9)::BIGINT + 3600 END) AS booked_at,
          due AS appointment_start,
          CASE WHEN done AND gap > 0.01 THEN came END AS checked_in_at,
          CASE WHEN done THEN began - to_seconds(45) END AS called_at,
          CASE WHEN done AND (gap > 0.02 OR gap < 0.01) THEN began END AS consult_start,
          CASE WHEN whole THEN ended END AS consult_end,
          CASE WHEN whole AND (drugs OR lab) THEN paid END AS paid_at,
          CASE WHEN whole AND lab THEN paid + INTERVAL 9 MINUTE END AS sampled_at,
          CASE WHEN whole AND lab THEN paid + INTERVAL 9 MINUTE + to_seconds(testing) END AS reported_at,
          CASE WHEN whole AND drugs THEN paid + to_seconds(fetching) END AS dispensed_at,
          CASE WHEN done AND gap > 0.035 THEN
            CASE WHEN drugs THEN paid + to_seconds(fetching + 120) WHEN lab THEN paid + INTERVAL 12 MINUTE
            ELSE ended + INTERVAL 2 MINUTE END END AS left_at,
          CASE WHEN done THEN 1500 + (h % 40000)::BIGINT ELSE 1500 END AS fee_total,
          CASE WHEN done AND drugs THEN (h % 19000)::BIGINT ELSE 0 END AS fee_drug,
          CASE WHEN done AND lab THEN (h % 17000)::BIGINT ELSE 0 END AS fee_exam,
          CASE WHEN done AND {_u(33)} < 0.4 THEN 2 + (h // 64 % 4)::SMALLINT END AS satisfaction,
          (done AND {_u(34)} < 0.006)::SMALLINT AS complaint
        FROM walked"""


def write(
    path: Path, visits: int, *, span: int = 1096, last: date = date(2026, 11, 21), seed: int = 7
) -> int:
    """Writes `visits` records of `span` days up to `last` as the CSV of the specification; returns its bytes."""
    db = duckdb.connect(config={"threads": 2, "memory_limit": "1GB"})
    try:
        _staff(db, seed)
        counts = days(visits, span, last, seed)
        # Numbered first: the unnesting runs on one thread, all that follows on both, in the order of the days.
        db.execute(
            "CREATE TEMP TABLE numbered AS SELECT day, n, unnest(range(n)) AS k "
            "FROM (SELECT unnest(?) AS day, unnest(?) AS n)",
            [list(counts), list(counts.values())],
        )
        db.execute(
            f"COPY (SELECT {', '.join(COLUMNS)} FROM ({_query(seed, max(1, visits // 5))})) TO '{path}' "
            "(FORMAT csv, HEADER, TIMESTAMPFORMAT '%Y-%m-%dT%H:%M:%S')"
        )
    finally:
        db.close()
    return path.stat().st_size
