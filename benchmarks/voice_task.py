"""Measures spoken bookings: dialogues that end right in the hospital's books, in voices not trained on, in noise.

Each is a person of their own at the kiosk's socket: a department, a day, one of the times shown, yes. Whoever is not
understood says it again, twice at most at each step, says 上一步 before where something else was understood, 确认 where
another yes did not do, and answers what is read back; nobody taps. Right is a dialogue whose booking is held in the HIS's books with the department, the half-day
and the time that were meant.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from benchmarks._voice_rows import Row
from cli import demo
from tests.support import speech
from tests.support.caller import Caller
from tests.support.processes import Stack
from tests.support.talk import Person, Reply

SERVICES = ["hospital", "cashier", "facade", "journey", "insight", "actions", "bot", "voice", "gateway"]
FIRST_MRN, LAST_MRN = 100_600, 101_800
# Spoken name → the department's own.
DEPARTMENTS = {
    "骨科": "骨科", "皮肤科": "皮肤科", "眼科": "眼科", "消化科": "消化内科", "心内科": "心血管内科", "呼吸内科": "呼吸内科",
    "神经内科": "神经内科", "耳鼻喉科": "耳鼻咽喉科", "口腔科": "口腔科", "内分泌科": "内分泌科", "康复科": "康复科",
    "中医科": "中医科", "肾内科": "肾内科", "泌尿外科": "泌尿外科",
}  # fmt: skip
OPENINGS = ("我要挂号", "挂号", "预约挂号", "我想挂号")
# Spoken day → days from today (a Monday) and half of the day.
DAYS = {
    "明天上午": (1, "am"),
    "后天上午": (2, "am"),
    "后天下午": (2, "pm"),
    "明天下午": (1, "pm"),
    "周四上午": (3, "am"),
}
PLACES = ("第一个", "第二个", "第三个")
ASSENTS = ("确认", "是的", "对", "好的", "可以")
NOON = 12
TRIES = 3


@dataclass
class Wish:
    """What one person wants and how they speak."""

    voice: str
    speed: int
    pitch: int
    opening: str
    department: str
    day: str
    place: str
    assent: str
    decibels: float
    seed: int


@dataclass
class Course:
    """How a dialogue went: the sentences said, those heard at once as they were said, what ended it."""

    wish: Wish
    right: bool = False
    said: int = 0
    at_once: int = 0
    steps: list[str] = field(default_factory=list)
    wrong: str = ""


def wishes(count: int, decibels: float, seed: int) -> list[Wish]:
    """People to be; the same for the same seed."""
    chance = random.Random(seed)
    return [
        Wish(
            voice=speech.VOICES[number % len(speech.VOICES)],
            speed=chance.choice((140, 155, 170, 185)),
            pitch=chance.choice((35, 45, 55, 65)),
            opening=chance.choice(OPENINGS),
            department=chance.choice(list(DEPARTMENTS)),
            day=chance.choice(list(DAYS)),
            place=chance.choice(PLACES),
            assent=chance.choice(ASSENTS),
            decibels=decibels,
            seed=chance.randrange(1 << 30),
        )
        for number in range(count)
    ]


class Speaking:
    """One person's dialogue."""

    def __init__(self, caller: Caller, course: Course) -> None:
        self.caller, self.course, self.wish = caller, course, course.wish

    def step(
        self,
        sentence: str,
        reached: Callable[[Reply], object],
        *,
        astray: Callable[[Reply], object] = lambda reply: False,
        meant: Callable[[str], bool] = lambda text: True,
        instead: str = "",
    ) -> bool:
        """Say it; where it was not understood again, or in other words (`instead`), after 上一步 where it was taken for
        something else (`astray`); affirm or deny what is read back (`meant` judges it)."""
        for again in range(TRIES):
            if again and astray(self.caller.last):
                self.utter("上一步")
            if not self.utter(instead if again and instead else sentence):
                continue
            if "您说的是" in self.caller.last.text and not self.utter(
                "是的" if meant(self.caller.last.text) else "不是"
            ):
                continue
            if reached(self.caller.last):
                return True
        self.course.wrong = f"{sentence} → {self.course.steps[-1]} → {self.caller.last.text[:60]}"
        return False

    def utter(self, sentence: str) -> bool:
        """Whether anything was heard."""
        wish, course = self.wish, self.course
        sound = speech.say(sentence, wish.voice, wish.speed, wish.pitch)
        noisy = speech.in_noise(sound, wish.decibels, wish.seed + course.said)
        course.said += 1
        told = self.caller.listen(noisy)
        course.steps.append(f"{sentence}={told.get('text', '') if told['type'] == 'heard' else told['type']}")
        if told["type"] != "heard":
            return False
        course.at_once += told["text"] == sentence
        while (frame := self.caller._next("reply", "error"))["to"] not in (told["id"], None):
            continue
        self.caller.last = Reply(frame)
        return frame["type"] == "reply"


def department(reply: Reply) -> str:
    return str((reply.slots.get("department") or {}).get("name") or "")


def offered(reply: Reply) -> list[dict[str, Any]]:
    return reply.card("slots")["slots"] if reply.has_card("slots") else []


