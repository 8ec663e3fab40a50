"""The hospital's house: campuses, departments, doctors and the weekly schedule, read from data/departments.yml."""

import random
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from common.errors import SettingsError

DATA = Path(__file__).parent / "data"
GENERAL, EXPERT, SPECIAL, CONVENIENCE = "GEN", "EXP", "VIP", "CON"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Campus(_Strict):
    name: str
    building: str


class VisitType(_Strict):
    name: str
    fee: int


class Department(_Strict):
    """A department as the file has it; `queue` and `consult` are typical minutes."""

    code: str
    name: str
    aliases: tuple[str, ...] = ()
    parent: str = ""
    floor: dict[str, str]
    rooms: dict[str, int]
    phone: str
    introduction: str
    walk_in: bool = False
    load: float = 0
    queue: float = 10
    consult: float = 7
    weekend: bool = False
    drugs: float = 0.5
    lab: float = 0.2
    east: int = 0
    sex: str = ""
    min_age: int = 0
    max_age: int = 120
    specialities: tuple[str, ...] = ()
    panels: tuple[str, ...] = ()
    doctors: tuple[str, ...] = ()

    def takes(self, sex: str, age: int) -> bool:
        """Whether a person of this sex (M, F) and age is seen here."""
        return self.sex in ("", sex) and self.min_age <= age <= self.max_age

    def room(self, campus: str, number: int) -> str:
        """`骨科1诊室`, `东院骨科1诊室`."""
        return f"{'东院' if campus == 'EAST' else ''}{self.name}{number}诊室"


class _File(_Strict):
    hospital: str
    campuses: dict[str, Campus]
    titles: dict[str, str]
    visit_types: dict[str, VisitType]
    departments: tuple[Department, ...]


@dataclass(frozen=True, slots=True)
class Doctor:
    """`pace`: how long this doctor takes, 1 being usual; `charm` moves the patients' satisfaction."""

    code: str
    name: str
    sex: str
    title: str
    title_code: str
    department: str
    speciality: str
    campus: str
    visit_types: tuple[str, ...]
    pace: float
    charm: float


@dataclass(frozen=True, slots=True)
class Template:
    """A half day that a doctor sits every week. `weekday` 0 is Monday, `part` AM or PM."""

    doctor: str
    weekday: int
    part: str
    campus: str
    room: str
    visit_type: str


class Hospital:
    """Everything about the house that does not change from day to day. Depends on the seed only in the roster."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        file = _read(DATA / "departments.yml")
        self.name = file.hospital
        self.campuses = file.campuses
        self.titles = file.titles
        self.visit_types = file.visit_types
        self.departments = {d.code: d for d in file.departments}
        self.doctors = {d.code: d for d in self._doctors()}
        self.templates = self._templates()

    def location(self, department: str, campus: str) -> str:
        """`本部门诊楼3层D区`."""
        floor = self.departments[department].floor.get(campus, "")
        return floor if floor.startswith(("急诊", "门诊")) else f"{self.campuses[campus].building}{floor}"

    def _doctors(self) -> list[Doctor]:
        found: list[Doctor] = []
        for department in self.departments.values():
            for i, line in enumerate(department.doctors):
                name, sex, title = line.split()
                number = len(found) + 1
                rng = random.Random(f"doctor-{number}")
                found.append(
                    Doctor(
                        code=f"D{number:03d}",
                        name=name,
                        sex=sex,
                        title=title,
                        title_code=self.titles[title],
                        department=department.code,
                        speciality=department.specialities[i % len(department.specialities)],
                        campus="EAST" if i >= len(department.doctors) - department.east else "MAIN",
                        visit_types=_visit_types(title, i),
                        pace=rng.lognormvariate(0, 0.18),
                        charm=rng.gauss(0, 0.12),
                    )
                )
        return found

    def _templates(self) -> list[Template]:
        """Who sits when. A room holds one doctor in a half day; every department is open on working days."""
        found: list[Template] = []
        for department in self.departments.values():
            doctors = [d for d in self.doctors.values() if d.department == department.code]
            for weekday in range(7):
                for part in ("AM", "PM"):
                    rng = random.Random(f"roster-{self.seed}-{department.code}-{weekday}-{part}")
                    for campus, rooms in department.rooms.items():
                        sitting = _sitting(doctors, department, weekday, part, campus, rooms, rng)
                        for number, doctor in enumerate(sitting, 1):
                            room = department.room(campus, number)
                            visit_type = _session_type(doctor, weekday, part, rng)
                            found.append(Template(doctor.code, weekday, part, campus, room, visit_type))
        return found


def _visit_types(title: str, rank: int) -> tuple[str, ...]:
    if title == "主任医师":
        return (EXPERT, SPECIAL) if rank == 0 else (EXPERT,)
    if title == "副主任医师":
        return (EXPERT, GENERAL)
    return (GENERAL,) if title == "主治医师" else (GENERAL, CONVENIENCE)


def _sitting(
    doctors: list[Doctor],
    department: Department,
    weekday: int,
    part: str,
    campus: str,
    rooms: int,
    rng: random.Random,
) -> list[Doctor]:
    """The doctors of this half day, at least one who gives general numbers while the department is open."""
    here = [d for d in doctors if d.campus == campus]
    juniors = [d for d in here if GENERAL in d.visit_types and d.title != "副主任医师"] or here
    if weekday < 5:
        chance = {"主任医师": 0.34, "副主任医师": 0.5, "主治医师": 0.6, "住院医师": 0.62}
        # The general clinic is kept by a fixed rota, so that it is open every half day.
        duty = juniors[(weekday * 2 + (part == "PM")) % len(juniors)]
        chosen = [d for d in here if d is not duty and rng.random() < chance[d.title]]
        return sorted([duty, *chosen][:rooms], key=lambda d: d.code)
    open_now = (weekday == 5 and part == "AM") or department.weekend
    if not open_now or (campus == "EAST" and (weekday == 6 or part == "PM")):
        return []
    duty = juniors[weekday % len(juniors)]
    extra = [d for d in here if d is not duty and weekday == 5 and part == "AM" and rng.random() < 0.2]
    return sorted([duty, *extra][: max(1, rooms - 1)], key=lambda d: d.code)


def _session_type(doctor: Doctor, weekday: int, part: str, rng: random.Random) -> str:
    if doctor.title == "主任医师":
        return SPECIAL if SPECIAL in doctor.visit_types and rng.random() < 0.12 else EXPERT
    if doctor.title == "副主任医师":
        return EXPERT if rng.random() < 0.85 else GENERAL
    if doctor.title == "住院医师" and part == "PM" and weekday < 5 and rng.random() < 0.12:
        return CONVENIENCE
    return GENERAL


def _read(path: Path) -> _File:
    """Raises SettingsError that says where the file is wrong."""
    try:
        return _File.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, ValidationError) as error:
        raise SettingsError(f"{path.name} 有误：{error}", detail=f"{path.name} does not fit") from None


@lru_cache(maxsize=4)
def hospital(seed: int) -> Hospital:
    return Hospital(seed)
