"""Choosing a slot: which of many are shown, how they are named, and what is said where there is none."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import yaml

from actions.hospital import Department, Slot, department, slots
from actions.turn import Json, Turn, choose, option
from actions.words import clock_time, day, half, interval, span, yuan
from common.settings import ROOT
from connectors.fhir_client import FhirClient

SHOWN = 8
HORIZON_DAYS = 14
KINDS = {"EXP": "专家号", "VIP": "特需号", "GEN": "普通号", "CON": "便民号"}
_DIGITS = "零一二三四五六七八九十"


@lru_cache
def walk_in_codes() -> frozenset[str]:
    """Departments that see everybody who comes, without booking."""
    path = ROOT / "nlu_data" / "vocabulary" / "departments.yml"
    entries = yaml.safe_load(path.read_text(encoding="utf-8"))["departments"]
    return frozenset(each["code"] for each in entries if each.get("walk_in"))


@dataclass(frozen=True, slots=True)
class Wish:
    """What the person wants of a slot; empty where anything will do."""

    start: datetime
    end: datetime
    doctors: frozenset[str]
    doctor_said: str
    visit_type: str

    def fits(self, slot: Slot) -> bool:
        return (
            (not self.doctors or slot.doctor in self.doctors)
            and (not self.visit_type or slot.visit_type == self.visit_type)
            and slot.start < self.end
            and slot.end > self.start
        )

    def anywhen(self, now: datetime) -> "Wish":
        """The same on any day that can be booked."""
        end = now + timedelta(days=HORIZON_DAYS)
        return Wish(now, end, self.doctors, self.doctor_said, self.visit_type)

    def any_kind(self) -> "Wish":
        """The same with any visit type."""
        return Wish(self.start, self.end, self.doctors, self.doctor_said, "")

    def anyone(self) -> "Wish":
        """The same with any doctor and visit type."""
        return Wish(self.start, self.end, frozenset(), "", "")


def wish_of(turn: Turn) -> Wish:
    """From the frame's values. A day that began counts from now on; without a date, any day that can be booked."""
    now, values = turn.now, turn.frame.values
    start, end = now, now + timedelta(days=HORIZON_DAYS)
    if values.get("date"):
        start, end = interval(values["date"])
        if values["date"].get("grain") in ("hour", "minute", "second") and end - start < timedelta(hours=1):
            # 九点 means the slots about that time.
            end = start + timedelta(hours=1)
    doctor = values.get("doctor") or {}
    names = frozenset(c["name"] for c in doctor.get("candidates") or []) or frozenset(
        [doctor["name"]] if doctor.get("name") else []
    )
    return Wish(
        max(start, now), end, names, str(doctor.get("name") or ""), str(values.get("visit_type") or "")
    )


async def free_slots(fhir: FhirClient, place: Department, wish: Wish) -> list[Slot]:
    """Free slots that fit, by time."""
    if wish.end <= wish.start:
        return []
    return [s for s in await slots(fhir, place.id, wish.start, wish.end) if wish.fits(s)]


def varied(found: Sequence[Slot], count: int = SHOWN) -> list[Slot]:
    """At most `count`, by time, but of every doctor the earliest ones first: a choice, not one doctor's whole morning."""
    by_doctor: dict[tuple[str, str], list[Slot]] = {}
    for slot in found:
        by_doctor.setdefault((slot.doctor, slot.visit_type), []).append(slot)
    picked: list[Slot] = []
    turn = 0
    while len(picked) < min(count, len(found)):
        for queue in by_doctor.values():
            if turn < len(queue) and len(picked) < count:
                picked.append(queue[turn])
        turn += 1
    return sorted(picked, key=lambda s: (s.start, s.doctor))


def slot_options(found: Sequence[Slot], today: datetime) -> list[Json]:
    """What can be chosen, with the words that mean each."""
    return [
        option(
            slot_option(slot),
            f"{slot.doctor} {slot.doctor_title} {span(slot.start, slot.end)} {slot.visit_type_name}号 {yuan(slot.fee_fen)}",
            {"appointment_slot": slot.value()},
            slot_words(slot),
        )
        for slot in found
    ]