def talk(caller: Caller, wish: Wish) -> Course:
    """One dialogue to its end."""
    course = Course(wish)
    person = Speaking(caller, course)
    name = DEPARTMENTS[wish.department]
    ahead, half = DAYS[wish.day]
    day = (caller.stack.now() + timedelta(days=ahead)).date().isoformat()

    def of_the_day(reply: Reply) -> bool:
        found = offered(reply)
        return bool(found) and all(
            slot["department"] == name
            and slot["start"].startswith(day)
            and (int(slot["start"][11:13]) < NOON) == (half == "am")
            for slot in found
        )

    asked = (
        person.step(wish.opening, lambda reply: "哪个科" in reply.text)
        and person.step(wish.department, lambda reply: department(reply) == name, astray=department)
        and person.step(
            wish.day,
            of_the_day,
            astray=offered,
            meant=lambda text: wish.day[:2] in text and wish.day[2:] in text,
        )
    )
    if not asked:
        return course
    place = min(PLACES.index(wish.place), len(offered(caller.last)) - 1)
    slot = offered(caller.last)[place]

    def confirmed(reply: Reply) -> bool:
        lines = str(dict(reply.card("confirm")["lines"])) if reply.has_card("confirm") else ""
        return slot["doctor"] in lines and slot["start"][11:16].lstrip("0") in lines

    # Where the hospital takes its time, the news that the place is held comes by itself.
    agreed = person.step(
        PLACES[place],
        confirmed,
        astray=lambda reply: reply.has_card("confirm"),
        meant=lambda text: slot["doctor"] in text,
    ) and person.step(
        wish.assent, lambda reply: reply.has_card("payment") or "锁定" in reply.text, instead="确认"
    )
    if not agreed:
        return course
    if not caller.last.has_card("payment"):
        caller.news()
    course.right = booked(caller, slot)
    course.wrong = "" if course.right else "not in the books as meant"
    return course


def booked(caller: Caller, slot: dict[str, Any]) -> bool:
    """Whether the HIS holds exactly this time for this person, and nothing else. Its slots are numbered by day, room and
    time of day."""
    mrn = caller.who.partition(":")[2]
    answer = httpx.get(caller.stack.hospital_url + "/ledger", params={"mrn": mrn}, timeout=10).json()
    rows = [row for row in answer["appointments"] if row["operator"] == "MENZHEN"]
    day, clock = slot["start"][:10].replace("-", ""), slot["start"][11:16].replace(":", "")
    held = [row["slot"] for row in rows if row["status"] == "HELD"]
    return len(rows) == 1 and len(held) == 1 and held[0].startswith(day) and held[0].endswith(clock)


def run(
    count: int = 60,
    *,
    decibels: float = 10.0,
    seed: int = 20261123,
    stack: Stack | None = None,
    model: str | None = None,
) -> dict[str, Any]:
    """`{"right", "of", "share", "sentences", "heard_at_once", "seconds", "wrong"}`. Starts everything on free ports
    unless it is given a running `stack` with the voice process; takes about two seconds a dialogue."""
    if stack:
        return _measure(stack, wishes(count, decibels, seed))
    with tempfile.TemporaryDirectory(prefix="menzhen-voice-") as folder:
        values: dict[str, Any] = {"voice_model": model} if model else {}
        own = Stack(Path(folder), log_ins_per_minute=100_000, messages_per_minute=100_000, **values)
        with own.active():
            demo.write_staff(own.settings)
        try:
            own.start(SERVICES, seconds=180)
            with own.active():
                asyncio.run(demo.fill(own.settings))
            return _measure(own, wishes(count, decibels, seed))
        finally:
            own.stop()


def rows(count: int = 60, *, decibels: float = 10.0, model: str | None = None) -> Iterator[Row]:
    """One row. `model`: a name or folder in place of the one that is set."""
    found = run(count, decibels=decibels, model=model)
    yield {
        "key": "task",
        "set": f"spoken bookings, noise of {decibels:g} dB",
        "clips": found["of"],
        "right": found["share"],
        "heard_at_once": found["heard_at_once"],
        "sentences": found["sentences"],
    }


def _measure(stack: Stack, people: list[Wish]) -> dict[str, Any]:
    numbers = iter(range(FIRST_MRN, LAST_MRN))
    # The first questions of a day fill caches; speech is measured here.
    with Person(stack, _somebody(stack, numbers)) as early:
        early.say("我想挂明天上午骨科的号")
    began = time.monotonic()
    courses = []
    for wish in people:
        with Caller(stack, _somebody(stack, numbers)) as caller:
            courses.append(talk(caller, wish))
    said = sum(course.said for course in courses)
    right = sum(course.right for course in courses)
    return {
        "right": right,
        "of": len(courses),
        "share": round(right / len(courses), 4),
        "sentences": said,
        "heard_at_once": round(sum(course.at_once for course in courses) / said, 4),
        "seconds": round(time.monotonic() - began, 1),
        "wrong": [{"voice": c.wish.voice, "steps": c.steps, "why": c.wrong} for c in courses if not c.right],
    }


def _somebody(stack: Stack, numbers: Any) -> str:
    """A patient with nothing in the books."""
    for number in numbers:
        answer = httpx.get(stack.hospital_url + "/ledger", params={"mrn": number}, timeout=10).json()
        if not answer["appointments"]:
            return f"patient:{number}"
    raise RuntimeError("no patient left who has booked nothing")


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="menzhen bench voice_task", description=__doc__)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--noise", type=float, default=10.0, help="decibels between speech and noise")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    found = run(options.count, decibels=options.noise)
    if options.json:
        print(json.dumps(found, ensure_ascii=False, indent=1))
        return 0
    print(f"口述挂号办对  {found['right']} / {found['of']}  {found['share']:.1%}")
    print(f"一次听对的句子  {found['heard_at_once']:.1%}，共 {found['sentences']} 句，{found['seconds']} 秒")
    for one in found["wrong"]:
        print(f"  {one['voice']}  {'；'.join(one['steps'])}  {one['why']}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
