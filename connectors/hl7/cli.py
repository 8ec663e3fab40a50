"""The core of `./menzhen hl7 FILE… [--json]`: messages in, FHIR bundles or what is wrong out."""

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson

from connectors.hl7 import charset
from connectors.hl7.errors import HL7Error
from connectors.hl7.fhir import convert
from connectors.hl7.message import MAX_BYTES, parse

_ENVELOPE = re.compile(rb"^(?:FHS|BHS|BTS|FTS)\|[^\r\n]*[\r\n]*", re.MULTILINE)
_START = re.compile(rb"(?:(?<=[\r\n\x0b])|\A)(?=MSH[^A-Za-z0-9\s])")


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 all converted, 1 a message is wrong, 2 wrong use or an unreadable file."""
    parser = argparse.ArgumentParser("menzhen hl7", description="HL7 v2 消息 → FHIR R4")
    parser.add_argument("files", nargs="*", metavar="FILE", help="消息文件；- 或不写则读标准输入")
    parser.add_argument("--json", action="store_true", help="每条消息一行 JSON")
    options = parser.parse_args(arguments)
    status = 0
    for file in options.files or ["-"]:
        try:
            data = _read(file)
        except OSError as error:
            print(f"{file}：{error.strerror or '读不了'}", file=sys.stderr)
            return 2
        for number, message in enumerate(split(data), 1):
            answer = bundle_or_error(message)
            status = max(status, int("error" in answer))
            if options.json:
                _write({"file": file, "message": number, **answer})
            else:
                _show(file, number, answer)
    return status


def bundle_or_error(data: bytes) -> dict[str, Any]:
    """`{"bundle": …}` or `{"error": {"code", "message", "detail"}}`."""
    try:
        return {"bundle": convert(parse(data))}
    except HL7Error as error:
        return {"error": {"code": error.code, "message": error.message, "detail": error.detail}}


def split(data: bytes) -> Iterator[bytes]:
    """The messages of a file: one, many after each other, MLLP-framed, or in a batch. At least one, even if empty."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            data = charset.decode(data[: MAX_BYTES * 2]).encode()
        except HL7Error:
            yield data
            return
    data = data.removeprefix(b"\xef\xbb\xbf").replace(b"\x1c", b"")
    data = _ENVELOPE.sub(b"", data)
    starts = [match.start() for match in _START.finditer(data)]
    if len(starts) < 2 or data[: starts[0]].strip(b"\r\n\t \x0b"):
        yield data
        return
    for start, end in zip(starts, [*starts[1:], len(data)], strict=True):
        yield data[start:end]


def _read(file: str) -> bytes:
    return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()


def _write(value: Any) -> None:
    sys.stdout.buffer.write(orjson.dumps(value) + b"\n")
    sys.stdout.buffer.flush()


def _show(file: str, number: int, answer: dict[str, Any]) -> None:
    """The bundle, indented; errors go to standard error in one line."""
    if "error" in answer:
        print(f"{file} 第 {number} 条：{answer['error']['message']}", file=sys.stderr)
        return
    sys.stdout.buffer.write(orjson.dumps(answer["bundle"], option=orjson.OPT_INDENT_2) + b"\n")
    sys.stdout.buffer.flush()
