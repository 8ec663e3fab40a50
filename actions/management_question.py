"""管理问数: a manager's question to insight; its answer as a card, a sentence, and what can be asked next."""

from actions.base import BaseAction, Json, Services, Turn
from actions.problems import Refused

SHOWN = 5


class ManagementQuestion(BaseAction):
    action = "action_management_question"
    doing = "查询数据"

    async def answer(self, turn: Turn, hospital: Services) -> None:
        turn.end("done")
        try:
            told = await hospital.insight.question(turn.caller.token, turn.text, turn.conversation)
        except Refused as error:
            if error.code != "forbidden":
                raise
            turn.say("这些数据只有医院的管理人员能看。")
            return
        status = told.get("status")
        text = str(told.get("answer") or "")
        if status == "clarify":
            turn.say(text or "您想问的是哪一个？", buttons=_buttons(told.get("options")))
            return
        if status in ("refused", "forbidden"):
            turn.say(text or "这个问题我答不了。", buttons=_buttons(told.get("suggestions")))
            return
        turn.say(
            text or "没有查到数据。",
            card={"type": "insight", **told},
            buttons=[*_links(told), *(_buttons(told.get("suggestions")) or [])] or None,
        )


def _links(told: Json) -> list[Json]:
    """The table as a file, where it was asked for."""
    url = (told.get("export") or {}).get("url")
    return [{"title": "下载表格（CSV）", "url": url}] if url else []


def _buttons(titles: list[Json] | list[str] | None) -> list[Json] | None:
    """Buttons that send their title; an option may be a question or carry one."""
    found = [
        t if isinstance(t, str) else str(t.get("question") or t.get("title") or "") for t in titles or []
    ]
    return [{"title": title} for title in found if title][:SHOWN] or None
