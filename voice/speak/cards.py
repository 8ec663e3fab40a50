"""What is said of each card (docs/architecture.md, “Cards”): at most three of a list, the rest is on the screen.

Each function gives sentences as they would be written; `chinese.aloud` makes them speakable. `Ear.public` is where
others listen: then no results, identity, codes or names of patients are said.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chinese.spoken import clock, day, money
from common.clock import SHANGHAI

Card = Mapping[str, Any]
AT_MOST = 3
PERSONAL = ("就诊人", "姓名", "患者", "证件", "身份证", "手机", "电话", "地址", "病历号", "就诊卡", "凭证")
"""Labels of a confirmation that are not said where others listen."""
ON_SCREEN = ("地点", "号别", "备注")
"""Labels that the screen tells well enough."""


@dataclass(frozen=True, slots=True)
class Ear:
    """Who listens: `public` where others may hear; `now` is the clinic's time; `more` where 看更多 is offered."""

    public: bool
    now: datetime
    more: bool = False

    def when(self, iso: str) -> str:
        """明天上午九点, 十一月六号周五下午两点半. Raises ValueError."""
        moment = datetime.fromisoformat(iso)
        moment = moment.replace(tzinfo=SHANGHAI) if moment.tzinfo is None else moment.astimezone(SHANGHAI)
        part = "上午" if moment.hour < 12 else "中午" if moment.hour == 12 else ""
        return f"{day(moment.date(), self.now.date())}{part}{clock(moment.hour, moment.minute)}"


def say(card: Card, ear: Ear) -> list[str]:
    """The sentences of a card; of one that is not known, that it is there."""
    return _CARDS.get(str(card.get("type")), _unknown)(card, ear)


def counted(entries: Sequence[str], ear: Ear, measure: str = "个") -> list[str]:
    """第一个，…。第二个，…。 and, where there are more, how to come to them."""
    said = [f"第{n}{measure}，{entry}。" for n, entry in zip("一二三", entries[:AT_MOST], strict=False)]
    left = len(entries) - AT_MOST
    if ear.more:
        said.append(f"{f'还有 {left} {measure}在屏幕上，' if left > 0 else ''}可以说“看更多”。")
    elif left > 0:
        said.append(f"还有 {left} {measure}在屏幕上，说名字或者第几{measure}都可以。")
    return said


def _joined(*parts: Any) -> str:
    return "，".join(str(part) for part in parts if part)


def _options(card: Card, ear: Ear) -> list[str]:
    shown = [option for option in card.get("options") or () if not option.get("disabled")]
    people = "就诊人" in str(card.get("title"))
    entries = []
    for option in shown:
        title, subtitle = str(option.get("title") or ""), str(option.get("subtitle") or "")
        # 母亲 李*: where others listen the relation is enough.
        title = title.split(" ")[0] if people and ear.public else title
        entries.append(_joined(title, "" if "·" in subtitle else subtitle))
    return counted(entries, ear)


def _slots(card: Card, ear: Ear) -> list[str]:
    slots = card.get("slots") or ()
    return counted(
        [
            _joined(ear.when(s["start"]), f"{s['doctor']}{s['doctor_title']}", money(s["fee_fen"]))
            for s in slots
        ],
        ear,
    )


def _confirm(card: Card, ear: Ear) -> list[str]:
    kept = [
        f"{label}，{value}"
        for label, value in card.get("lines") or ()
        if label not in ON_SCREEN and not (ear.public and any(word in label for word in PERSONAL))
    ]
    return [f"{'；'.join(kept)}。", "对的话请说“确认”，不办请说“取消”。"]


def _payment(card: Card, ear: Ear) -> list[str]:
    insured = card.get("insurance_fen") or 0
    paid = f"，其中医保付{money(insured)}" if insured else ""
    how = "请用手机扫屏幕上的二维码付款" if card.get("qr") else "请在屏幕上付款"
    return [f"一共{money(card['amount_fen'])}{paid}，{how}。"]


def _voucher(card: Card, ear: Ear) -> list[str]:
    said = [f"{_joined(_visit(card, ear), card.get('location') or card.get('room'))}。"]
    if card.get("code") and not ear.public:
        said.append(f"凭证号{card['code']}。")
    return [*said, *(card.get("notes") or ())[:1]]


def _visit(card: Card, ear: Ear) -> str:
    number = f"{card['number']}号" if card.get("number") else ""
    return _joined(ear.when(card["start"]), card.get("department"), card.get("doctor"), number)


def _appointments(card: Card, ear: Ear) -> list[str]:
    items = card.get("items") or ()
    if len(items) == 1:
        # The sentence with it says it all.
        return []
    return counted([_joined(_visit(item, ear), item.get("status_text")) for item in items], ear)


def _reports(card: Card, ear: Ear) -> list[str]:
    items = card.get("items") or ()
    if ear.public:
        return ["报告在屏幕上，要看哪一份，请点一下，或者说第几个。"]
    return counted([_joined(item["title"], item.get("status_text")) for item in items], ear, "份")


def _report(card: Card, ear: Ear) -> list[str]:
    return [] if ear.public else ["详细的数值在屏幕上。", str(card.get("disclaimer") or "")]


def _bill(card: Card, ear: Ear) -> list[str]:
    items = card.get("items") or ()
    total = f"一共{money(card['total_fen'])}，明细在屏幕上。"
    if ear.public or len(items) > AT_MOST:
        # What was examined is told by what it costs.
        return [f"共 {len(items)} 项，{total}"]
    return ["；".join(f"{item['name']}，{money(item['amount_fen'])}" for item in items) + "。", total]


def _schedule(card: Card, ear: Ear) -> list[str]:
    rows = card.get("rows") or ()
    entries = []
    for row in rows:
        left = (
            "停诊" if row.get("stopped") else f"还有 {row['remaining']} 个号" if row["remaining"] else "约满"
        )
        entries.append(_joined(f"{row['day']}{row['part']}", f"{row['doctor']}{row['doctor_title']}", left))
    said = [f"{entry}。" for entry in entries[:AT_MOST]]
    return [*said, "其余的在屏幕上。"] if len(rows) > AT_MOST else said


def _triage(card: Card, ear: Ear) -> list[str]:
    places = card.get("departments") or ()
    return counted([_joined(p["name"], "" if ear.public else p.get("reason")) for p in places], ear)


def _emergency(card: Card, ear: Ear) -> list[str]:
    phone = str(card.get("phone") or "120")
    return [str(card.get("text") or ""), f"急救电话 {phone}。", f"{card.get('location') or ''}。"]


def _insight(card: Card, ear: Ear) -> list[str]:
    return ["数据在屏幕上。"]


def _unknown(card: Card, ear: Ear) -> list[str]:
    return ["请看屏幕。"]


_CARDS: dict[str, Callable[[Card, Ear], list[str]]] = {
    "options": _options,
    "slots": _slots,
    "confirm": _confirm,
    "payment": _payment,
    "voucher": _voucher,
    "appointments": _appointments,
    "reports": _reports,
    "report": _report,
    "bill": _bill,
    "schedule": _schedule,
    "triage": _triage,
    "emergency": _emergency,
    "insight": _insight,
}
