"""转人工: what the person wanted is written down for the desk, and how to reach it is said."""

import asyncio
import os
import uuid
from pathlib import Path

import orjson

from actions import knowledge
from actions.base import BaseAction, Json, Services, Turn
from common.settings import get

KEPT_MESSAGES = 6


class HumanHandoff(BaseAction):
    action = "action_human_handoff"
    doing = "转人工"

    async def answer(self, turn: Turn, hospital: Services) -> None:
        desk = knowledge.load("hospital_info")["desk"]
        number = await asyncio.to_thread(store, summary(turn))
        turn.say(
            f"好的，我把您的情况记下来转给了工作人员（{number}），他们上班时会联系您。"
            f"人工服务时间：{desk['hours']}。着急的话请打 {desk['phone']}，或到{desk['place']}。"
            "情况紧急请直接拨打120。在等的时候，其他事还可以接着问我。",
            buttons=[{"title": f"拨打 {desk['phone']}", "url": f"tel:{desk['phone']}"}],
        )
        turn.end("done")


def summary(turn: Turn) -> Json:
    """What the desk needs: who (by id), since when, which job was open with what is known, the last sentences."""
    stack = turn.tracker.get_slot("flow_stack") or []
    said = [str(e["text"]) for e in turn.tracker.events if e.get("event") == "user" and e.get("text")]
    return {
        "id": uuid.uuid4().hex,
        "time": turn.now.isoformat(),
        "conversation": turn.conversation,
        "role": turn.caller.role,
        "patient": turn.caller.patient,
        "jobs": [
            {"flow": f.get("flow"), "known": f.get("raw") or {}}
            for f in stack
            if f.get("flow") != "human_handoff"
        ],
        "said": [text for text in said if not text.startswith("/")][-KEPT_MESSAGES:],
        "status": "open",
    }


def requests_file() -> Path:
    """The requests that wait for the desk, a JSON object a line; readable by the hospital's account only."""
    return get().data_dir / "desk" / "requests.jsonl"


def store(request: Json) -> str:
    """Append durably; returns the number to tell: 今天的第 N 个."""
    path = requests_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    line = orjson.dumps(request) + b"\n"
    handle = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    try:
        os.write(handle, line)
        os.fsync(handle)
    finally:
        os.close(handle)
    return f"编号 {request['id'][:4].upper()}"
