"""HL7 v2 messages: a lean splitter that reads fields when they are asked for, and a builder that escapes.

Answers to schedule questions have hundreds of segments, of which few fields are looked at; so a message is cut into
segments and fields only, and repetitions, components and escapes are taken apart on access.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from connectors.hl7 import charset
from connectors.hl7.errors import HL7Error

MAX_BYTES = 4 * 1024 * 1024
_NAME = re.compile(r"[A-Z][A-Z0-9]{2}")
_ESCAPE_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")


@dataclass(frozen=True, slots=True)
class Encoding:
    """The five characters that a message's header defines."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    sub: str = "&"

    def characters(self) -> str:
        """MSH-2."""
        return self.component + self.repetition + self.escape + self.sub

    def unescape(self, text: str) -> str:
        """Text with its escape sequences resolved; what is unknown stays as it was written."""
        if not self.escape or self.escape not in text:
            return text
        parts = text.split(self.escape)
        out, index = [parts[0]], 1
        while index < len(parts):
            if index + 1 < len(parts) and (value := self._sequence(parts[index])) is not None:
                out += [value, parts[index + 1]]
                index += 2
            else:
                out += [self.escape, parts[index]]
                index += 1
        return "".join(out)

    def _sequence(self, code: str) -> str | None:
        simple = {
            "F": self.field,
            "S": self.component,
            "T": self.sub,
            "R": self.repetition,
            "E": self.escape,
            ".br": "\n",
            "H": "",
            "N": "",
        }
        if code in simple:
            return simple[code]
        if code.startswith("X") and _ESCAPE_HEX.fullmatch(code[1:]):
            return bytes.fromhex(code[1:]).decode("utf-8", "replace")
        return None

    def escaped(self, text: str) -> str:
        """Text that can stand in a component. Line breaks become `\\.br\\`, other control characters a space."""
        out = text.replace(self.escape, f"{self.escape}E{self.escape}")
        for character, code in (
            (self.field, "F"),
            (self.component, "S"),
            (self.sub, "T"),
            (self.repetition, "R"),
        ):
            out = out.replace(character, f"{self.escape}{code}{self.escape}")
        out = out.replace("\r\n", "\n").replace("\r", "\n").replace("\n", f"{self.escape}.br{self.escape}")
        return re.sub(r"[\x00-\x1f\x7f]", " ", out)


STANDARD = Encoding()


class Segment:
    """One segment. Fields, repetitions, components and sub-components count from 1, as HL7's own texts do."""

    __slots__ = ("_fields", "encoding", "line", "name")

    def __init__(self, name: str, line: str, encoding: Encoding) -> None:
        self.name, self.line, self.encoding = name, line, encoding
        self._fields: list[str] | None = None

    @property
    def fields(self) -> list[str]:
        """The fields as they are written; index 0 is the name, so that the numbers are HL7's own."""
        if self._fields is None:
            self._fields = self.line.split(self.encoding.field)
            if self.name == "MSH":
                # MSH-1 is the separator itself.
                self._fields.insert(1, self.encoding.field)
        return self._fields

    def raw(self, field: int) -> str:
        """A field as it is written; empty where the segment is shorter."""
        fields = self._fields or self.fields
        return fields[field] if field < len(fields) else ""

    def text(self, field: int, component: int = 1, repetition: int = 1, sub: int = 1) -> str:
        """A value, unescaped; empty where there is none, and for the explicit null `""`."""
        value = self.raw(field)
        if not value or value == '""':
            return ""
        encoding = self.encoding
        if encoding.repetition in value:
            value = _nth(value, encoding.repetition, repetition)
        elif repetition > 1:
            return ""
        return _component(value, component, sub, encoding)

    def repeats(self, field: int) -> "list[Field]":
        """The repetitions of a field that hold something."""
        value = self.raw(field)
        if not value or value == '""':
            return []
        return [Field(part, self.encoding) for part in value.split(self.encoding.repetition) if part]

    def __repr__(self) -> str:
        return f"<Segment {self.name}, {len(self.fields) - 1} fields>"


@dataclass(frozen=True, slots=True)
class Field:
    """One repetition of a field."""

    value: str
    encoding: Encoding

    def text(self, component: int = 1, sub: int = 1) -> str:
        """A component or sub-component, unescaped; empty where there is none."""
        return _component(self.value, component, sub, self.encoding)


def _nth(value: str, separator: str, number: int) -> str:
    parts = value.split(separator, number)
    return parts[number - 1] if number <= len(parts) else ""


def _component(value: str, component: int, sub: int, encoding: Encoding) -> str:
    if encoding.component in value:
        value = _nth(value, encoding.component, component)
    elif component > 1:
        return ""
    if encoding.sub and encoding.sub in value:
        value = _nth(value, encoding.sub, sub)
    elif sub > 1:
        return ""
    return "" if value == '""' else encoding.unescape(value)


