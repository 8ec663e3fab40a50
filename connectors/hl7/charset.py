"""Bytes of a message ↔ text: MSH-18 honoured, byte-order marks tolerated, UTF-8 and GB18030 (GBK, GB2312)."""

import codecs
import re

from connectors.hl7.errors import HL7Error

UTF8, GB18030 = "utf-8", "gb18030"
_NAMES = {
    "": "",
    "ASCII": "",  # what old senders write whatever they send: decided by looking
    "UNICODE": UTF8,
    "UNICODE UTF-8": UTF8,
    "UTF-8": UTF8,
    "UTF8": UTF8,
    "GB 18030-2000": GB18030,
    "GB18030-2000": GB18030,
    "GB18030": GB18030,
    "GBK": GB18030,
    "GB2312": GB18030,
    "BIG-5": "big5",
}
_MSH_18 = {UTF8: "UNICODE UTF-8", GB18030: "GB 18030-2000"}
_LATIN = re.compile(r"8859/(\d{1,2})")


def codec(name: str) -> str:
    """The Python codec of an HL7 (table 0211) or settings name; empty where it says nothing. Raises HL7Error."""
    name = name.strip().upper()
    if name in _NAMES:
        return _NAMES[name]
    if latin := _LATIN.fullmatch(name):
        try:
            return codecs.lookup(f"iso8859-{latin[1]}").name
        except LookupError:
            pass
    raise HL7Error("MSH-18 写的字符集不认识。", detail="unknown character set in MSH-18")


def msh_18(codec_name: str) -> str:
    """What MSH-18 says for a codec of ours."""
    return _MSH_18[codec_name]


def decode(data: bytes, default: str = UTF8) -> str:
    """The text of a message: by its mark, by MSH-18, else `default`, else GB18030. Raises HL7Error."""
    if data.startswith(codecs.BOM_UTF8):
        return _strict(data[3:], UTF8)
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _strict(data, "utf-16")
    declared = codec(_declared(data))
    if declared:
        return _strict(data, declared)
    try:
        return data.decode(default)
    except UnicodeDecodeError:
        return _strict(data, GB18030 if default == UTF8 else UTF8)


def _declared(data: bytes) -> str:
    """MSH-18's first repetition, read before the text can be; empty where there is none."""
    data = data.lstrip(b"\r\n\t \x0b")
    header = re.split(rb"[\r\n]", data, maxsplit=1)[0]
    if not header.startswith(b"MSH") or len(header) < 8:
        return ""
    fields = header.split(header[3:4])
    if len(fields) <= 17:
        return ""
    return fields[17].split(header[5:6])[0].split(header[4:5])[0].decode("ascii", "replace")


def _strict(data: bytes, name: str) -> str:
    try:
        return data.decode(name)
    except UnicodeDecodeError as error:
        raise HL7Error(
            f"消息不是 {name.upper()} 编码，或传输中损坏。", detail=f"{name} fails at byte {error.start}"
        ) from None


def encode(text: str, codec_name: str) -> bytes:
    """The bytes of a message. Characters that the set lacks raise HL7Error (lone surrogates do)."""
    try:
        return text.encode(codec_name)
    except UnicodeEncodeError:
        raise HL7Error("消息里有无法编码的字符。", detail=f"cannot encode to {codec_name}") from None