def slot_option(slot: Slot) -> str:
    """The option's id: the slot's own, so that a tap on an older list never means another slot."""
    return f"slot-{slot.id}"


def slot_words(slot: Slot) -> list[str]:
    """王长河, 王长河医生, 王医生, 专家, 上午, 9:00, 九点 …"""
    surname = slot.doctor[:1]
    titles = ["医生", "大夫", *(["主任"] if "主任" in slot.doctor_title else [])]
    words = [slot.doctor, *(called + title for called in (slot.doctor, surname) for title in titles)]
    words += [slot.visit_type_name, slot.visit_type_name + "号", half(slot.start)]
    return (
        words + time_words(slot.start) + [day(slot.start).split()[0], day(slot.start).split()[1], slot.campus]
    )


def time_words(when: datetime) -> list[str]:
    """The ways in which a clock time is said: 9:30, 9点半, 九点半."""
    words = [clock_time(when), f"{when.hour}:{when.minute:02d}"]
    hours = {when.hour, when.hour - 12 if when.hour > 12 else when.hour}
    for hour in hours:
        chinese = _DIGITS[hour] if hour <= 10 else "十" + _DIGITS[hour - 10] if hour < 20 else f"{hour}"
        for name in {str(hour), chinese, *(["两"] if hour == 2 else [])}:
            tail = {0: ["点", "点整"], 30: ["点半", "点三十"]}.get(when.minute, [f"点{when.minute}"])
            words += [name + each for each in tail]
    return words


def slots_card(title: str, found: Sequence[Slot]) -> Json:
    cards = [slot.card(choose(slot_option(slot))) for slot in found]
    return {"type": "slots", "title": title, "slots": cards}


def half_days(found: Sequence[Slot]) -> dict[tuple[str, str], list[Slot]]:
    """Slots by (ISO date, 上午/下午/晚上), in order."""
    groups: dict[tuple[str, str], list[Slot]] = {}
    for slot in found:
        groups.setdefault((slot.start.date().isoformat(), half(slot.start)), []).append(slot)
    return groups


def half_day_options(found: Sequence[Slot], now: datetime, count: int = 6) -> tuple[list[Json], list[Json]]:
    """The next half-days with free slots: options of the flow and entries of an `options` card."""
    options: list[Json] = []
    entries: list[Json] = []
    for (date, part), group in list(half_days(found).items())[:count]:
        first = group[0].start
        id = f"day-{date}-{first.hour // 6}"
        title = f"{day(first, now.date())}{part}"
        value = {"start": _bound(first, part, 0), "end": _bound(first, part, 1), "grain": "part"}
        near = {0: "今天", 1: "明天", 2: "后天"}.get((first.date() - now.date()).days, "")
        words = [f"{near}{part}"] if near else []
        words += [f"{first.month}月{first.day}日{part}", f"{first.day}号{part}", day(first).split()[1] + part]
        options.append(option(id, title, {"date": value}, words))
        left = sum(slot.remaining for slot in group)
        cheapest = min(slot.fee_fen for slot in group)
        kinds = "、".join(dict.fromkeys(slot.visit_type_name for slot in group))
        entries.append(
            {
                "id": id,
                "title": title,
                "subtitle": f"{kinds} · {yuan(cheapest)}起",
                "note": f"余{left}",
                "disabled": False,
                "payload": choose(id),
            }
        )
    return options, entries


def _bound(when: datetime, part: str, side: int) -> str:
    hours = {"上午": (0, 12), "下午": (12, 18), "晚上": (18, 24)}[part]
    midnight = when.replace(hour=0, minute=0, second=0, microsecond=0)
    return (midnight + timedelta(hours=hours[side])).isoformat()


async def place_of(turn: Turn, fhir: FhirClient) -> Department | None:
    """The department of the frame; None where it is none of this hospital, or not one alone."""
    value: Any = turn.frame.values.get("department")
    if isinstance(value, dict) and not value.get("code") and value.get("candidates"):
        return None
    return await department(fhir, value)
