"""The gateway's errors, each with a sentence for the person at the other end."""

from common.errors import MenzhenError


class GatewayError(MenzhenError):
    """Root of what the gateway raises."""


class LoginFailed(GatewayError):
    status = 401
    code = "login_failed"
    message = "登录没有成功，请重试。"


class TooMany(GatewayError):
    status = 429
    code = "too_many"
    message = "操作太频繁了，请歇一会儿再试。"


class BadRequest(GatewayError):
    status = 400
    code = "bad_request"
    message = "没有看懂这个请求。"


class BotUnavailable(GatewayError):
    status = 503
    code = "bot_unavailable"
    message = "助手正在忙或者正在恢复，刚才这句话没有处理。请过一会儿再发一次；着急的话，请到一楼服务台。"


class VoiceUnavailable(GatewayError):
    status = 503
    code = "voice_unavailable"
    message = "现在听不了语音，请用手点屏幕或打字。"


class TooLarge(GatewayError):
    status = 413
    code = "too_large"
    message = "这段语音太大了，请说短一点，一次说一件事。"
