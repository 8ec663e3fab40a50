"""Judged time expressions in the manner of three public test suites: sentences of our own, with their intervals.

A file is a suite. `@ 2021-06-14T01:06` sets the moment of speaking for the lines after it; a line is
`[f|p] GOLD = sentence；sentence；…`, where f or p is the way a choice is made (future by default). 【】 marks the
expression; without it the whole sentence is one. GOLD is a year, month, day or moment (then only the start counts),
or A..B with both included, B's moment not; `A..` has no end, `..B` no start and stops where B starts.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
SENSES = {"f": "future", "p": "past"}


def cases(path: Path) -> Iterator[dict[str, Any]]:
    """The cases of a suite file, in the fields that the benchmark reads."""
    now = ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("@ "):
            now = datetime.fromisoformat(line[2:].strip()).isoformat()
        elif line and not line.startswith("#"):
            head, _, sentences = line.partition(" = ")
            sense, gold = head.split(" ") if " " in head else ("f", head)
            for place, sentence in enumerate(sentences.split("；"), 1):
                text = sentence.replace("【", "").replace("】", "")
                expression = sentence.partition("【")[2].partition("】")[0] or text
                yield {
                    "id": f"{path.stem}-{number}-{place}",
                    "suite": path.stem,
                    "text": text,
                    "expression": expression,
                    "now": now,
                    "prefer": SENSES[sense],
                    "gold": [interval(gold)],
                    "kind": "date_time",
                    "convention": "ok",
                }


def interval(gold: str) -> list[str | None]:
    """Start and end of what GOLD names, ISO 8601 without a zone; no end for a moment or an open range."""
    first, dots, last = gold.partition("..")
    if not dots:
        return [start(first), None if "T" in first else end(first)]
    if not first:
        return [None, start(last)]
    return [start(first), end(last) if last else None]


def start(part: str) -> str:
    """The first moment of a year, month, day or moment."""
    return datetime.fromisoformat(f"{part}-01-01"[:10] if len(part) < 10 else part).isoformat()


def end(part: str) -> str:
    """The first moment after a year, month or day; a moment itself."""
    begin = datetime.fromisoformat(start(part))
    if "T" in part:
        return begin.isoformat()
    if len(part) == 10:
        return (begin + timedelta(days=1)).isoformat()
    if len(part) == 7:
        return (begin.replace(day=28) + timedelta(days=4)).replace(day=1).isoformat()
    return begin.replace(year=begin.year + 1).isoformat()
