"""预约挂号: department → day → slot → for whom → confirmation → held → paid → voucher."""

from actions import cards, choosing, notices, people, told
from actions.base import BaseAction, Json, Services, Turn, choose, option
from actions.choosing import SHOWN, Wish
from actions.hospital import Department, department, departments
from actions.problems import DOWN, TAKEN, Refused, Unavailable, sentence
from actions.words import clock_time, day, moment, place, span, yuan
from common.errors import MenzhenError

OPEN = ("pending", "held", "paid")
"""States of a booking in which something is still under way."""


def walk_in(turn: Turn, place: Department) -> bool:
    """Says where to go and ends, where a department needs no booking."""
    if place.code not in choosing.walk_in_codes():
        return False
    where = f"在{place.location}" if place.location else ""
    phone = f"，电话 {place.phone}" if place.phone else ""
    turn.say(f"{place.name}不用预约，24小时都可以直接过来，{where}{phone}。情况紧急请直接拨打120。")
    turn.end("abandon")
    return True


class AskDepartment(BaseAction):
    action = "action_ask_department"
    doing = "查询科室"

    async def answer(self, turn: Turn, hospital: Services) -> None:
        value = turn.frame.values.get("department") or {}
        doctor = turn.frame.values.get("doctor") or {}
        if doctor.get("department"):
            found = await department(hospital.fhir(turn.caller.token), doctor["department"])
            if found:
                turn.put(department={"code": found.code, "name": found.name})
                return turn.end("next")
        if value.get("candidates"):
            return _which(turn, value["name"], value["candidates"])
        if doctor.get("candidates"):
            return await _which_doctor(turn, hospital, doctor)
        everyone = await departments(hospital.fhir(turn.caller.token))
        names = [d for d in everyone if d.code not in choosing.walk_in_codes()]
        if value:
            turn.say(f"我们医院没有找到“{value.get('name') or turn.frame.raw.get('department', '')}”。")
            turn.clear("department")
        unknown = doctor.get("name") and not doctor.get("code")
        hint = f"没有找到“{doctor['name']}”，请告诉我他在哪个科。" if unknown else "您想挂哪个科？"
        shown = [d for d in names if d.name in _OFTEN][:SHOWN] or names[:SHOWN]
        options = [
            option(
                f"department-{d.code}",
                d.name,
                {"department": {"code": d.code, "name": d.name}},
                list(d.aliases),
            )
            for d in shown
        ]
        turn.say(
            f"{hint}直接说科室名字就行；不知道挂哪个科，就说说哪里不舒服。",
            card=_options("常看的科室", options),
        )
        turn.offer(options)


_OFTEN = ("内科", "儿科", "骨科", "妇科", "皮肤科", "口腔科", "眼科", "心血管内科", "消化内科")


def _options(title: str, options: list[Json], subtitles: list[str] | None = None) -> Json:
    """An `options` card of options."""
    return {
        "type": "options",
        "title": title,
        "options": [
            {
                "id": each["id"],
                "title": each["title"],
                "subtitle": subtitle,
                "note": "",
                "disabled": False,
                "payload": choose(each["id"]),
            }
            for each, subtitle in zip(options, subtitles or [""] * len(options), strict=True)
        ],
    }


def _which(turn: Turn, said: str, candidates: list[Json]) -> None:
    turn.clear("department")
    options = [
        option(f"department-{c['code']}", c["name"], {"department": c}, [c["name"]]) for c in candidates
    ]
    turn.say(f"“{said}”有这几个科室，您要挂哪一个？", card=_options("选择科室", options))
    turn.offer(options)


async def _which_doctor(turn: Turn, hospital: Services, doctor: Json) -> None:
    """Several doctors of that name: which department?"""
    options: list[Json] = []
    places: list[str] = []
    for each in doctor["candidates"][:SHOWN]:
        place = await department(hospital.fhir(turn.caller.token), each.get("department"))
        values: Json = {"doctor": each}
        if place:
            values["department"] = {"code": place.code, "name": place.name}
        places.append(place.name if place else "")
        title = f"{each['name']} {each.get('title', '')}".strip()
        options.append(option(f"doctor-{each['code']}", title, values, [each["name"], places[-1]]))
    turn.say(f"有好几位“{doctor['name']}”，您要看哪一位？", card=_options("选择医生", options, places))
    turn.offer(options)


