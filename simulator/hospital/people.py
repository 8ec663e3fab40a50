"""The invented population: names, valid made-up identity numbers, families, phones, insurance. Nobody here exists."""

import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache

import yaml

from simulator.hospital.staff import DATA

COUNT = 2000
FIRST_MRN = 100001
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"


@dataclass(slots=True)
class Person:
    """A patient before he is written. `family` holds (relative's mrn, table 0063 code, Chinese word)."""

    mrn: str
    name: str
    sex: str
    birth_date: date
    id_number: str
    phone: str
    address: str
    insurance: str
    insurance_card: str
    openid: str | None = None
    family: list[tuple[str, str, str]] = field(default_factory=list)


def check_digit(first17: str) -> str:
    """The last character of an identity number, by GB 11643-1999 (ISO 7064 MOD 11-2)."""
    return _CHECK[sum(int(d) * w for d, w in zip(first17, _WEIGHTS, strict=True)) % 11]


def valid_id_number(number: str) -> bool:
    """Whether an 18-character identity number has a real date and the right check character."""
    if len(number) != 18 or not number[:17].isdigit():
        return False
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    return check_digit(number[:17]) == number[17].upper()


def age_on(birth: date, day: date) -> int:
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


@lru_cache
def _names() -> dict:
    return yaml.safe_load((DATA / "names.yml").read_text(encoding="utf-8"))


class Population:
    """2,000 people, about half of them in families; the same for the same seed and day."""

    def __init__(self, seed: int, today: date) -> None:
        self.rng = random.Random(f"people-{seed}")
        self.today = today
        self.people: list[Person] = []
        self._ids: set[str] = set()

    def make(self) -> list[Person]:
        """All people; demo patients are put among them by `demo.people`."""
        while len(self.people) < COUNT:
            if self.rng.random() < 0.22 and len(self.people) < COUNT - 4:
                self._family()
            else:
                self.person(self._age())
        return self.people

    def _age(self) -> int:
        return (
            int(min(93, max(0, self.rng.gauss(46, 21))))
            if self.rng.random() < 0.88
            else self.rng.randint(0, 13)
        )

    def _family(self) -> None:
        rng = self.rng
        age = rng.randint(28, 48)
        father = self.person(age + rng.randint(0, 4), "M")
        mother = self.person(age, "F")
        couple(father, mother)
        for _ in range(rng.choice((1, 1, 2))):
            child = self.person(rng.randint(0, min(14, age - 24)), surname=father.name[0])
            child.phone = mother.phone
            parent(father, child)
            parent(mother, child)

    def person(
        self,
        age: int,
        sex: str = "",
        *,
        surname: str = "",
        name: str = "",
        insurance: str = "",
        openid: str | None = None,
    ) -> Person:
        """One more person of that age; what is not given is drawn."""
        rng, names = self.rng, _names()
        sex = sex or rng.choice("MF")
        birth = self.today - timedelta(days=int(age * 365.25) + rng.randint(1, 364))
        if not name:
            given: list[str] = names["given"][sex]
            cut = names["older"][sex]
            pool = given[:cut] if birth.year < 1975 else given[cut - 6 :]
            name = (surname or rng.choice(names["surnames"])) + rng.choice(pool)
        if not insurance:
            kinds: dict[str, float] = names["insurance"]
            insurance = rng.choices(list(kinds), list(kinds.values()))[0]
            insurance = "居民医保" if age < 18 and insurance == "职工医保" else insurance
        number = len(self.people)
        made = Person(
            mrn=str(FIRST_MRN + number),
            name=name,
            sex=sex,
            birth_date=birth,
            id_number=self._id_number(birth, sex),
            phone=f"1990000{number:04d}",
            address=f"{rng.choice(names['streets'])}{rng.randint(1, 299)}号{rng.randint(1, 30)}幢{rng.randint(1, 18)}0{rng.randint(1, 4)}室",
            insurance=insurance,
            insurance_card=f"YB{FIRST_MRN + number:08d}" if "医保" in insurance else "",
            openid=openid,
        )
        self.people.append(made)
        return made

    def _id_number(self, birth: date, sex: str) -> str:
        while True:
            sequence = self.rng.randrange(10, 990) // 2 * 2 + (sex == "M")
            first = f"{self.rng.choice(_names()['regions'])}{birth:%Y%m%d}{sequence:03d}"
            if first not in self._ids:
                self._ids.add(first)
                return first + check_digit(first)


def couple(one: Person, other: Person) -> None:
    for a, b in ((one, other), (other, one)):
        a.family.append((b.mrn, "SPO", "丈夫" if b.sex == "M" else "妻子"))


def parent(elder: Person, child: Person) -> None:
    elder.family.append((child.mrn, "CHD", "儿子" if child.sex == "M" else "女儿"))
    code, word = ("FTH", "父亲") if elder.sex == "M" else ("MTH", "母亲")
    child.family.append((elder.mrn, code, word))
