"""What is said when something happens outside the conversation: booked, paid, cancelled, a report."""

from actions import cards, told
from actions.base import BaseAction, Services, Turn
from actions.turn import Json

_CHANGES = ("booking", "payment", "cancellation", "reschedule")


def say(turn: Turn) -> None:
    """The words for the turn's event; nothing where the conversation was told already, or need not know."""
    kind, data = str(turn.event.get("type") or ""), turn.event.get("data") or {}
    for name in _CHANGES:
        about = data.get(name)
        if isinstance(about, dict):
            id, status = str(about.get("id") or ""), str(about.get("status") or "")
            if told.known(turn.conversation, id, status):
                return
            told.remember(turn.conversation, id, status)
    if kind == "report.available":
        _report(turn, data)
    elif kind in ("booking.booked", "booking.rescheduled"):
        voucher = (data.get("booking") or data.get("reschedule") or {}).get("voucher")
        done = "预约成功！" if kind == "booking.booked" else "改约成功！"
        turn.say(
            f"{done}这是您的就诊凭证。" if voucher else data.get("message") or done,
            card={"type": "voucher", **voucher} if voucher else None,
        )
    elif kind == "booking.held":
        turn.say(
            "号已经为您留住了，请在时限内付款。", card=payment_card(turn, data.get("booking") or {}, "挂号费")
        )
    elif (
        kind.partition(".")[0] in ("booking", "payment", "cancellation")
        and data.get("message")
        or kind == "schedule.stopped"
        and data.get("message")
    ):
        turn.say(data["message"])


def payment_card(turn: Turn, order: Json, title: str) -> Json:
    """The `payment` card of a Booking or a Payment of journey; at a kiosk with a code for the patient's own phone."""
    url = order.get("pay_url") or ""
    return {
        "type": "payment",
        "title": title,
        "amount_fen": order.get("amount_fen") or 0,
        "insurance_fen": 0,
        "url": url,
        "qr": cards.qr(url) if url and turn.caller.in_public else "",
        "expires_at": order.get("expires_at") or "",
        "order": order.get("id") or "",
    }


def _report(turn: Turn, data: Json) -> None:
    title = data.get("title") or "检验"
    if data.get("critical"):
        text = f"您的{title}报告出来了，其中有需要尽快处理的结果，请马上联系您的医生，或者到急诊科就诊。"
    else:
        text = f"您的{title}报告出来了。"
    turn.say(text, buttons=[{"title": f"查看{title}报告"}])


class EventAction(BaseAction):
    """An event for which no flow waits."""

    action = "action_event"
    doing = "处理通知"
    silent = True

    async def answer(self, turn: Turn, hospital: Services) -> None:
        say(turn)
