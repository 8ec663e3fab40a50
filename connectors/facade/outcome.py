"""Errors of the facade, and the OperationOutcome that every one of them becomes."""

import traceback
from typing import Any

from common.errors import MenzhenError
from connectors.adapter import BackendError

SYSTEM = "urn:menzhen:error"

_ISSUE = {
    400: "invalid",
    401: "login",
    403: "forbidden",
    404: "not-found",
    405: "not-supported",
    406: "not-supported",
    409: "conflict",
    412: "conflict",
    413: "too-long",
    415: "not-supported",
    422: "processing",
    503: "transient",
}
_STATUS = {
    "NO_PATIENT": 404,
    "NO_SLOT": 404,
    "NOT_FOUND": 404,
    "ORDER_NOT_FOUND": 404,
    "BAD_MESSAGE": 422,
    "PARAM_ERROR": 422,
    "BUSY": 503,
    "SIGN_ERROR": 503,
}


class Invalid(MenzhenError):
    """The request cannot be understood: parameter, header or JSON."""

    status = 400
    code = "INVALID"
    message = "请求有误。"


class Unprocessable(MenzhenError):
    """The resource is well-formed but breaks a rule. `path` is a FHIRPath for the sender."""

    status = 422
    code = "UNPROCESSABLE"
    message = "提交的内容不符合要求。"

    def __init__(self, message: str, path: str = "", **more: Any) -> None:
        super().__init__(message, **more)
        self.path = path


class NotFound(MenzhenError):
    """Nothing there, or nothing that the bearer may know of."""

    status = 404
    code = "NOT_FOUND"
    message = "没有找到。"


class NotSupported(MenzhenError):
    status = 405
    code = "NOT_SUPPORTED"
    message = "不支持这个操作。"


class Mismatch(MenzhenError):
    status = 412
    code = "VERSION_MISMATCH"
    message = "内容已经变了，请刷新后再试。"


class AuditUnavailable(MenzhenError):
    status = 503
    code = "AUDIT_UNAVAILABLE"
    message = "访问记录暂时无法保存，请稍后再试。"


def frames(error: BaseException, limit: int = 6) -> str:
    """Where an error came from, for the log: places only, since its text may hold personal data."""
    places = traceback.extract_tb(error.__traceback__)[-limit:]
    return " < ".join(f"{place.filename.rpartition('/')[2]}:{place.lineno}" for place in reversed(places))


def status_of(error: MenzhenError) -> int:
    """The HTTP status of an error; a back end's refusal is told apart by its code."""
    if isinstance(error, BackendError) and error.status == BackendError.status:
        return _STATUS.get(error.code, error.status)
    return error.status


def issue(
    code: str, message: str, status: int, *, severity: str = "error", path: str = "", diagnostics: str = ""
) -> dict[str, Any]:
    """One `OperationOutcome.issue`."""
    kind = "timeout" if code == "BACKEND_TIMEOUT" else _ISSUE.get(status, "exception")
    found: dict[str, Any] = {
        "severity": severity,
        "code": kind,
        "details": {"coding": [{"system": SYSTEM, "code": code}], "text": message},
    }
    if path:
        found["expression"] = [path]
    if diagnostics:
        found["diagnostics"] = diagnostics
    return found


def outcome(*issues: dict[str, Any]) -> dict[str, Any]:
    """An OperationOutcome of these issues."""
    return {"resourceType": "OperationOutcome", "issue": list(issues)}


def of_error(error: MenzhenError) -> dict[str, Any]:
    """The OperationOutcome that tells the person of this error; its detail stays in the log."""
    status = status_of(error)
    return outcome(issue(error.code.upper(), error.message, status, path=getattr(error, "path", "")))