class Message:
    """A message: its segments in order, the header first."""

    __slots__ = ("encoding", "segments")

    def __init__(self, segments: list[Segment], encoding: Encoding) -> None:
        self.segments, self.encoding = segments, encoding

    @property
    def header(self) -> Segment:
        return self.segments[0]

    @property
    def type(self) -> str:
        """MSH-9's first component, `SIU`."""
        return self.header.text(9, 1)

    @property
    def trigger(self) -> str:
        """MSH-9's second component, `S12`."""
        return self.header.text(9, 2)

    @property
    def control_id(self) -> str:
        """MSH-10."""
        return self.header.text(10)

    def first(self, name: str) -> Segment | None:
        """The first segment of that name."""
        return next((segment for segment in self.segments if segment.name == name), None)

    def need(self, name: str) -> Segment:
        """The first segment of that name; HL7Error where there is none."""
        segment = self.first(name)
        if segment is None:
            raise HL7Error(f"消息缺少 {name} 段。", detail=f"{self.type}^{self.trigger} without {name}")
        return segment

    def all(self, name: str) -> Iterator[Segment]:
        """The segments of that name, in order."""
        return (segment for segment in self.segments if segment.name == name)

    def groups(self, opener: str) -> "list[Group]":
        """The runs of segments that each begin with `opener`, each up to the next one."""
        groups: list[Group] = []
        for segment in self.segments:
            if segment.name == opener:
                groups.append(Group([segment]))
            elif groups:
                groups[-1].segments.append(segment)
        return groups

    def __repr__(self) -> str:
        return f"<Message {self.type}^{self.trigger}, {len(self.segments)} segments>"


@dataclass(slots=True)
class Group:
    """Segments that belong together, for instance one appointment in an answer."""

    segments: list[Segment]

    def first(self, name: str) -> Segment | None:
        """The first segment of that name in this group."""
        return next((segment for segment in self.segments if segment.name == name), None)

    def all(self, name: str) -> Iterator[Segment]:
        """The segments of that name in this group, in order."""
        return (segment for segment in self.segments if segment.name == name)


def parse(data: bytes | str, default_charset: str = charset.UTF8) -> Message:
    """Read one message. Tolerates a byte-order mark, LF or CRLF for CR, blank lines, a missing last CR, and text
    broken by a raw LF. Raises HL7Error, and nothing else, for what is no message."""
    if len(data) > MAX_BYTES:
        raise HL7Error("消息超过 4 MB。", detail=f"{len(data)} long")
    text = charset.decode(data, default_charset) if isinstance(data, bytes) else data
    text = text.lstrip("\ufeff\r\n\t \x0b").rstrip("\x1c\r\n\t \x00")
    if not text:
        raise HL7Error("消息是空的。", detail="empty")
    encoding = _encoding(text)
    lines = text.split("\r") if "\n" not in text else _lines(text, encoding.field)
    segments = [_segment(line, number, encoding) for number, line in enumerate(lines, 1) if line.strip()]
    if any(segment.name == "MSH" for segment in segments[1:]):
        raise HL7Error("一份文件里有多条消息，请逐条给出。", detail="second MSH")
    header = segments[0]
    if not header.text(9):
        raise HL7Error("MSH-9（消息类型）是空的。", detail="MSH-9 empty")
    return Message(segments, encoding)


def _lines(text: str, separator: str) -> list[str]:
    """Segments of a text with LFs: an LF ends a segment only where the next line looks like one."""
    return re.split(rf"\r\n?|\n(?=[A-Z][A-Z0-9]{{2}}{re.escape(separator)})|\n+\Z", text)


def _encoding(text: str) -> Encoding:
    if not text.startswith("MSH"):
        raise HL7Error("消息不以 MSH 段开头。", detail="no MSH")
    separator = text[3:4]
    end = text.find(separator, 4) if separator else -1
    characters = text[4:end] if end > 0 else ""
    if not 2 <= len(characters) <= 5 or separator.isalnum() or separator.isspace():
        raise HL7Error("MSH 段的分隔符不完整。", detail="MSH-1 or MSH-2 unusable")
    characters = characters[:4]
    distinct = set(characters) | {separator}
    if len(distinct) != len(characters) + 1 or any(c.isalnum() or c.isspace() for c in characters):
        raise HL7Error("MSH 段的分隔符重复或不可用。", detail="MSH-2 not distinct")
    padded = [*characters, "", ""][:4]
    return Encoding(separator, padded[0], padded[1], padded[2], padded[3])


def _segment(line: str, number: int, encoding: Encoding) -> Segment:
    line = line.strip("\n")
    name = line[:3]
    if not _NAME.fullmatch(name) or (len(line) > 3 and line[3] != encoding.field):
        raise HL7Error(f"第 {number} 段没有正确的段名。", detail=f"segment {number} has no name")
    return Segment(name, line, encoding)


@dataclass(frozen=True, slots=True)
class Raw:
    """A field that is written as it is: already encoded."""

    value: str


Value = str | int | None | Raw | tuple["str | int | None", ...]
"""What a field is built of: text, a number, nothing, a tuple of components; a list of these repeats."""


def field(value: "Value | Sequence[Value]") -> str:
    """A field's text in the standard encoding. `("Q22", "Find")` are components, a list repeats."""
    if value is None or value == "":
        return ""
    if isinstance(value, Raw):
        return value.value
    if isinstance(value, str | int):
        return STANDARD.escaped(str(value))
    if isinstance(value, tuple):
        return "^".join("" if v is None else STANDARD.escaped(str(v)) for v in value).rstrip("^")
    return "~".join(field(item) for item in value)


def segment(name: str, *values: "Value | Sequence[Value]") -> str:
    """A segment's text: `segment("QPD", ("Q22", "Find"), tag)`; empty fields at the end are left out."""
    return "|".join([name, *map(field, values)]).rstrip("|")


def join(segments: Iterable[str]) -> str:
    """Segments as a message, each ended by CR."""
    return "".join(f"{one}\r" for one in segments)
