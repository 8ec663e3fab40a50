"""What the HIS refuses, with the codes of docs/protocols/his-hl7.md."""

from common.errors import MenzhenError

MESSAGES = {
    "SLOT_FULL": "该号源已约满，请选择其他时间。",
    "SLOT_STOPPED": "该门诊已停诊，请选择其他时间。",
    "SLOT_PAST": "该时段已过，请选择其他时间。",
    "DUPLICATE": "您已预约过该时段，请勿重复预约。",
    "NO_PATIENT": "没有找到该患者，请先建档。",
    "NO_SLOT": "没有找到该号源。",
    "HOLD_EXPIRED": "号源保留时间已过，未能为您预约，费用将原路退回。",
    "TOO_LATE": "已过可办理的时间，请到人工窗口咨询。",
    "NOT_FOUND": "没有找到该记录。",
    "BLACKLISTED": "近90天内爽约达到3次，暂不能线上预约，请到人工窗口办理。",
    "NOT_PAID": "费用尚未支付或金额不符。",
    "BAD_MESSAGE": "消息格式不正确。",
    "BUSY": "系统繁忙，请稍后再试。",
}


class Refused(MenzhenError):
    """A refusal with one of the profile's codes and a Chinese sentence for the person."""

    status = 409

    def __init__(self, code: str, message: str = "", *, detail: str = "") -> None:
        super().__init__(message or MESSAGES[code], code=code, detail=detail)
