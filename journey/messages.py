"""The sentences that a person gets. The hospital's own refusals come with sentences of their own."""

PENDING = "正在向医院申请号源，请稍候。"
HELD = "号源已为您保留，请在规定时间内完成支付。"
HOLD_UNANSWERED = "医院系统没有响应，这次没有挂上号，请稍后再试。"
HOLD_EXPIRED = "号源保留时间已过，请重新选择。"
CASHIER_DOWN = "支付系统暂时连接不上，号源已释放，请稍后再试。"
NOT_PAID = "没有在规定时间内完成支付，号源已释放。"
GIVEN_UP = "已放弃这次预约，号源已释放，没有产生费用。"
CONFIRMING = "已收到您的付款，正在向医院确认。"
CONFIRM_SLOW = "已收到您的付款，医院系统响应较慢，确认后会马上通知您；如果最终没有成功，费用会原路退回。"
CONFIRM_SLOW_FREE = "医院系统响应较慢，确认后会马上通知您。"
BOOKED = "预约成功。"
REFUND_SLOW = "费用正在原路退回，请留意到账通知。"
REFUND_BY_HAND = "退款没有自动完成，请联系收费处为您办理退款。"

PAYMENT_WAITING = "请在规定时间内完成支付。"
PAYMENT_EXPIRED = "没有在规定时间内完成支付，订单已关闭，没有产生费用。"
PAYMENT_POSTED = "缴费成功。"
PAYMENT_SLOW = "已收到您的付款，医院系统响应较慢，入账后会马上通知您。"
PAYMENT_CASHIER_DOWN = "支付系统暂时连接不上，请稍后再试。"

CANCEL_PENDING = "退号申请已提交，医院系统响应较慢，办好后会通知您。"
CANCEL_UNANSWERED = "医院系统没有响应，退号没有办成，请稍后再试或联系人工。"
CANCELLED = "退号成功。"
CHANGE_PENDING = "改约申请已提交，医院系统响应较慢，办好后会通知您；原来的预约仍然有效。"
CHANGE_UNANSWERED = "医院系统没有响应，改约没有办成，请查看您的预约或联系人工。"
CHANGED = "改约成功。"

_CONFIRM_REFUSED = {
    "HOLD_EXPIRED": "号源保留时间已过，没有预约成功。",
    "SLOT_FULL": "号源已被约满，没有预约成功。",
    "SLOT_STOPPED": "医生临时停诊，没有预约成功。",
    "SLOT_PAST": "就诊时间已过，没有预约成功。",
    "BACKEND_DOWN": "医院系统一直没有响应，没有预约成功。",
}


def confirm_refused(code: str) -> str:
    """Why a paid booking came to nothing."""
    return _CONFIRM_REFUSED.get(code, "医院系统没有受理，没有预约成功。")


def settle_refused(reason: str) -> str:
    """Why paid bills could not be posted; `reason` is the hospital's own sentence."""
    return f"医院系统没有受理这次缴费：{reason.rstrip('。')}。"


def refunded(amount_fen: int) -> str:
    """The sum that went back."""
    return f"{yuan(amount_fen)}元已原路退回。"


def yuan(amount_fen: int) -> str:
    """Fen as people say it: 5000 → `50`, 5050 → `50.50`."""
    return str(amount_fen // 100) if amount_fen % 100 == 0 else f"{amount_fen / 100:.2f}"
