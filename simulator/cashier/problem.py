"""What the cashier refuses: `{"code", "message"}` with the codes of docs/protocols/lis-and-cashier.md."""

from common.errors import MenzhenError


class Problem(MenzhenError):
    """A refusal; `status` is the HTTP status of its code."""

    def __init__(self, code: str, message: str = "", *, detail: str = "") -> None:
        status, usual = _CODES[code]
        super().__init__(message or usual, code=code, detail=detail, status=status)


_CODES = {
    "SIGN_ERROR": (401, "签名不正确。"),
    "PARAM_ERROR": (400, "参数不正确。"),
    "ORDER_NOT_FOUND": (404, "没有找到该订单。"),
    "ORDER_PAID": (409, "订单已支付。"),
    "ORDER_CLOSED": (409, "订单已关闭。"),
    "AMOUNT_MISMATCH": (409, "金额与原订单不一致。"),
    "REFUND_EXCEEDS": (409, "退款金额超过可退金额。"),
    "BUSY": (503, "系统繁忙，请稍后再试。"),
}
