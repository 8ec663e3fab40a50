"""A larger invented hospital for the judge: 24 departments, two campuses, more than a year, events hidden in it.

Deterministic by seed; every person is invented. `build` also tells what was hidden.
"""

import math
import random
from datetime import date, datetime, timedelta
from typing import Any

from insight.records.schema import COLUMNS

END = date(2026, 11, 21)
NOW = datetime(2026, 11, 22, 10, 30)
MAIN, EAST = "本部", "东院"
DEPARTMENTS = [
    "内科",
    "外科",
    "心血管内科",
    "呼吸内科",
    "消化内科",
    "神经内科",
    "内分泌科",
    "肾内科",
    "血液科",
    "风湿免疫科",
    "骨科",
    "泌尿外科",
    "神经外科",
    "胸外科",
    "妇科",
    "产科",
    "儿科",
    "眼科",
    "耳鼻咽喉科",
    "口腔科",
    "皮肤科",
    "中医科",
    "康复科",
    "肿瘤科",
]
ONE_CAMPUS = {"肾内科", "血液科", "风湿免疫科", "神经外科", "胸外科", "肿瘤科"}
TITLES = ("主任医师", "副主任医师", "主治医师", "住院医师")
CHANNELS = {"微信小程序": 40, "自助机": 17, "窗口": 20, "App": 15, "电话": 8}
INSURANCE = {"城镇职工医保": 45, "城乡居民医保": 28, "自费": 12, "异地医保": 8, "商业保险": 4, "公费医疗": 3}
FAMILY = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = [
    "文清",
    "国安",
    "雅宁",
    "志高",
    "晓明",
    "建新",
    "思源",
    "海平",
    "立秋",
    "佳音",
    "俊杰",
    "秀英",
    "宏图",
    "玉洁",
    "子墨",
    "明远",
    "丽娟",
    "卫国",
]
HOURS = {8: 24, 9: 22, 10: 18, 11: 8, 13: 5, 14: 12, 15: 8, 16: 3}
FREE = {
    *(date(2025, 10, d) for d in range(1, 9)),
    *(date(2026, 1, d) for d in range(1, 4)),
    *(date(2026, 2, d) for d in range(15, 24)),
    *(date(2026, 4, d) for d in range(4, 7)),
    *(date(2026, 5, d) for d in range(1, 6)),
    *(date(2026, 6, d) for d in range(19, 22)),
    *(date(2026, 9, d) for d in range(25, 28)),
    *(date(2026, 10, d) for d in range(1, 8)),
}
MAKE_UP = {
    date(2025, 10, 11), date(2026, 1, 4), date(2026, 2, 14), date(2026, 2, 28), date(2026, 5, 9),
    date(2026, 9, 20), date(2026, 10, 10),
}  # fmt: skip


def works(day: date) -> bool:
    """Whether a day is worked, by the State Council's notices for the time of the records."""
    return day in MAKE_UP or (day.weekday() < 5 and day not in FREE)


def staff() -> dict[tuple[str, str], tuple[list[str], list[tuple[str, str]]]]:
    """(campus, department) -> rooms, (doctor, title); the same for every seed."""
    rng, used = random.Random("staff"), set()
    out = {}
    for department in DEPARTMENTS:
        for campus in (MAIN,) if department in ONE_CAMPUS else (MAIN, EAST):
            doctors = []
            for n in range(4 if campus == MAIN else 2):
                name = rng.choice(FAMILY) + rng.choice(GIVEN)
                while name in used:
                    name = rng.choice(FAMILY) + rng.choice(GIVEN)
                used.add(name)
                doctors.append((name, TITLES[min(3, n + rng.randrange(2))]))
            prefix = "" if campus == MAIN else EAST
            rooms = [f"{prefix}{department}{n + 1}诊室" for n in range(3 if campus == MAIN else 2)]
            out[campus, department] = (rooms, doctors)
    return out