class AskDate(BaseAction):
    action = "action_ask_date"
    doing = "查询号源"

    async def answer(self, turn: Turn, hospital: Services) -> None:
        place = await choosing.place_of(turn, hospital.fhir(turn.caller.token))
        if place is None:
            turn.say("请告诉我您想挂哪个科，再看哪天有号。")
            turn.clear("department")
            return turn.end("next")
        if walk_in(turn, place):
            return
        wish = choosing.wish_of(turn)
        found = await choosing.free_slots(hospital.fhir(turn.caller.token), place, wish)
        if not found and (wish.doctors or wish.visit_type):
            return await offer_otherwise(turn, hospital, place, wish)
        if not found:
            turn.say(f"{place.name}最近两周都没有号了。换一个科室，或者过两天再来看看吧。")
            return turn.end("abandon")
        options, entries = choosing.half_day_options(found, turn.now)
        whom = f"{wish.doctor_said}" if wish.doctors else place.name
        turn.say(
            f"您想哪天看{whom}？最近有号的时间如下，也可以直接说，比如“下周三上午”。",
            card={"type": "options", "title": f"{place.name} 可预约时间", "options": entries},
        )
        turn.offer(options)


class OfferSlots(BaseAction):
    action = "action_offer_slots"
    doing = "查询号源"

    async def answer(self, turn: Turn, hospital: Services) -> None:
        await release_held(turn, hospital)
        place = await choosing.place_of(turn, hospital.fhir(turn.caller.token))
        if place is None:
            turn.clear("department")
            return turn.end("next")
        if walk_in(turn, place):
            return
        wish = choosing.wish_of(turn)
        found = await choosing.free_slots(hospital.fhir(turn.caller.token), place, wish)
        if not found:
            return await offer_otherwise(turn, hospital, place, wish)
        page = int(turn.frame.values.get("slots_page") or 0)
        shown = choosing.varied(found) if page == 0 else found[page * SHOWN : (page + 1) * SHOWN]
        shown = shown or choosing.varied(found)
        options = choosing.slot_options(shown, turn.now)
        more = len(found) > (page + 1) * SHOWN
        if more:
            options.append(
                option(
                    f"more-{page + 1}",
                    "看更多",
                    {"slots_page": page + 1},
                    ["更多", "还有别的吗", "换一批"],
                    place=False,
                )
            )
        turn.say(
            f"{_when(shown, turn)}{place.name}有这些号，点一个，或者说“第一个”“最早的”都行：",
            card=choosing.slots_card(f"{place.name} 选择号源", shown),
            buttons=[{"title": "看更多", "payload": choose(f"more-{page + 1}")}] if more else None,
        )
        turn.offer(options)


def _when(shown: list[choosing.Slot], turn: Turn) -> str:
    days = sorted({slot.start.date() for slot in shown})
    return day(days[0], turn.now.date()) if len(days) == 1 else "最近"


async def offer_otherwise(turn: Turn, hospital: Services, place: Department, wish: Wish) -> None:
    """Nothing fits: what comes nearest, first with the same doctor, then in the same department."""
    now, token = turn.now, turn.caller.token
    if wish.end <= now:
        turn.say("您说的时间已经过了。")
    elif wish.start > now.replace(hour=23, minute=59) and (wish.start - now).days >= choosing.HORIZON_DAYS:
        turn.say(f"现在只能预约两周以内的号，{day(wish.start)}的号还没有放出来。")
    else:
        turn.say(f"{_missing(turn, place, wish)}已经没有了。")
    same = await choosing.free_slots(hospital.fhir(token), place, wish.anywhen(now)) if wish.doctors else []
    same = same or await choosing.free_slots(hospital.fhir(token), place, wish.anywhen(now).anyone())
    if not same:
        turn.say(f"{place.name}最近两周都约满了。可以换一个科室，或者过两天再来看看。")
        return turn.end("abandon")
    kept = wish.doctors and any(slot.doctor in wish.doctors for slot in same)
    options, entries = choosing.half_day_options(same, now)
    if not kept:
        # Neither the doctor nor the kind of visit can be had: another choice leaves them open.
        turn.clear("doctor", "visit_type")
    whom = wish.doctor_said if kept else place.name
    turn.messages[-1]["text"] += f"{whom}最近有号的时间是这些，您看哪个合适？"
    turn.messages[-1]["card"] = {"type": "options", "title": f"{place.name} 可预约时间", "options": entries}
    turn.clear("date")
    turn.offer(options)


