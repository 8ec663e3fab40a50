"""智能导诊: what is wrong → at most one question → up to three departments with a reason → booking. Never a diagnosis."""

from actions import people, triage_core
from actions.base import BaseAction, Json, Services, Turn, choose, option
from actions.hospital import Department, departments
from actions.triage_core import CHILD_BELOW, Person

DISCLAIMER = "导诊参考，非诊断。病情加重请及时就医，紧急情况请拨打120。"
_NONE = "-"
"""The value of `detail` where nothing needs to be asked."""
_TODAY = "建议今天就看；要是厉害或者在加重，不要等，马上拨打 120 或到急诊科（24 小时开放）。"
_SEX = {"MTH": "female", "FTH": "male", "SON": "male", "DAU": "female", "SIS": "female", "BRO": "male"}


class AskComplaint(BaseAction):
    action = "action_ask_complaint"
    doing = "导诊"

    async def answer(self, turn: Turn, hospital: Services) -> None:
        if turn.intent == "triage" and triage_core.triage(turn.text)["departments"]:
            turn.put(complaint=turn.text)
            return turn.end("next")
        turn.say(
            "请说说哪里不舒服、多久了，比如“头疼三天了”“孩子发烧咳嗽”。我帮您看看挂哪个科（只是导诊参考，不是诊断）。"
        )
        turn.end("asked")


class AskDetail(BaseAction):
    """The one question, where what was said is too vague to choose by."""

    action = "action_ask_detail"
    doing = "导诊"

    async def answer(self, turn: Turn, hospital: Services) -> None:
        asked = triage_core.triage(turn.frame.values["complaint"], _person(turn))["ask"]
        if asked and not turn.frame.state.get("detailed"):
            turn.keep(detailed=True)
            turn.say(asked)
            return turn.end("asked")
        turn.put(detail=_NONE)
        turn.end("next")


class OfferDepartments(BaseAction):
    action = "action_offer_departments"
    doing = "导诊"

    async def answer(self, turn: Turn, hospital: Services) -> None:
        values = turn.frame.values
        said = [values["complaint"], values.get("detail", _NONE)]
        if turn.intent == "triage" and turn.text not in said:
            # Something more that ails: all of it counts.
            said.insert(0, turn.text)
            turn.put(complaint="。".join(s for s in said if s != _NONE))
        found = triage_core.triage("。".join(s for s in said if s != _NONE), _person(turn))
        everyone = await departments(hospital.fhir(turn.caller.token))
        offered, notes = in_this_hospital(found["departments"], everyone)
        if not offered:
            general = next((d for d in everyone if d.name == "内科"), everyone[0])
            offered = [(general, "说得还不够具体，可以先看内科，由医生判断")]
        options = [
            option(
                f"triage-{place.code}",
                place.name,
                {"choice": {"code": place.code, "name": place.name}},
                [place.name, *place.aliases],
            )
            for place, _ in offered
        ]
        entries = [
            {"name": place.name, "reason": why, "payload": choose(f"triage-{place.code}")}
            for place, why in offered
        ]
        today = _TODAY if found["level"] == 3 else ""
        chosen = _already_chosen(turn)
        if any(place.code == chosen.get("code") for place, _ in offered):
            # Told in the middle of a booking that is on its way to the right place.
            turn.say(f"您说的情况，您选的{chosen['name']}可以看，见到医生时请告诉他。{today}{DISCLAIMER}")
            return turn.end("done")
        first = offered[0][0].name
        back = f"还是想挂{chosen['name']}，就说“继续”。" if chosen else ""
        turn.say(
            f"听您说的情况，建议先看{first}。{today}{''.join(notes)}点一个科室就可以挂号。{back}{DISCLAIMER}",
            card={
                "type": "triage",
                "title": "建议挂这些科",
                "departments": entries,
                "disclaimer": DISCLAIMER,
            },
            buttons=[{"title": "继续"}] if chosen else None,
        )
        turn.offer(options)


def _already_chosen(turn: Turn) -> Json:
    """The department of the booking in which the complaint was told; empty where there is none."""
    for below in turn.below:
        if below.flow == "book_appointment" and below.asked != "wait":
            return dict(below.values.get("department") or {})
    return {}


def in_this_hospital(
    told: list[Json], everyone: list[Department]
) -> tuple[list[tuple[Department, str]], list[str]]:
    """The hospital's own departments for those of the knowledge file, in order, with reasons; and notes where the
    hospital has none of that kind."""
    known = triage_core.current().departments
    offered: dict[str, tuple[Department, str]] = {}
    notes: list[str] = []
    for each in told:
        names = known[each["department"]]["hospital"]
        place = next((d for name in names for d in everyone if name == d.name or name in d.aliases), None)
        if place is None:
            continue
        offered.setdefault(place.code, (place, each["reason"].replace(each["department"], place.name)))
        note = known[each["department"]].get("note")
        if note and place.name != each["department"] and note not in notes:
            notes.append(note)
    return list(offered.values()), notes


def _person(turn: Turn) -> Person | None:
    """What the relation tells: 我妈 is a woman, 孩子 a child."""
    said = str(turn.frame.values.get("person") or "")
    if not said or said == people.SELF:
        return None
    age = CHILD_BELOW - 1.0 if said == "CHD" else None
    return Person(age=None, sex=_SEX.get(said), child=age is not None)


class BookAfterTriage(BaseAction):
    action = "action_book_after_triage"
    doing = "挂号"

    async def answer(self, turn: Turn, hospital: Services) -> None:
        values: Json = {"department": turn.frame.values["choice"]}
        if turn.frame.has("person"):
            values["person"] = turn.frame.values["person"]
        turn.start("book_appointment", **values)
        turn.end("done")
