"""How commands read and write: JSON lines on standard output, one line on standard error when something is wrong."""

import argparse
import sys
from collections.abc import Iterator
from typing import Any, NoReturn

import orjson


class CommandError(Exception):
    """Ends a command with one line. Status 2: wrong input; 1: a failure."""

    def __init__(self, message: str, status: int = 1) -> None:
        super().__init__(message)
        self.status = status


class Parser(argparse.ArgumentParser):
    """argparse with its errors in one line, exit status 2."""

    def error(self, message: str) -> NoReturn:
        raise CommandError(f"{self.prog}: {message}（--help 查看用法）", 2)


def parser(command: str, text: str) -> Parser:
    """A parser for `./menzhen COMMAND`."""
    return Parser(prog=f"menzhen {command}", description=text)


def fail(message: str, status: int = 1) -> int:
    """One line on standard error; returns the exit status."""
    print(f"menzhen: {' '.join(message.split())}", file=sys.stderr)
    return status


def print_json(value: Any) -> None:
    """One JSON object on one line, flushed, so that programs can read along."""
    sys.stdout.buffer.write(orjson.dumps(value, default=str) + b"\n")
    sys.stdout.flush()


def input_lines(strip: bool = True) -> Iterator[str]:
    """Lines of standard input as text. Raises CommandError where they are not UTF-8."""
    for number, raw in enumerate(sys.stdin.buffer, 1):
        try:
            line = raw.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError:
            raise CommandError(f"第 {number} 行不是 UTF-8 文本", 2) from None
        yield line.strip() if strip else line.rstrip("\r\n")