def _missing(turn: Turn, place: Department, wish: Wish) -> str:
    dated = turn.frame.has("date") and turn.frame.values["date"].get("grain") != "any"
    when = day(wish.start, turn.now.date()) if dated else "最近两周"
    kind = choosing.KINDS.get(wish.visit_type, "")
    return f"{when}{place.name}{wish.doctor_said}的{kind or '号'}"


class AskPatient(BaseAction):
    action = "action_ask_patient"
    doing = "核对就诊人"

    async def answer(self, turn: Turn, hospital: Services) -> None:
        said = turn.frame.values.get("person")
        place = turn.frame.values.get("department") or {}
        child = place.get("name") == "儿科" and bool(people.matching(turn.caller, "CHD"))
        person, why = people.resolve(turn.caller, said or ("CHD" if child else None))
        if person:
            turn.put(patient=person)
            return turn.end("next")
        options = people.options(turn.caller)
        word = people.relation_name(str(said)) if said else ""
        if why == "none":
            text = f"您的账号下还没有绑定{word}。请先到“就诊人”里添加，或者选择："
        else:
            text = "这个号给谁挂？"
        turn.clear("person")
        turn.say(text, card=_options("选择就诊人", options))
        turn.offer(options)


class ConfirmBooking(BaseAction):
    action = "action_confirm_booking"
    doing = "核对预约"

    async def answer(self, turn: Turn, hospital: Services) -> None:
        slot, person = turn.frame.values["appointment_slot"], turn.frame.values["patient"]
        who = "本人" if person["relation"] == people.SELF else people.relation_name(person["relation"])
        lines = [
            ("就诊人", f"{cards.masked(person['name'])}（{who}）"),
            ("科室", slot["department"]),
            ("医生", f"{slot['doctor']} {slot['doctor_title']}"),
            ("号别", f"{slot['visit_type']}号"),
            ("时间", span(slot["start"], slot["end"], turn.now.date())),
            ("地点", place(slot["campus"], slot.get("location") or "", slot["room"])),
            ("费用", yuan(slot["fee_fen"])),
        ]
        turn.say("请核对一下，没问题就点确认：", card=cards.confirm("确认预约", lines))
        turn.end("asked")


class BookAppointment(BaseAction):
    """Holds the slot; called again while the payment is waited for: 付好了, or an event of the booking."""

    action = "action_book_appointment"
    doing = "预约挂号"
    writes = True

    async def answer(self, turn: Turn, hospital: Services) -> None:
        if turn.event and not concerns(turn):
            notices.say(turn)
            return turn.end("wait")
        slot, person = turn.frame.values["appointment_slot"], turn.frame.values["patient"]
        chosen = f"{slot['id']}:{person['id']}"
        if turn.frame.state.get("chosen") not in (None, chosen) and not turn.event:
            await release_held(turn, hospital)
        if id := turn.frame.state.get("booking"):
            booking = await hospital.journey.booking(turn.caller.token, id)
            if booking["status"] == "held" and not turn.event and turn.frame.state.get("status") == "held":
                turn.say("暂时还没有收到付款。付好以后会自动通知您；还没付的话，可以点下面继续付款。")
            return await settle(turn, booking)
        attempt = int(turn.frame.state.get("attempt") or 0)
        key = f"{turn.conversation}:{turn.frame.id}:{attempt}:{slot['id']}"[-128:]
        turn.keep(chosen=chosen)
        try:
            booking = await hospital.journey.book(
                turn.caller.token, slot["id"], person["id"], key, turn.conversation
            )
        except Refused as error:
            booking = {"status": "failed", "reason": error.code, "message": sentence(error)}
        await settle(turn, booking)


