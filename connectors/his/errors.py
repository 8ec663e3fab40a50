"""The HIS's refusals as errors of ours."""

from connectors.adapter import BackendError, BackendUnavailable
from connectors.hl7.message import Message

_STATUS = {
    "NOT_FOUND": 404,
    "NO_PATIENT": 422,
    "NO_SLOT": 422,
    "BAD_MESSAGE": 422,
    "BLACKLISTED": 403,
}
_TEXT = {
    "SLOT_FULL": "这个号刚刚被约满了。",
    "SLOT_STOPPED": "这个时段已停诊。",
    "SLOT_PAST": "这个时段已经过去了。",
    "DUPLICATE": "您已经挂过这个号了。",
    "NO_PATIENT": "医院没有找到这位就诊人。",
    "NO_SLOT": "没有找到这个号。",
    "HOLD_EXPIRED": "保留时间已过，号已释放。",
    "TOO_LATE": "已经超过可以办理的时间。",
    "NOT_FOUND": "医院没有找到这条记录。",
    "BLACKLISTED": "因多次爽约，暂时不能预约，请到窗口办理。",
    "NOT_PAID": "还没有支付。",
    "BAD_MESSAGE": "医院系统没有接受这次请求。",
    "BUSY": "医院系统繁忙，请稍后再试。",
}


def check(answer: Message) -> Message:
    """The answer, if it accepts. Raises BackendError with the HIS's code and Chinese text, BackendUnavailable where
    it is busy."""
    msa = answer.need("MSA")
    accepted = msa.text(1)
    if accepted in ("AA", "CA"):
        return answer
    err = answer.first("ERR")
    code = msa.text(3) or (err.text(5) if err else "")
    if code not in _TEXT:
        code = "BAD_MESSAGE" if accepted in ("AR", "CR") else "BACKEND_REFUSED"
    text = (err.text(8) if err else "") or _TEXT.get(code)
    if code == "BUSY":
        raise BackendUnavailable(text, code=code, detail="HIS busy")
    raise BackendError(text, code=code, status=_STATUS.get(code, 409), detail=f"HIS {accepted} {code}")
