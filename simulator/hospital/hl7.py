"""HL7 v2 text: parsing that raises one exception type, and writing with escapes both ways.

The simulator is the other party of the wire, so it reads and writes HL7 with code of its own.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from common.errors import MenzhenError

Scalar = str | int | None
Value = Scalar | tuple[Scalar, ...] | list["Value"]
"""What a field may be: text, components (a tuple) or repetitions (a list)."""

ENCODING = "|^~\\&"
_ESCAPES = {
    "|": "\\F\\",
    "^": "\\S\\",
    "&": "\\T\\",
    "~": "\\R\\",
    "\\": "\\E\\",
    "\r": "\\X0D\\",
    "\n": "\\X0A\\",
}
_NAMED = {"F": "|", "S": "^", "T": "&", "R": "~", "E": "\\"}
_ESCAPE = re.compile(r"\\([FSTRE]|X(?:[0-9A-Fa-f]{2})+|\.[a-z]+[^\\]*|[HN])\\")
_SPECIAL = re.compile(r"[|^&~\\\r\n]")
_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)?)?(?:\.\d{1,4})?(?:[+-]\d{4})?")
_SEGMENT = re.compile(r"[A-Z][A-Z0-9]{2}")


class Unreadable(MenzhenError):
    """A message that is not HL7 v2 as the profile has it. Never carries the message's content."""

    status = 400
    code = "BAD_MESSAGE"
    message = "消息格式不正确。"


def escape(text: str) -> str:
    return _SPECIAL.sub(lambda m: _ESCAPES[m.group()], text)


def _unescape_one(match: re.Match[str]) -> str:
    code = match.group(1)
    if code in _NAMED:
        return _NAMED[code]
    if code[0] == "X":
        return bytes.fromhex(code[1:]).decode("utf-8", "replace")
    return "\n" if code.startswith((".br", ".sp")) else ""


def unescape(text: str) -> str:
    return _ESCAPE.sub(_unescape_one, text) if "\\" in text else text


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment; fields are numbered as in the standard (MSH-1 is the separator itself)."""

    name: str
    fields: Sequence[str]

    def raw(self, field: int) -> str:
        return self.fields[field] if field < len(self.fields) else ""

    def repetitions(self, field: int) -> list[list[str]]:
        """Every repetition of a field as its unescaped components."""
        raw = self.raw(field)
        return [[unescape(c) for c in r.split("^")] for r in raw.split("~")] if raw else []

    def get(self, field: int, component: int = 1) -> str:
        """A component of the field's first repetition, unescaped and stripped; empty if absent."""
        parts = self.raw(field).split("~", 1)[0].split("^")
        return unescape(parts[component - 1]).strip() if component <= len(parts) else ""


_EMPTY = Segment("", ())


@dataclass(frozen=True, slots=True)
class Message:
    segments: Sequence[Segment]

    def first(self, name: str) -> Segment:
        """The first segment of that name, or an empty one."""
        return next((s for s in self.segments if s.name == name), _EMPTY)

    def all(self, name: str) -> list[Segment]:
        return [s for s in self.segments if s.name == name]

    def need(self, name: str) -> Segment:
        """The first segment of that name. Raises Unreadable where there is none."""
        found = self.first(name)
        if not found.name:
            raise Unreadable(f"缺少 {name} 段。", detail=f"no {name}")
        return found

    @property
    def kind(self) -> str:
        """`SRM^S01`, from MSH-9."""
        header = self.segments[0]
        return f"{header.get(9)}^{header.get(9, 2)}"

    @property
    def control_id(self) -> str:
        return self.segments[0].get(10)


def parse(text: str) -> Message:
    """Read a message. Segments may end in CR, LF or both. Raises Unreadable."""
    lines = [line for line in re.split(r"[\r\n]+", text.lstrip("\ufeff")) if line.strip()]
    if not lines or not lines[0].startswith("MSH"):
        raise Unreadable("消息不是以 MSH 段开始。", detail="no MSH")
    if lines[0][3:8] != ENCODING:
        raise Unreadable("MSH-1、MSH-2 须为 |^~\\&。", detail="unusual separators")
    segments = [Segment("MSH", ["MSH", "|", *lines[0][4:].split("|")])]
    for line in lines[1:]:
        fields = line.split("|")
        if not _SEGMENT.fullmatch(fields[0]):
            raise Unreadable("有无法识别的段名。", detail="segment name")
        segments.append(Segment(fields[0], fields))
    return Message(segments)


def _text(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return "~".join(_text(v) for v in value)
    if isinstance(value, tuple):
        return "^".join("" if v is None else escape(str(v)) for v in value).rstrip("^")
    return escape(str(value))


def segment(name: str, fields: Mapping[int, Value]) -> str:
    """A segment from its fields by number, e.g. `segment("ZHD", {1: 900})`."""
    last = max((n for n, v in fields.items() if v not in (None, "")), default=0)
    return "|".join([name, *(_text(fields.get(n)) for n in range(1, last + 1))])


def to_hl7(iso: str | None) -> str:
    """`2026-11-23T08:30:00` → `20261123083000`; dates likewise."""
    return re.sub(r"[-T: ]", "", iso) if iso else ""


def from_hl7(text: str, *, end_of_day: bool = False) -> str:
    """`20261123[0830[00]]` → `2026-11-23T08:30:00` (local). `end_of_day`: a bare date means its last second.

    Raises Unreadable.
    """
    match = _TIME.fullmatch(text.strip())
    if not match:
        raise Unreadable("时间格式应为 yyyyMMddHHmmss。", detail="time format")
    year, month, day, hour, minute, second = match.groups()
    if hour is None:
        hour, minute, second = ("23", "59", "59") if end_of_day else ("00", "00", "00")
    try:
        moment = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or 0))
    except ValueError:
        raise Unreadable("时间不存在。", detail="no such time") from None
    return moment.isoformat()
