"""出诊、号源查询: who sees patients when, places left, fee, stopped clinics."""

from datetime import timedelta

from actions import choosing
from actions.base import BaseAction, Json, Services, Turn
from actions.book_appointment import walk_in
from actions.hospital import Slot, slots
from actions.words import WEEKDAYS, day, half, interval

SHOWN = 24
DAYS = 7


class DoctorSchedule(BaseAction):
    action = "action_doctor_schedule"
    doing = "查询出诊和号源"

    async def answer(self, turn: Turn, hospital: Services) -> None:
        fhir = hospital.fhir(turn.caller.token)
        place = await choosing.place_of(turn, fhir)
        if place is None:
            turn.clear("department")
            return turn.end("next")
        if walk_in(turn, place):
            return
        wish = choosing.wish_of(turn)
        if turn.frame.has("date"):
            start, end = interval(turn.frame.values["date"])
            start = max(start, turn.now.replace(hour=0, minute=0, second=0, microsecond=0))
        else:
            start, end = turn.now, turn.now + timedelta(days=DAYS)
        everything = await slots(fhir, place.id, start, end, free=False)
        found = [s for s in everything if _asked(s, wish)]
        turn.end("done")
        dated = turn.frame.has("date") and turn.frame.values["date"].get("grain") != "any"
        when = day(start, turn.now.date()) if dated else "最近几天"
        whom = wish.doctor_said or place.name
        absent = ""
        if not found and wish.visit_type:
            # Only the kind of visit is not there: what there is, is told.
            found = [s for s in everything if _asked(s, wish.any_kind())]
            absent = f"没有{choosing.KINDS.get(wish.visit_type, '这种号')}，其他的" if found else ""
            turn.clear("visit_type")
        if not found:
            turn.say(
                f"{when}{whom}没有出诊安排。",
                buttons=[{"title": f"{whom}最近哪天出诊"}, {"title": f"挂{place.name}的号"}],
            )
            return
        rows = schedule_rows(found)
        stopped = [row for row in rows if row["stopped"]]
        left = sum(row["remaining"] for row in rows)
        text = f"{when}{whom}{absent or '的'}出诊安排如下，{f'一共还有 {left} 个号' if left else '号都已经约满了'}。"
        if stopped:
            text += f"其中{stopped[0]['day']}{stopped[0]['part']} {stopped[0]['doctor']}停诊。"
        card = {"type": "schedule", "title": f"{place.name} 出诊安排", "rows": rows[:SHOWN]}
        turn.say(text, card=card, buttons=[{"title": f"挂{whom}的号"}] if left else None)


def _asked(slot: Slot, wish: choosing.Wish) -> bool:
    return (not wish.doctors or slot.doctor in wish.doctors) and (
        not wish.visit_type or slot.visit_type == wish.visit_type
    )


def schedule_rows(found: list[Slot]) -> list[Json]:
    """Rows of the `schedule` card: a doctor's half-day each, with the places left."""
    groups: dict[tuple[str, str, str, str], list[Slot]] = {}
    for slot in found:
        groups.setdefault(
            (slot.start.date().isoformat(), half(slot.start), slot.doctor, slot.visit_type), []
        ).append(slot)
    rows = []
    for (_, part, doctor, _), group in groups.items():
        first = group[0]
        rows.append(
            {
                "doctor": doctor,
                "doctor_title": first.doctor_title,
                "department": first.department,
                "day": f"{first.start.month}月{first.start.day}日 {WEEKDAYS[first.start.weekday()]}",
                "part": part,
                "visit_type": first.visit_type_name,
                "fee_fen": first.fee_fen,
                "remaining": sum(slot.remaining for slot in group if slot.free),
                "stopped": all(slot.stopped for slot in group),
            }
        )
    return rows
