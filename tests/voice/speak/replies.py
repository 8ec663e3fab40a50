"""Replies of the assistant as the gateway has them: one for each kind of card."""

from typing import Any

Message = dict[str, Any]


def message(text: str, card: dict[str, Any] | None = None, *buttons: str) -> Message:
    return {"text": text, "buttons": [{"title": title} for title in buttons], "card": card}


def slot(hour: int) -> dict[str, Any]:
    return {
        **{
            "payload": "/choose{}",
            "start": f"2026-11-24T{hour:02d}:30:00+08:00",
            "end": "",
            "visit_type": "专家",
        },
        **{
            "doctor": "王建国",
            "doctor_title": "主任医师",
            "department": "骨科",
            "room": "302",
            "campus": "本部",
        },
        **{"fee_fen": 2350, "remaining": 3},
    }


def voucher() -> dict[str, Any]:
    return {
        **{"code": "A10234", "number": "12", "patient": "张*", "department": "骨科", "doctor": "王建国"},
        **{"visit_type": "专家", "start": "2026-11-24T08:30:00+08:00", "end": "", "campus": "本部"},
        **{"room": "302诊室", "location": "门诊楼3层302诊室", "fee_fen": 2350, "status": "booked"},
        **{"status_text": "预约成功", "notes": ["请提前 15 分钟到院签到。"], "qr": ""},
    }


def option(title: str, subtitle: str = "") -> dict[str, Any]:
    return {"id": title, "title": title, "subtitle": subtitle, "note": "", "disabled": False, "payload": ""}


DEPARTMENTS = ["内科", "儿科", "骨科", "妇科", "眼科"]
SLOTS = message(
    "明天（11月24日 周二）骨科有这些号，点一个，或者说“第一个”“最早的”都行：",
    {"type": "slots", "title": "骨科 选择号源", "slots": [slot(hour) for hour in (8, 9, 14, 15)]},
    "看更多",
)
OPTIONS = message(
    "您想挂哪个科？", {"type": "options", "title": "常看的科室", "options": [option(d) for d in DEPARTMENTS]}
)
FAMILY = message(
    "这个号给谁挂？",
    {"type": "options", "title": "选择就诊人", "options": [option("本人 张*"), option("母亲 李秀英")]},
)
CONFIRM = message(
    "请核对一下，没问题就点确认：",
    {
        "type": "confirm",
        "title": "确认预约",
        "lines": [
            ["就诊人", "张*（本人）"],
            ["科室", "骨科"],
            ["医生", "王建国 主任医师"],
            ["时间", "明天（11月24日 周二）上午 08:30–09:00"],
            ["地点", "本部 302"],
            ["费用", "23.50元"],
        ],
        "payload": "/affirm",
        "cancel": "/deny",
    },
)
PAYMENT = message(
    "号已经为您留住了，请在 14:05 前付款。",
    {
        "type": "payment",
        "title": "挂号费",
        "amount_fen": 2350,
        "insurance_fen": 1000,
        "url": "x",
        "expires_at": "",
        "order": "x",
    },
    "付好了",
    "算了不挂了",
)
VOUCHER = message("预约成功！这是您的就诊凭证。", {"type": "voucher", **voucher()})
APPOINTMENTS = message(
    "您有 2 个预约，最近的是11月24日 周二 上午 08:30 骨科。",
    {"type": "appointments", "title": "我的预约", "items": [voucher(), voucher()]},
)
REPORTS = message(
    "找到 2 份检验单，1 份已经出结果。您要看哪一份？",
    {
        "type": "reports",
        "title": "检验报告",
        "items": [
            {
                "payload": "",
                "title": "乙肝五项",
                "issued": "",
                "status": "final",
                "status_text": "已出报告",
                "abnormal": 1,
            },
            {
                "payload": "",
                "title": "血常规",
                "issued": "",
                "status": "registered",
                "status_text": "预计今天 10:30 出结果",
                "abnormal": 0,
            },
        ],
    },
)
ROW = {"name": "白细胞", "value": "12.3", "unit": "10^9/L", "reference": "3.5-9.5", "flag": "H"}
REPORT = message(
    "血常规一共 20 项，白细胞偏高，超出参考范围。",
    {
        "type": "report",
        "title": "血常规",
        "patient": "张*",
        "issued": "",
        "status_text": "已出报告",
        "rows": [ROW],
        "disclaimer": "结果仅供参考，不是诊断。请以医生的解释为准。",
    },
    "这份报告什么意思",
)
EXPLAINED = message("· 白细胞 12.3 10^9/L，偏高（参考范围 3.5-9.5）。\n一项超出范围不一定是生病。")
BILL = message(
    "您有这些费用要缴：",
    {
        "type": "bill",
        "title": "待缴费用",
        "items": [{"name": "乙肝五项", "amount_fen": 2500}, {"name": "诊查费", "amount_fen": 1830}],
        "total_fen": 4330,
    },
)
SCHEDULE = message(
    "明天（11月24日 周二）骨科的出诊安排如下，一共还有 12 个号。",
    {
        "type": "schedule",
        "title": "骨科 出诊安排",
        "rows": [
            {
                "doctor": name,
                "doctor_title": "主任医师",
                "department": "骨科",
                "day": "11月24日 周二",
                "part": "上午",
                "visit_type": "专家",
                "fee_fen": 5000,
                "remaining": left,
                "stopped": left < 0,
            }
            for name, left in (("王建国", 5), ("李明", 0), ("赵刚", -1), ("孙伟", 2))
        ],
    },
)
TRIAGE = message(
    "听您说的情况，建议先看骨科。导诊参考，非诊断。",
    {
        "type": "triage",
        "title": "建议挂这些科",
        "departments": [{"name": "骨科", "reason": "膝盖疼、上下楼梯更疼", "payload": ""}],
        "disclaimer": "导诊参考，非诊断。",
    },
)
EMERGENCY = {
    **message(
        "您说的情况可能很紧急（胸痛），请不要再等：立即拨打 120，或马上到最近医院的急诊科。身边有人时请他陪着，不要自己开车前往。",
        {
            "type": "emergency",
            "text": "可能是急症，请立即拨打 120 或到急诊科就诊。",
            "phone": "120",
            "location": "急诊科（24 小时开放）",
        },
    ),
    "buttons": [{"title": "拨打 120", "url": "tel:120"}, {"title": "转人工"}],
}
INSIGHT = message(
    "昨天接诊最快的是骨科2诊室，平均 6.5 分钟。", {"type": "insight", "table": {"columns": [], "rows": []}}
)
EVERY = {
    "slots": SLOTS, "options": OPTIONS, "family": FAMILY, "confirm": CONFIRM, "payment": PAYMENT, "voucher": VOUCHER,
    "appointments": APPOINTMENTS, "reports": REPORTS, "report": REPORT, "bill": BILL, "schedule": SCHEDULE,
    "triage": TRIAGE, "emergency": EMERGENCY, "insight": INSIGHT,
}  # fmt: skip