class Town:
    """One simulated stretch of days. `facts` has the keys of the development generator's file of facts."""

    def __init__(self, seed: int, days: int = 420, per_day: int = 130) -> None:
        self.days, self.per_day, self.seed = days, per_day, seed
        rng = random.Random(f"town-{seed}")
        self.staff = staff()
        self.size = {d: rng.uniform(0.5, 2.2) for d in DEPARTMENTS}
        self.queue = {d: rng.uniform(14, 38) for d in DEPARTMENTS}
        self.consult = {d: rng.uniform(5, 14) for d in DEPARTMENTS}
        self.pay = {d: rng.uniform(5, 9) for d in DEPARTMENTS}
        self.drug = {d: rng.uniform(40, 260) for d in DEPARTMENTS}
        self.exam = {d: rng.uniform(60, 320) for d in DEPARTMENTS}
        self.liked = {d: rng.uniform(4.0, 4.5) for d in DEPARTMENTS}
        self.missed = {d: rng.uniform(0.03, 0.08) for d in DEPARTMENTS}
        self.given_back = {d: rng.uniform(0.04, 0.1) for d in DEPARTMENTS}
        large = [d for d in DEPARTMENTS if d not in ONE_CAMPUS and d not in ("内科", "外科", "骨科")]
        self.slow, self.unhappy, self.absent = rng.sample(large, 3)
        self.size |= {d: 1.8 for d in (self.slow, self.unhappy, self.absent)}
        monday = END - timedelta(END.weekday() + 7)
        self.outage = (rng.choice([MAIN, EAST]), monday + timedelta(rng.randrange(1, 4)))
        self.slow_from, self.absent_from = monday - timedelta(28), monday - timedelta(7)
        self.unhappy_from, self.unhappy_to = date(2026, 10, 1), date(2026, 10, 31)

    def facts(self) -> dict[str, Any]:
        return {
            "slow_department": {"department": self.slow, "stage": "payment"},
            "satisfaction_dip": {"department": self.unhappy},
            "fewer_visits": {"department": self.absent},
            "outage": {"campus": self.outage[0], "date": self.outage[1].isoformat()},
        }

    def rows(self) -> list[dict[str, Any]]:
        """Visits up to END, and those of NOW's day that have arrived, as they stand then."""
        out = []
        for back in range(self.days - 1, -1, -1):
            day = END - timedelta(back)
            out += self._day(day)
        out += [s for row in self._day(NOW.date()) if (s := _so_far(row)) is not None]
        return out

    def _day(self, day: date) -> list[dict[str, Any]]:
        rng = random.Random(f"{self.seed}-{day}")
        load = self.per_day * (1.3 if works(day) else 0.3 if day in FREE else 0.65) * rng.uniform(0.92, 1.08)
        load *= 1.15 if day.weekday() == 0 else 1
        whole = sum(self.size.values())
        out: list[dict[str, Any]] = []
        for department in DEPARTMENTS:
            share = load * self.size[department] / whole
            if department == self.absent and day >= self.absent_from:
                share *= 0.5
            for _ in range(int(share) + (rng.random() < share % 1)):
                out.append(self._visit(rng, day, department))
        for number, row in enumerate(out):
            row["visit_id"] = f"J{day:%Y%m%d}{number:04d}"
        return out

    def _visit(self, rng: random.Random, day: date, department: str) -> dict[str, Any]:
        campus = MAIN if department in ONE_CAMPUS or rng.random() < 0.68 else EAST
        rooms, doctors = self.staff[campus, department]
        doctor, title = rng.choice(doctors)
        hour = rng.choices(list(HOURS), list(HOURS.values()))[0]
        start = datetime(day.year, day.month, day.day, hour, 10 * rng.randrange(6))
        channel = _pick(rng, CHANNELS)
        ahead = (
            rng.choice([0, 0, 0, 1]) if channel in ("窗口", "自助机") else rng.choice([0, 0, 1, 1, 2, 4, 7])
        )
        chance, status = rng.random(), "completed"
        if chance < self.given_back[department]:
            status = "cancelled"
        elif chance < self.given_back[department] + self.missed[department] * (2 if channel == "电话" else 1):
            status = "no_show"
        senior = title in TITLES[:2]
        kind = "特需" if title == TITLES[0] and rng.random() < 0.12 else "专家" if senior else "普通"
        booked = (
            datetime(day.year, day.month, day.day) - timedelta(ahead) + timedelta(hours=rng.uniform(7, 20))
        )
        row: dict[str, Any] = dict.fromkeys(COLUMNS) | {
            "patient_id": f"P{rng.randrange(self.per_day * 60):06}",
            "campus": campus, "department": department, "clinic_room": rng.choice(rooms), "doctor": doctor,
            "doctor_title": title, "visit_type": "便民" if rng.random() < 0.04 else kind, "channel": channel,
            "first_visit": int(rng.random() < 0.4), "sex": "女" if rng.random() < 0.53 else "男",
            "age": rng.randrange(0, 15) if department == "儿科" else rng.randrange(15, 92),
            "insurance": _pick(rng, INSURANCE), "status": status,
            "booked_at": booked.replace(microsecond=0) if ahead else start - timedelta(minutes=rng.randrange(20, 120)),
            "appointment_start": start, "fee_total": 2500, "fee_drug": 0, "fee_exam": 0, "complaint": 0,
        }  # fmt: skip
        if status == "completed":
            self._seen(rng, row, day, hour)
        return row

    def _seen(self, rng: random.Random, row: dict[str, Any], day: date, hour: int) -> None:
        department = row["department"]
        wait = rng.lognormvariate(math.log(self.queue[department]), 0.5) * (1.4 if hour in (9, 10) else 1)
        if (row["campus"], day) == self.outage:
            wait *= 2.6
        moment = row["appointment_start"] - timedelta(minutes=rng.randrange(0, 30))
        slow = 3.0 if department == self.slow and day >= self.slow_from else 1.0
        steps = [("checked_in_at", 0.0), ("called_at", wait), ("consult_start", 0.7)]
        steps.append(("consult_end", rng.lognormvariate(math.log(self.consult[department]), 0.4)))
        drugs, lab = rng.random() < 0.6, rng.random() < 0.3
        if drugs or lab:
            steps.append(("paid_at", slow * rng.lognormvariate(math.log(self.pay[department]), 0.5)))
        if drugs:
            steps.append(("dispensed_at", rng.lognormvariate(math.log(11), 0.4)))
        steps.append(("left_at", rng.uniform(1, 4)))
        for name, minutes in steps:
            moment += timedelta(seconds=int(60 * minutes) + 1)
            row[name] = moment if rng.random() > 0.02 else None
        if lab and row["paid_at"]:
            row["sampled_at"] = row["paid_at"] + timedelta(minutes=6)
            row["reported_at"] = row["sampled_at"] + timedelta(seconds=int(60 * rng.lognormvariate(4, 0.4)))
        row["fee_drug"] = int(100 * rng.lognormvariate(math.log(self.drug[department]), 0.5)) if drugs else 0
        row["fee_exam"] = int(100 * rng.lognormvariate(math.log(self.exam[department]), 0.5)) if lab else 0
        row["fee_total"] += row["fee_drug"] + row["fee_exam"]
        dip = department == self.unhappy and self.unhappy_from <= day <= self.unhappy_to
        if rng.random() < 0.4:
            row["satisfaction"] = max(
                1, min(5, round(rng.gauss(self.liked[department] - (0.9 if dip else 0), 0.8)))
            )
        row["complaint"] = int(rng.random() < (0.03 if dip else 0.008))


def _pick(rng: random.Random, weights: dict[str, int]) -> str:
    return rng.choices(list(weights), list(weights.values()))[0]


STEPS = (
    "checked_in_at", "called_at", "consult_start", "consult_end", "paid_at", "sampled_at", "reported_at",
    "dispensed_at", "left_at",
)  # fmt: skip


def _so_far(row: dict[str, Any]) -> dict[str, Any] | None:
    """A visit of today as it stands at NOW; None where nobody has come yet."""
    came = row["checked_in_at"] or row["appointment_start"]
    if came > NOW:
        return None
    leave = max((row[name] for name in STEPS if row[name]), default=came)
    if row["status"] == "completed" and leave > NOW:
        row["status"] = "in_progress"
        row |= {"fee_total": 2500, "fee_drug": 0, "fee_exam": 0, "satisfaction": None, "complaint": 0}
    for name in STEPS:
        if row[name] and row[name] > NOW:
            row[name] = None
    return row
