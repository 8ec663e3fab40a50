"""医院信息: answers from the hospital's own file; where a department is and its phone come from the facade."""

from actions import knowledge
from actions.base import BaseAction, Json, Services, Turn
from actions.hospital import Department, department

_WHERE = (
    "在哪",
    "几楼",
    "怎么走",
    "哪层",
    "哪一层",
    "几层",
    "位置",
    "哪个楼",
    "几号楼",
    "哪栋",
    "怎么去",
    "在几",
    "地方",
)
_PHONE = ("电话", "号码", "怎么联系")
_ABOUT = ("看什么", "介绍", "是干什么", "治什么", "看哪些")
SUGGESTED = ("opening_hours", "parking", "insurance", "documents", "floors", "phone")


class HospitalInfo(BaseAction):
    action = "action_hospital_info"
    doing = "查询医院信息"

    async def answer(self, turn: Turn, hospital: Services) -> None:
        turn.end("done")
        info, text = knowledge.load("hospital_info"), turn.text
        topic = best_topic(info["topics"], text)
        value = turn.frame.values.get("department") or turn.entity("department")
        if value and (asked := _asked(text)):
            place = await department(hospital.fhir(turn.caller.token), value)
            if place:
                return _about(turn, place, asked)
        if topic is None:
            titles = {t["id"]: t["title"] for t in info["topics"]}
            turn.say(info["default"], buttons=[{"title": titles[id]} for id in SUGGESTED if id in titles])
            return
        turn.say(topic["answer"], buttons=[{"title": b} for b in topic.get("buttons", ())] or None)


def best_topic(topics: list[Json], text: str) -> Json | None:
    """The topic whose words the sentence says most of (by length); None where it says none."""
    scores = [
        (sum(len(word) for word in t["words"] if word in text) + 100 * (t["title"] == text.strip()), t)
        for t in topics
    ]
    best = max(scores, key=lambda s: s[0])
    return best[1] if best[0] else None


def _asked(text: str) -> str:
    for kind, words in (("phone", _PHONE), ("about", _ABOUT), ("where", _WHERE)):
        if any(word in text for word in words):
            return kind
    return ""


def _about(turn: Turn, place: Department, asked: str) -> None:
    if asked == "phone":
        text = f"{place.name}的电话是 {place.phone}。" if place.phone else f"没有查到{place.name}的电话。"
    elif asked == "about" and place.introduction:
        text = f"{place.name}：{place.introduction}"
    else:
        text = (
            f"{place.name}在{place.location}。"
            if place.location
            else f"没有查到{place.name}的位置，请问导医台。"
        )
    turn.say(text, buttons=[{"title": f"挂{place.name}的号"}])
