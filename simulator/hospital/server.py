"""One message in, one answer out: whatever comes gets an HL7 answer, and nothing of it gets into the log."""

import sqlite3

from sqlalchemy.exc import OperationalError

from common import logs
from simulator.hospital.changes import Changes
from simulator.hospital.envelope import CHARSETS
from simulator.hospital.his import His
from simulator.hospital.hl7 import Message, Unreadable, parse
from simulator.hospital.questions import Questions
from simulator.hospital.refusal import Refused

log = logs.logger("his")


class Server:
    """Decodes, dispatches, encodes. Thread-safe: the MLLP side calls it from worker threads."""

    def __init__(self, his: His, questions: Questions, changes: Changes) -> None:
        self.his, self.questions, self.changes = his, questions, changes

    def decode(self, raw: bytes) -> Message:
        """The message of a frame. Raises Refused (charset) and Unreadable (form)."""
        envelope = self.his.envelope
        try:
            message = parse(raw.decode(envelope.codec))
        except UnicodeDecodeError:
            raise Refused(
                "BAD_MESSAGE", f"字符集不符：本系统使用 {envelope.charset}。", detail="charset"
            ) from None
        declared = message.segments[0].get(18).upper()
        if declared and declared not in (CHARSETS[envelope.charset], envelope.charset):
            raise Refused("BAD_MESSAGE", f"字符集不符：本系统使用 {envelope.charset}。", detail="charset")
        return message

    def answer(self, message: Message) -> str:
        """The answer's text."""
        kind, now, envelope = message.kind, self.his.now(), self.his.envelope
        type = "^".join(["ACK", kind.split("^")[1], "ACK"])
        if not message.control_id:
            return envelope.refusal(message, type, now, Refused("BAD_MESSAGE", "缺少消息控制号（MSH-10）。"))
        try:
            if kind in self.questions.handlers:
                with self.his.database.read() as connection:
                    type, body = self.questions.handlers[kind](connection, message)
            elif kind in self.changes.handlers:
                with self.his.database.write() as connection:
                    type, body = self.changes.handlers[kind](connection, message)
            else:
                return envelope.refusal(
                    message, type, now, Refused("BAD_MESSAGE", "不支持的消息类型。"), code="AR"
                )
            return envelope.answer(message, type, now, body)
        except Refused as refused:
            log.info("refused", type=_safe(kind), code=refused.code, detail=refused.detail)
            return envelope.refusal(message, type, now, refused)
        except Unreadable as unreadable:
            log.info("unreadable", type=_safe(kind), detail=unreadable.detail)
            return envelope.refusal(message, type, now, Refused("BAD_MESSAGE", unreadable.message))
        except (OperationalError, sqlite3.OperationalError) as error:
            log.warning("database busy", type=_safe(kind), error=error.__class__.__name__)
            return envelope.refusal(message, type, now, Refused("BUSY"))

    def refuse(self, message: Message | None, error: Refused | Unreadable, code: str = "AE") -> str:
        """The answer to what could not even be read."""
        refused = error if isinstance(error, Refused) else Refused("BAD_MESSAGE", error.message)
        return self.his.envelope.refusal(message, "ACK", self.his.now(), refused, code)


def _safe(kind: str) -> str:
    """A message type for the log: never longer or stranger than a type is."""
    return kind if len(kind) <= 8 and kind.replace("^", "").isalnum() and kind.isascii() else "other"
