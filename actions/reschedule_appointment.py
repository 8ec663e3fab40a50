"""改约: which appointment → another day or slot of the same kind → confirmation → moved. The old one stays until then."""

from actions import cards, choosing, told
from actions.base import BaseAction, Json, Services, Turn, choose, option
from actions.choosing import SHOWN, Wish
from actions.hospital import Department, Slot, department
from actions.problems import TAKEN, Unavailable, sentence
from actions.words import place as where
from actions.words import span
from connectors.fhir_client import FhirClient


class OfferNewSlots(BaseAction):
    action = "action_offer_new_slots"
    doing = "查询号源"

    async def answer(self, turn: Turn, hospital: Services) -> None:
        a, fhir = turn.frame.values["appointment"], hospital.fhir(turn.caller.token)
        place = await department(fhir, {"code": "", "name": a["department"]})
        if place is None:
            raise Unavailable(detail="department of the appointment unknown")
        wish = choosing.wish_of(turn)
        # The hospital moves an appointment only where the fee stays: another kind is cancelled and booked anew.
        wish = Wish(wish.start, wish.end, wish.doctors, wish.doctor_said, a["visit_type_code"])
        found = [s for s in await choosing.free_slots(fhir, place, wish) if not _same(s, a)]
        if not found or not turn.frame.has("date"):
            return await _other_days(turn, fhir, place, wish, bool(found))
        page = int(turn.frame.values.get("slots_page") or 0)
        shown = found[page * SHOWN : (page + 1) * SHOWN] if page else choosing.varied(found)
        shown = shown or choosing.varied(found)
        options = choosing.slot_options(shown, turn.now)
        more = len(found) > (page + 1) * SHOWN
        if more:
            options.append(
                option(
                    f"more-{page + 1}", "看更多", {"slots_page": page + 1}, ["更多", "换一批"], place=False
                )
            )
        turn.say(
            "可以改到这些时间，选好以前原来的预约一直有效：",
            card=choosing.slots_card(f"{place.name} 改约", shown),
            buttons=[{"title": "看更多", "payload": choose(f"more-{page + 1}")}] if more else None,
        )
        turn.offer(options)


def _same(slot: Slot, appointment: Json) -> bool:
    return slot.start.isoformat() == appointment["start"] and slot.doctor == appointment["doctor"]


async def _other_days(turn: Turn, fhir: FhirClient, place: Department, wish: Wish, any_day: bool) -> None:
    """The half-days with slots of the same kind: no day was said, or none is left on the one that was."""
    a = turn.frame.values["appointment"]
    anywhen = wish.anywhen(turn.now) if any_day or turn.frame.has("date") else wish
    wide = Wish(anywhen.start, anywhen.end, wish.doctors if any_day else frozenset(), "", wish.visit_type)
    found = [s for s in await choosing.free_slots(fhir, place, wide) if not _same(s, a)]
    if not found:
        turn.say(f"{place.name}最近没有可以换的{a['visit_type']}号，原来的预约还在。")
        return turn.end("abandon")
    options, entries = choosing.half_day_options(found, turn.now)
    asked = "您想改到什么时候？" if any_day else "您说的时间没有同类的号了，这些时间有："
    turn.say(asked, card={"type": "options", "title": "可以改到", "options": entries})
    if not any_day:
        turn.clear("date", "doctor")
    turn.offer(options)


class ConfirmReschedule(BaseAction):
    action = "action_confirm_reschedule"
    doing = "核对改约"

    async def answer(self, turn: Turn, hospital: Services) -> None:
        a, slot, today = (
            turn.frame.values["appointment"],
            turn.frame.values["appointment_slot"],
            turn.now.date(),
        )
        lines = [
            ("就诊人", a["who"]),
            ("原来", f"{span(a['start'], a['end'] or None, today)} {a['department']} {a['doctor']}"),
            ("改到", f"{span(slot['start'], slot['end'], today)} {slot['department']} {slot['doctor']}"),
            ("地点", where(slot["campus"], slot.get("location") or "", slot["room"])),
        ]
        turn.say("请核对一下，确认就改：", card=cards.confirm("确认改约", lines))
        turn.end("asked")


class RescheduleAppointment(BaseAction):
    action = "action_reschedule_appointment"
    doing = "改约"
    writes = True

    async def answer(self, turn: Turn, hospital: Services) -> None:
        a, slot = turn.frame.values["appointment"], turn.frame.values["appointment_slot"]
        key = f"{turn.conversation}:{turn.frame.id}:move:{slot['id']}"[-128:]
        done = await hospital.journey.reschedule(
            turn.caller.token, a["id"], slot["id"], key, turn.conversation
        )
        told.remember(turn.conversation, str(done.get("id") or ""), done["status"])
        if done["status"] == "done":
            turn.say("改好了，这是新的就诊凭证。", card={"type": "voucher", **(done.get("voucher") or {})})
            return turn.end("done")
        if done["status"] == "pending":
            turn.say(done.get("message") or "改约申请已提交，办好后会通知您；原来的预约仍然有效。")
            return turn.end("done")
        if done.get("reason") in TAKEN:
            turn.say(f"{sentence(Unavailable(code=done['reason']))}原来的预约还在，再看看别的时间：")
            turn.clear("appointment_slot")
            return turn.end("next")
        turn.say(
            f"没有改成：{done.get('message') or '医院没有受理。'}原来的预约还在。",
            buttons=[{"title": "转人工"}],
        )
        turn.end("abandon")
