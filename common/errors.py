"""The root of every error that a process raises on purpose."""


class MenzhenError(Exception):
    """An error with a stable code, a sentence for the person who asked, and a detail for the log.

    `code` is a short stable word for machines; `message` is Chinese and may be shown as it is;
    `detail` goes to the log and never holds personal data; `status` is the HTTP status.
    """

    status = 500
    code = "internal"
    message = "系统出了点问题，请稍后再试。"

    def __init__(
        self,
        message: str | None = None,
        *,
        code: str | None = None,
        detail: str = "",
        status: int | None = None,
    ) -> None:
        self.message = message or type(self).message
        self.code = code or type(self).code
        self.status = status or type(self).status
        self.detail = detail
        super().__init__(f"{self.code}: {detail or self.message}")

    def as_json(self) -> dict[str, dict[str, str]]:
        """The body that our own HTTP APIs answer with."""
        return {"error": {"code": self.code, "message": self.message}}


class SettingsError(MenzhenError):
    code = "settings"
    message = "配置有误。"


class NotAuthorised(MenzhenError):
    status = 401
    code = "not_authorised"
    message = "登录已过期，请重新登录。"


class Forbidden(MenzhenError):
    status = 403
    code = "forbidden"
    message = "您没有权限做这件事。"