def concerns(turn: Turn) -> bool:
    """Whether the pushed event tells of the booking that this frame waits for."""
    data = turn.event.get("data") or {}
    told = data.get("booking") or {}
    return str(turn.event.get("type", "")).startswith("booking.") and (
        not told.get("id") or told["id"] == turn.frame.state.get("booking")
    )


async def settle(turn: Turn, booking: Json) -> None:
    """What is said about a booking by its state, and how the flow goes on."""
    status, id = booking["status"], str(booking.get("id") or "")
    known = bool(turn.event) and told.known(turn.conversation, id, status)
    told.remember(turn.conversation, id, status)
    if status in OPEN:
        turn.keep(booking=id, status=status)
    else:
        turn.keep(booking=None, status=status, attempt=int(turn.frame.state.get("attempt") or 0) + 1)
    if status in OPEN:
        if not known:
            _say_open(turn, booking)
        return turn.end("wait")
    if status == "booked":
        say_voucher(turn, booking)
        return turn.end("done")
    say_not_booked(turn, booking)


def _say_open(turn: Turn, booking: Json) -> None:
    if booking["status"] == "held":
        say_payment(turn, booking)
    elif booking["status"] == "pending":
        turn.say("正在向医院锁定这个号，成功后马上发给您付款的入口，请稍等。")
    else:
        turn.say(booking.get("message") or "已收到您的付款，正在向医院确认。")


def say_payment(turn: Turn, booking: Json) -> None:
    expires = booking.get("expires_at") or ""
    until = f"，请在 {clock_time(moment(expires))} 前付款" if expires else ""
    how = "用手机扫二维码付款" if turn.caller.in_public else "付款"
    turn.say(
        f"号已经为您留住了{until}，{how}后就预约成功。付好后会自动通知您。",
        card=notices.payment_card(turn, booking, "挂号费"),
        buttons=[{"title": "付好了"}, {"title": "算了不挂了"}],
    )


def say_voucher(turn: Turn, booking: Json) -> None:
    turn.say(
        "预约成功！这是您的就诊凭证，就诊当天出示就行。",
        card={"type": "voucher", **(booking.get("voucher") or {})},
    )


def say_not_booked(turn: Turn, booking: Json) -> None:
    """The slot was not had: say why, and go on as the reason allows."""
    reason, message = booking.get("reason") or "", booking.get("message") or ""
    if booking["status"] == "full" or reason in TAKEN:
        turn.say(f"{sentence(Refused(message or None, code=reason or 'SLOT_FULL'))}我再看看别的号：")
        turn.clear("appointment_slot")
        return turn.end("next")
    if reason in DOWN or reason == "":
        raise Unavailable(code=reason or "BACKEND_DOWN", detail=f"booking {booking['status']}")
    if booking["status"] == "released":
        turn.say(
            message or "没有在规定时间内付款，号已经放回去了，没有产生费用。", buttons=[{"title": "重新挂号"}]
        )
        return turn.end("abandon")
    turn.say(f"{sentence(Refused(message or None, code=reason))}这次没有挂上号，没有产生费用。")
    turn.end("abandon")


async def release_held(turn: Turn, hospital: Services) -> None:
    """A slot that is held for this frame goes back before another is chosen."""
    id = turn.frame.state.get("booking")
    if not id:
        return
    await hospital.journey.release(turn.caller.token, id)
    told.remember(turn.conversation, id, "released")
    attempt = int(turn.frame.state.get("attempt") or 0) + 1
    turn.keep(booking=None, status="released", attempt=attempt)


class ReleaseBooking(BaseAction):
    """The flow was cancelled: the hold goes back."""

    action = "action_release_booking"
    doing = "释放号源"
    silent = True

    async def answer(self, turn: Turn, hospital: Services) -> None:
        if not turn.frame.state.get("booking"):
            return
        try:
            await release_held(turn, hospital)
        except MenzhenError:
            # Nothing is lost: an unpaid hold ends by itself.
            turn.say("保留的号会在付款时限到了以后自动释放，不会收费。")
        else:
            turn.say("为您保留的号已经释放，没有产生费用。")
