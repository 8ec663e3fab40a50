"""Messages and cards as text for the terminal."""

from datetime import datetime
from typing import Any

from common.clock import SHANGHAI

WEEKDAYS = "一二三四五六日"
FLAGS = {"H": "↑偏高", "HH": "↑↑明显偏高", "L": "↓偏低", "LL": "↓↓明显偏低", "A": "异常"}


def yuan(fen: int | None) -> str:
    return "" if fen is None else f"{fen / 100:g}元"


def moment(iso: str | None) -> str:
    """`11月24日 周二 09:30`."""
    if not iso:
        return ""
    at = datetime.fromisoformat(iso).astimezone(SHANGHAI)
    return f"{at.month}月{at.day}日 周{WEEKDAYS[at.weekday()]} {at:%H:%M}"


def show_messages(messages: list[dict[str, Any]]) -> None:
    """Print an answer: text, card, numbered choices."""
    from cli.chatting import choices

    number = 0
    for message in messages:
        if message.get("text"):
            print(f"助手：{message['text']}")
        for line in card_lines(message.get("card") or {}):
            print(f"      {line}")
        taps = []
        for button in choices(message):
            number += 1
            taps.append(f"[{number}] {button['title']}")
        if taps:
            print("      " + "  ".join(taps))
    print(flush=True)


def card_lines(card: dict[str, Any]) -> list[str]:
    """A card's content, a line each; what can be tapped is listed below it anyway."""
    kind = card.get("type")
    if kind == "voucher":
        return voucher(card)
    if kind == "appointments":
        return [line for item in card["items"] for line in [*voucher(item), ""]]
    if kind == "confirm":
        return [card.get("title", ""), *(f"{label}：{value}" for label, value in card["lines"])]
    if kind == "payment":
        return [
            f"{card.get('title', '待支付')} {yuan(card['amount_fen'])}，请在 {moment(card.get('expires_at'))} 前支付"
        ]
    if kind == "slots":
        return [card.get("title", ""), *map(slot, card["slots"])]
    if kind == "report":
        return (
            [f"{card['title']}  {card.get('patient', '')}  {moment(card.get('issued'))}"]
            + [
                f"{row['name']}  {row['value']} {row.get('unit') or ''}  参考 {row.get('reference') or '—'}  {FLAGS.get(row.get('flag', ''), '')}".rstrip()
                for row in card["rows"]
            ]
            + [card.get("disclaimer", "")]
        )
    if kind == "bill":
        return [f"{item['name']}  {yuan(item['amount_fen'])}" for item in card["items"]] + [
            f"合计 {yuan(card['total_fen'])}"
        ]
    if kind == "schedule":
        return [
            f"{row['day']} {row['part']}  {row['doctor']} {row.get('doctor_title', '')}  {row['visit_type']} {yuan(row['fee_fen'])}  "
            + ("停诊" if row.get("stopped") else f"余 {row['remaining']}")
            for row in card["rows"]
        ]
    if kind == "triage":
        return [f"{d['name']}：{d['reason']}" for d in card["departments"]] + [card.get("disclaimer", "")]
    if kind == "emergency":
        return [f"!! {card['text']}", f"!! 请拨打 {card.get('phone', '120')}  {card.get('location', '')}"]
    if kind == "insight":
        return insight(card.get("answer") if isinstance(card.get("answer"), dict) else card)
    return [card["title"]] if card.get("title") else []


def slot(s: dict[str, Any]) -> str:
    return f"{moment(s['start'])}  {s['doctor']} {s.get('doctor_title', '')}  {s['visit_type']} {yuan(s['fee_fen'])}  余 {s['remaining']}"


def voucher(v: dict[str, Any]) -> list[str]:
    place = v.get("location") or v.get("room") or ""
    if v.get("campus") and not place.startswith(v["campus"]):
        place = f"{v['campus']} {place}"
    return [
        f"【{v.get('status_text') or '已预约'}】 取号码 {v.get('code') or '—'}   序号 {v.get('number') or '—'}",
        f"{v.get('patient', '')}  {v.get('department', '')}  {v.get('doctor', '')} {v.get('visit_type', '')}",
        f"{moment(v.get('start'))}  {place}  {yuan(v.get('fee_fen'))}",
    ]


def insight(answer: Any) -> list[str]:
    table = answer.get("table") or {}
    lines = []
    if table.get("rows"):
        lines.append("  ".join(c["title"] for c in table["columns"]))
        lines += ["  ".join("—" if v is None else str(v) for v in row) for row in table["rows"][:15]]
    return [*lines, answer.get("definition") or ""]
