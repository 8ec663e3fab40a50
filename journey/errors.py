"""What this process refuses on purpose."""

from common.errors import MenzhenError


class JourneyError(MenzhenError):
    """Root of the errors of this room."""


class NotFound(JourneyError):
    status = 404
    code = "not_found"
    message = "没有找到这条记录。"


class BadRequest(JourneyError):
    status = 422
    code = "bad_request"
    message = "请求的内容不完整或不正确。"


class KeyConflict(JourneyError):
    """The idempotency key was used before for something else."""

    status = 409
    code = "key_conflict"
    message = "这次操作和之前的请求冲突了，请重新开始。"


class NothingDue(JourneyError):
    status = 409
    code = "nothing_due"
    message = "这些费用已经缴清或不能在线支付，请重新查看账单。"


class Unanswered(JourneyError):
    """A system behind the facade did not answer; nobody knows whether it acted."""

    status = 503
    code = "BACKEND_DOWN"
    message = "医院系统暂时连接不上，请稍后再试。"


class Refused(JourneyError):
    """A system behind the facade said no. `code` is its own (`SLOT_FULL`, `TOO_LATE` …), `message` Chinese."""

    status = 409
    code = "BACKEND_REFUSED"
    message = "医院系统没有受理这次请求。"
