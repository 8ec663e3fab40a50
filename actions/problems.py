"""What is said when something does not work: by the error's code, what could not be done, never a made-up result."""

from common.errors import MenzhenError


class ActionError(MenzhenError):
    """Root of the errors of this room."""


class Unavailable(ActionError):
    """A service behind us could not be reached, or did not answer in time."""

    status = 503
    code = "BACKEND_DOWN"
    message = "医院系统暂时连接不上。"


class Refused(ActionError):
    """A service behind us said no. `code` is its own (`SLOT_FULL`, `TOO_LATE` …), `message` Chinese."""

    status = 409
    code = "BACKEND_REFUSED"
    message = "医院系统没有受理这次请求。"


DOWN = frozenset(
    {
        "BACKEND_DOWN",
        "BACKEND_TIMEOUT",
        "BACKEND_GARBLED",
        "BACKEND_QUERY",
        "BUSY",
        "CASHIER_DOWN",
        "internal",
    }
)
"""Codes with which trying again later may help."""
TAKEN = frozenset({"SLOT_FULL", "SLOT_STOPPED", "SLOT_PAST", "NO_SLOT"})
"""Codes with which another slot is to be offered."""

_SENTENCES = {
    "SLOT_FULL": "这个号刚刚被约满了。",
    "SLOT_STOPPED": "这位医生的这个时段停诊了。",
    "SLOT_PAST": "这个时段已经过了。",
    "NO_SLOT": "这个号已经不在了。",
    "DUPLICATE": "您在这个时段已经有一个预约了，同一个人同一时段只能挂一个号。",
    "NO_PATIENT": "医院里没有找到就诊人的档案，请先到窗口或自助机建档。",
    "HOLD_EXPIRED": "号源保留的时间已经过了，需要重新选择。",
    "TOO_LATE": "已经过了可以办理的时间。",
    "NOT_FOUND": "没有找到这个预约。",
    "BLACKLISTED": "因为多次爽约（约了没来），暂时不能在网上预约，请到医院窗口挂号。",
    "NOT_PAID": "这笔费用还没有支付。",
    "not_authorised": "登录已经过期，请重新登录后再试。",
    "forbidden": "您没有权限办这件事。",
    "nothing_due": "这些费用已经缴清了，或者不能在线支付。",
}


def sentence(error: MenzhenError, doing: str = "") -> str:
    """What a person reads. `doing` is what was being done: `查询预约`."""
    if error.code in DOWN:
        what = f"，这次没能{doing}" if doing else ""
        return f"抱歉，医院系统暂时连接不上{what}。"
    return _SENTENCES.get(error.code) or error.message
