"""我的预约、排队、报到: what is booked, where to go, what number."""

from actions import cards, visits
from actions.base import BaseAction, Services, Turn
from actions.hospital import Appointment
from actions.visits import Visits, incomplete, midnight, narrowed, of_family
from actions.words import clock_time, day, half, place, span

STATES = {
    "booked": "已预约",
    "pending": "待付款",
    "arrived": "已签到",
}


class MyAppointments(BaseAction):
    action = "action_my_appointments"
    doing = "查询您的预约"

    async def answer(self, turn: Turn, hospital: Services) -> None:
        person = turn.frame.values.get("person")
        found = await of_family(hospital.fhir(turn.caller.token), turn.caller, midnight(turn.now), person)
        live = [a for a in found.found if a.open]
        chosen = narrowed(live, turn.frame.values)
        turn.end("done")
        warning = incomplete(found.missing)
        if not chosen:
            return self._none(turn, warning, bool(live))
        items = [{**cards.voucher(a), **_changes(a, found, turn)} for a in chosen]
        if len(chosen) == 1:
            text = _sentence(chosen[0], found, turn)
        else:
            text = f"您有 {len(chosen)} 个预约，最近的是{span(chosen[0].start, today=turn.now.date())} {chosen[0].department}。"
        turn.say(warning + text, card={"type": "appointments", "title": "我的预约", "items": items})

    def _none(self, turn: Turn, warning: str, others: bool) -> None:
        if warning:
            return turn.say(
                f"{warning}眼下没有查到预约，请稍后再看一次。", buttons=[{"title": "再查一次我的预约"}]
            )
        if others:
            return turn.say("没有查到符合的预约。", buttons=[{"title": "我的全部预约"}])
        turn.say(
            "您现在没有还没看的预约。要挂号的话，告诉我想看哪个科就行。", buttons=[{"title": "我要挂号"}]
        )


def _sentence(a: Appointment, found: Visits, turn: Turn) -> str:
    who = found.who(a)
    whose = "您" if who in ("", "本人") else who
    number = f"，{a.number}号" if a.number else ""
    where = place(a.campus, a.location, a.room)
    there = f"，请到{where}" if where else ""
    return f"{whose}{STATES.get(a.status, '')}{span(a.start, a.end, turn.now.date())} {a.department} {a.doctor}{number}{there}。"


def _changes(a: Appointment, found: Visits, turn: Turn) -> dict[str, str]:
    """What the buttons 退号 and 改约 of a list say: sentences that name the appointment."""
    if a.status != "booked":
        return {"payload_cancel": "", "payload_change": ""}
    who = found.who(a)
    name = f"{day(a.start).split()[0]}{half(a.start)}{a.department}{a.doctor}的号"
    name = f"{who}{name}" if who not in ("", "本人") else name
    return {"payload_cancel": f"退掉{name}", "payload_change": f"改约{name}"}


class QueueStatus(BaseAction):
    action = "action_queue_status"
    doing = "查询排队情况"

    async def answer(self, turn: Turn, hospital: Services) -> None:
        today = await _today(turn, hospital)
        turn.end("done")
        if not today.found:
            turn.say(
                f"{incomplete(today.missing)}您今天没有预约，所以没有排队。", buttons=[{"title": "我的预约"}]
            )
            return
        for a in today.found:
            number = f"您的号是 {a.number} 号" if a.number else "还没有排队号"
            state = a.stage or STATES.get(a.status, "")
            where = place(a.campus, a.location, a.room)
            turn.say(
                f"{a.department} {a.doctor} {clock_time(a.start)}：{number}，当前状态：{state}。"
                f"请留意{where}门口的叫号屏，{'报到后按号就诊' if a.status == 'booked' else '叫到您再进诊室'}。"
            )


class CheckIn(BaseAction):
    action = "action_check_in"
    doing = "查询今天的预约"

    async def answer(self, turn: Turn, hospital: Services) -> None:
        today = await _today(turn, hospital)
        turn.end("done")
        waiting = [a for a in today.found if a.status == "booked"]
        if any(a.status == "arrived" for a in today.found) and not waiting:
            turn.say("您今天的号已经签到了，请到诊室门口等叫号。", buttons=[{"title": "排到几号了"}])
        elif waiting:
            a = waiting[0]
            turn.say(
                f"请到{place(a.campus, a.location, a.room)}旁的自助机或护士站，出示下面的就诊凭证签到。",
                card={"type": "voucher", **cards.voucher(a)},
            )
        else:
            turn.say(
                f"{incomplete(today.missing)}您今天没有预约，不用签到。", buttons=[{"title": "我要挂号"}]
            )


async def _today(turn: Turn, hospital: Services) -> Visits:
    start = midnight(turn.now)
    found = await of_family(
        hospital.fhir(turn.caller.token), turn.caller, start, turn.frame.values.get("person")
    )
    kept = [a for a in found.found if a.start.date() == start.date() and a.status in ("booked", "arrived")]
    return visits.Visits(kept, found.missing, found.whose)
