"""退号: which appointment → what comes back → confirmation → cancelled."""

from actions import cards, told, visits
from actions.base import BaseAction, Json, Services, Turn
from actions.visits import incomplete, narrowed
from actions.words import clock_time, day, moment, span, yuan


class ChooseAppointment(BaseAction):
    """Which appointment, for 退号 and 改约; one that is clear is taken without asking."""

    action = "action_choose_appointment"
    doing = "查询您的预约"

    async def answer(self, turn: Turn, hospital: Services) -> None:
        changing = turn.frame.flow == "reschedule_appointment"
        verb = "改约" if changing else "退"
        found = await visits.upcoming(turn, hospital.fhir(turn.caller.token))
        warning = incomplete(found.missing)
        if not found.found:
            turn.say(f"{warning}您现在没有可以{verb}的预约。", buttons=[{"title": "我要挂号"}])
            return turn.end("abandon")
        chosen = (
            narrowed(found.found, turn.frame.values) if not changing else narrowed_for_change(turn, found)
        )
        named = any(turn.frame.has(slot) for slot in ("department", "doctor", "date", "person"))
        if len(chosen) == 1 and (named or len(found.found) == 1) and not warning:
            turn.put(appointment=visits.value(chosen[0], found.who(chosen[0])))
            return turn.end("next")
        options = visits.options(found, chosen or found.found, turn.now)
        none = "没有找到您说的那个号。" if not chosen else ""
        turn.say(
            f"{warning}{none}您要{'改' if changing else '退'}哪一个？",
            card=visits.options_card("我的预约", options),
        )
        turn.offer(options)


_TO = ("改到", "改成", "改为", "换到", "换成", "调到", "挪到", "推到", "推迟到", "提前到", "延到", "到", "改")


def narrowed_for_change(turn: Turn, found: visits.Visits) -> list[visits.Appointment]:
    """把周三的号改到周五: the first date is the old appointment's, the second the wish. A single date after 改到 is
    the wish; one before it names the appointment."""
    values = dict(turn.frame.values)
    wish = values.pop("date", None)
    dates = [e for e in turn.entities if e.get("entity") == "date_time" and not e.get("negated")]
    old = None
    if len(dates) >= 2:
        old, wish = dates[0]["value"], dates[-1]["value"]
    elif dates and not any(turn.text[: dates[0].get("start", 0)].endswith(to) for to in _TO):
        left = narrowed(found.found, {**values, "date": dates[0]["value"]})
        if left:
            old, wish = dates[0]["value"], None
    if wish is None:
        turn.clear("date")
    elif wish != turn.frame.values.get("date"):
        turn.put(date=wish)
    return narrowed(found.found, {**values, **({"date": old} if old else {})})


class ConfirmCancellation(BaseAction):
    action = "action_confirm_cancellation"
    doing = "核对预约"

    async def answer(self, turn: Turn, hospital: Services) -> None:
        a = turn.frame.values["appointment"]
        deadline = moment(a["cancel_deadline"]) if a["cancel_deadline"] else None
        if deadline and turn.now > deadline:
            turn.say(
                f"{span(a['start'], today=turn.now.date())} {a['department']}的号要在 {day(deadline)} {clock_time(deadline)} 前退，"
                "现在已经过了时间，不能在这里退了。请联系医院窗口，或者转人工。",
                buttons=[{"title": "转人工"}],
            )
            return turn.end("abandon")
        refund = f"挂号费 {yuan(a['fee_fen'])} 会原路退回" if a["fee_fen"] else "这个号没有收费"
        lines = [
            ("就诊人", a["who"]),
            ("科室", a["department"]),
            ("医生", f"{a['doctor']} {a['visit_type']}号"),
            ("时间", span(a["start"], a["end"] or None, turn.now.date())),
            ("退款", refund),
        ]
        turn.say("确定要退这个号吗？退了以后号就让给别人了。", card=cards.confirm("确认退号", lines))
        turn.end("asked")


class CancelAppointment(BaseAction):
    action = "action_cancel_appointment"
    doing = "退号"
    writes = True

    async def answer(self, turn: Turn, hospital: Services) -> None:
        a = turn.frame.values["appointment"]
        key = f"{turn.conversation}:{turn.frame.id}:cancel:{a['id']}"[-128:]
        done = await hospital.journey.cancel(turn.caller.token, a["id"], key, turn.conversation)
        say_cancelled(turn, done, f"{span(a['start'], today=turn.now.date())} {a['department']}")


def say_cancelled(turn: Turn, done: Json, what: str) -> None:
    """What is said about a cancellation by its state."""
    told.remember(turn.conversation, str(done.get("id") or ""), done["status"])
    if done["status"] == "done":
        refund = done.get("refund_fen") or 0
        turn.say(
            done.get("message") or f"{what}的号已经退了。{yuan(refund) + '会原路退回。' if refund else ''}"
        )
        return turn.end("done")
    if done["status"] == "pending":
        turn.say(done.get("message") or "退号申请已提交，办好后会通知您。")
        return turn.end("done")
    turn.say(f"{what}的号没有退成：{done.get('message') or '医院没有受理。'}", buttons=[{"title": "转人工"}])
    turn.end("abandon")
