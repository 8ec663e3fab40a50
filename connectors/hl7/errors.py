"""The one exception that unreadable HL7 raises."""

from common.errors import MenzhenError


class HL7Error(MenzhenError):
    """The bytes or the text are not a message that can be read.

    `message` says in Chinese what is wrong and where; it quotes segment names and positions, never field values.
    """

    status = 422
    code = "BAD_MESSAGE"
    message = "HL7 消息无法解析。"
