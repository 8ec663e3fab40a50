"""The greeting: that it is a machine, and what is known: a booking today, bills to pay, a new report."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta

from actions import bills
from actions.base import BaseAction, Json, Services, Turn
from actions.hospital import appointments
from actions.visits import midnight
from actions.words import clock_time, place, span, yuan
from common import logs
from common.errors import MenzhenError
from connectors.fhir_client import FhirClient

LOG = logs.logger("actions")
News = tuple[str, str]
"""A sentence and a button for it."""
HELLO = "我是医院的智能助手（机器，不是真人）"
NEW_REPORT = timedelta(days=3)
SECONDS = 1.6
"""A greeting must not keep anybody waiting: what is not known by then is left out."""


class SessionStart(BaseAction):
    action = "action_session_start_greeting"
    doing = "打招呼"

    async def answer(self, turn: Turn, hospital: Services) -> None:
        turn.end("done")
        if not turn.caller.is_patient:
            turn.say(
                f"您好，{HELLO}。门诊的数据可以用平常的话问我，比如“昨天哪个诊室最快”。",
                buttons=[
                    {"title": "昨天哪个诊室最快"},
                    {"title": "今天各科室就诊量"},
                    {"title": "可以问什么"},
                ],
            )
            return
        fhir = hospital.fhir(turn.caller.token)
        parts = await asyncio.gather(
            *(_in_time(what) for what in (_today(turn, fhir), _unpaid(turn, fhir), _report(turn, fhir)))
        )
        news = [part for part in parts if part]
        name = f"{turn.caller.name}，" if turn.caller.name else ""
        text = f"{name}您好，{HELLO}。" + "".join(text for text, _ in news)
        if not news:
            text += "挂号、缴费、查报告、问路都可以直接跟我说，比如“我想挂明天上午骨科的号”。"
        buttons = [button for _, button in news] + ["我要挂号", "不知道挂什么科", "你能做什么"]
        turn.say(text, buttons=[{"title": title} for title in dict.fromkeys(buttons)][:4])


async def _in_time(what: Awaitable[News | None]) -> News | None:
    """The news, or none where a system does not answer in time: asked for, it will say so itself."""
    try:
        async with asyncio.timeout(SECONDS):
            return await what
    except (TimeoutError, MenzhenError) as error:
        LOG.info("greeting without news", error=type(error).__name__)
        return None


async def _today(turn: Turn, fhir: FhirClient) -> News | None:
    found, _ = await appointments(fhir, turn.caller.patient, midnight(turn.now))
    live = [a for a in found if a.status in ("booked", "arrived")]
    if not live:
        return None
    a = live[0]
    if a.start.date() == turn.now.date():
        return (
            f"您今天 {clock_time(a.start)} 有{a.department} {a.doctor}的预约，请提前15分钟到{place(a.campus, a.location, a.room)}。",
            "我的预约",
        )
    return f"您约了{span(a.start, a.end, turn.now.date())} {a.department} {a.doctor}。", "我的预约"


async def _unpaid(turn: Turn, fhir: FhirClient) -> News | None:
    found = await bills.unpaid_of(fhir, turn.caller.patient)
    total = sum(bill.total_fen for bill in found)
    return (f"有 {yuan(total)} 的费用还没有缴。", "我要缴费") if total else None


async def _report(turn: Turn, fhir: FhirClient) -> News | None:
    since = (turn.now - NEW_REPORT).isoformat()
    found = await fhir.search(
        "DiagnosticReport", patient=f"Patient/{turn.caller.patient}", date=f"ge{since}", status="final"
    )
    titles: list[str] = [_title(r) for r in found]
    return (f"您的{'、'.join(titles[:2])}报告已经出来了。", "查报告") if titles else None


def _title(report: Json) -> str:
    return (report.get("code") or {}).get("text") or "检验"
