"""Rows of the speech benchmark: one a measurement, printed as soon as it is there, beside what is to be reached."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

Row = dict[str, Any]
"""`key` and `set` (what was measured, for people), then figures: shares are floats named as `SHARES`."""

SHARES = ("exact", "refused", "accepted", "CER", "right", "asked_again", "wrong")
# (key of the row, figure) → whether it has to be at most or at least so much.
GOALS: dict[tuple[str, str], tuple[str, float]] = {
    ("answers", "exact"): ("≥", 0.98),
    ("outside", "accepted"): ("≤", 0.02),
    ("human", "exact"): ("≥", 0.94),
    ("human", "refused"): ("≤", 0.03),
    ("human_outside", "accepted"): ("≤", 0.05),
    ("free", "CER"): ("≤", 0.15),
    ("task", "right"): ("≥", 0.95),
    ("names", "wrong"): ("≤", 0.01),
    ("load", "seconds"): ("≤", 0.5),
    ("one_stream", "grammar"): ("≤", 0.015),
    ("one_stream", "free"): ("≤", 0.03),
    ("delay", "told_p95_ms"): ("≤", 300),
    ("at_once", "streams"): ("≥", 20),
    ("memory", "streams_20_mb"): ("≤", 150),
}


def line(row: Row) -> str:
    """A row for people: figures, each with its goal where there is one."""
    told = []
    for name, value in row.items():
        if name in ("key", "set", "clips", "detail"):
            continue
        shown = f"{value:.1%}" if name in SHARES else f"{value}"
        goal = GOALS.get((row["key"], name))
        if goal and value is not None:
            limit = f"{goal[1]:.0%}" if name in SHARES else f"{goal[1]:g}"
            shown += f" ({'reached' if reached(goal, value) else 'NOT reached'}: {goal[0]} {limit})"
        told.append(f"{name} {shown}")
    count = f" [{row['clips']} clips]" if "clips" in row else ""
    return f"{row['set']}: {', '.join(told)}{count}"


def reached(goal: tuple[str, float], value: float) -> bool:
    return value >= goal[1] if goal[0] == "≥" else value <= goal[1]


@dataclass
class Printer:
    """Prints rows as they come (not with `quiet`), and keeps them."""

    quiet: bool = False
    rows: list[Row] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    def section(self, title: str, expected: str, rows: Callable[[], Iterator[Row]]) -> None:
        """Everything that `rows` gives, under a title that says how long it takes on an idle machine."""
        if not self.quiet:
            print(f"— {title} (about {expected})", flush=True)
        for row in rows():
            self.rows.append(row)
            if not self.quiet:
                minutes = (time.monotonic() - self.began) / 60
                print(f"[{minutes:5.1f} min] {line(row)}", flush=True)

    def as_json(self) -> str:
        return json.dumps(self.rows, ensure_ascii=False)
