"""门诊缴费 and 费用查询: what is unpaid → confirmation → payment → posted."""

from actions import bills, cards, knowledge, notices, told
from actions.base import BaseAction, Json, Services, Turn, option
from actions.bills import Purse
from actions.hospital_info import best_topic
from actions.problems import DOWN, Refused, Unavailable, sentence
from actions.visits import options_card
from actions.words import clock_time, moment, yuan


class AskBill(BaseAction):
    """Whose bills; all of a person's are paid at once."""

    action = "action_ask_bill"
    doing = "查询待缴费用"

    async def answer(self, turn: Turn, hospital: Services) -> None:
        found, missing = await bills.of_family(
            hospital.fhir(turn.caller.token), turn.caller, turn.frame.values.get("person")
        )
        warning = f"{'、'.join(missing)}暂时查不到。" if missing else ""
        if not found:
            turn.say(f"{warning}现在没有待缴的费用。")
            return turn.end("abandon")
        if len(found) == 1 and not missing:
            turn.put(bill=_value(found[0]))
            return turn.end("next")
        options = [
            option(
                f"bill-{p.patient}",
                f"{p.who} {yuan(p.total_fen)}",
                {"bill": _value(p)},
                [p.who, p.who + "的"],
            )
            for p in found
        ]
        turn.say(f"{warning}要缴谁的费用？", card=options_card("待缴费用", options))
        turn.offer(options)


def _value(purse: Purse) -> Json:
    return {
        "patient": purse.patient,
        "name": purse.who,
        "invoices": [bill.id for bill in purse.bills],
        "total_fen": purse.total_fen,
        "items": bills.card("", purse.bills)["items"],
        "department": purse.bills[0].department,
    }


class ConfirmPayment(BaseAction):
    action = "action_confirm_payment"
    doing = "核对费用"

    async def answer(self, turn: Turn, hospital: Services) -> None:
        bill = turn.frame.values["bill"]
        whose = "您" if bill["name"] == "本人" else bill["name"]
        turn.say(
            f"{whose}有这些费用要缴：",
            card={
                "type": "bill",
                "title": "待缴费用",
                "items": bill["items"],
                "total_fen": bill["total_fen"],
            },
        )
        lines = [("就诊人", bill["name"]), ("科室", bill["department"]), ("合计", yuan(bill["total_fen"]))]
        turn.say("现在缴费吗？", card=cards.confirm("确认缴费", lines))
        turn.end("asked")


class PayBill(BaseAction):
    """Opens the payment; called again while it is waited for: 付好了, or an event of the payment."""

    action = "action_pay_bill"
    doing = "缴费"
    writes = True

    async def answer(self, turn: Turn, hospital: Services) -> None:
        id, token = turn.frame.state.get("payment"), turn.caller.token
        if turn.event and not str(turn.event.get("type", "")).startswith("payment."):
            notices.say(turn)
            return turn.end("wait")
        if id:
            payment = await hospital.journey.payment(token, id)
            if payment["status"] == "waiting" and not turn.event:
                turn.say("暂时还没有收到付款。付好以后会自动通知您；还没付的话，可以点下面继续付款。")
            return settle(turn, payment)
        bill = turn.frame.values["bill"]
        attempt = int(turn.frame.state.get("attempt") or 0)
        key = f"{turn.conversation}:{turn.frame.id}:{attempt}:pay"[-128:]
        try:
            payment = await hospital.journey.pay(
                token, bill["invoices"], bill["patient"], key, turn.conversation
            )
        except Refused as error:
            turn.say(f"{sentence(error)}这次没有缴费。")
            return turn.end("abandon")
        settle(turn, payment)


def settle(turn: Turn, payment: Json) -> None:
    """What is said about a payment by its state, and how the flow goes on."""
    status, id = payment["status"], str(payment.get("id") or "")
    known = bool(turn.event) and told.known(turn.conversation, id, status)
    told.remember(turn.conversation, id, status)
    if status in ("waiting", "paid"):
        turn.keep(payment=id)
        if not known:
            _say_open(turn, payment)
        return turn.end("wait")
    turn.keep(payment=None, attempt=int(turn.frame.state.get("attempt") or 0) + 1)
    if status == "posted":
        turn.say(
            payment.get("message") or "缴费成功。", buttons=[{"title": "取药在哪"}, {"title": "抽血在哪"}]
        )
        return turn.end("done")
    reason = payment.get("reason") or ""
    if status == "failed" and reason in DOWN:
        raise Unavailable(payment.get("message") or None, code="UNKNOWN", detail=f"payment failed {reason}")
    turn.say(payment.get("message") or "这次没有缴费成功，没有产生费用。", buttons=[{"title": "重新缴费"}])
    turn.end("abandon")


def _say_open(turn: Turn, payment: Json) -> None:
    if payment["status"] == "paid":
        turn.say(payment.get("message") or "已收到您的付款，正在入账。")
        return
    expires = payment.get("expires_at") or ""
    if not payment.get("pay_url"):
        turn.say("正在准备付款，请稍等一下，然后说“付好了”看看结果。")
        return
    until = f"（{clock_time(moment(expires))} 前有效）" if expires else ""
    how = "请用手机扫二维码付款" if turn.caller.in_public else "请点下面付款"
    turn.say(
        f"{how}{until}，付好后会自动通知您。",
        card=notices.payment_card(turn, payment, "门诊缴费"),
        buttons=[{"title": "付好了"}, {"title": "先不缴了"}],
    )


class BillQuery(BaseAction):
    action = "action_bill_query"
    doing = "查询费用"

    async def answer(self, turn: Turn, hospital: Services) -> None:
        turn.end("done")
        price = best_topic(knowledge.load("hospital_info")["topics"], turn.text)
        if price and price["id"] == "price":
            # 挂号费多少钱 asks what it costs, not what is owed.
            turn.say(price["answer"])
            return
        fhir = hospital.fhir(turn.caller.token)
        found, missing = await bills.of_family(fhir, turn.caller, turn.frame.values.get("person"))
        warning = f"{'、'.join(missing)}暂时查不到。" if missing else ""
        if not found:
            paid = await bills.paid_of(fhir, turn.caller.patient)
            turn.say(f"{warning}现在没有待缴的费用。" + ("最近一次缴费的明细如下：" if paid else ""))
            if paid:
                turn.messages[-1]["card"] = bills.card("最近缴费", paid[:1])
            return
        for purse in found:
            whose = "您" if purse.who == "本人" else purse.who
            turn.say(
                f"{warning}{whose}有 {yuan(purse.total_fen)} 待缴（{bills.where(purse.bills, turn.now)}）：",
                card=bills.card("待缴费用", purse.bills),
            )
            warning = ""
        turn.messages[-1]["buttons"] = [{"title": "现在缴费"}]
