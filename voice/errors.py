"""The errors of speech, each with a sentence for the person at the other end."""

from common.errors import MenzhenError


class VoiceError(MenzhenError):
    """Root of what this room raises. `close` is the code with which its WebSocket is closed."""

    close = 1011
    code = "voice"
    message = "语音服务出了点问题，请用触屏继续。"


class BadMessage(VoiceError):
    """A frame, a setting or a request that the protocol does not know."""

    status = 400
    close = 4400
    code = "bad_message"
    message = "没有看懂这条语音消息。"


class TokenMissing(VoiceError):
    """No token, or one that does not open this service."""

    status = 401
    close = 4401
    code = "not_authorised"
    message = "语音服务没有收到有效的凭证。"


class Idle(VoiceError):
    """Nothing came for too long."""

    status = 408
    close = 4408
    code = "idle"
    message = "太久没有声音，语音已经关闭。"


class TooMuchAudio(VoiceError):
    """A frame, a stretch of speech or a connection longer than is taken."""

    status = 413
    close = 4413
    code = "too_much_audio"
    message = "声音太长了，请分几句说。"


class Busy(VoiceError):
    """As many people speak as this machine can listen to."""

    status = 429
    close = 4429
    code = "busy"
    message = "现在说话的人太多，请稍等一下再说，或者用触屏继续。"


class ModelError(VoiceError):
    """A model that is not there, is not whole, or cannot be fetched; the message says which and what to do."""

    status = 503
    code = "model"
    message = "语音模型不能用。"
