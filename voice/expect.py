"""What the assistant expects to hear next. Contract: docs/protocols/voice.md, “What the assistant expects”."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

KINDS = (
    "yes_no",
    "choice",
    "department",
    "doctor",
    "date_time",
    "number",
    "identity",
    "phone",
    "person",
    "symptom",
    "visit_type",
    "free",
)


@dataclass(frozen=True, slots=True)
class Option:
    """One of the things that were offered, with the words that it is called by."""

    id: str
    title: str = ""
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Expectation:
    """What was just asked for: the kinds of answer, the slot and flow, the options that are shown."""

    kinds: tuple[str, ...] = ("free",)
    slot: str | None = None
    flow: str | None = None
    options: tuple[Option, ...] = ()

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Expectation:
        """From the JSON of a reply; unknown kinds are `free`, and so is nothing at all."""
        kinds = [str(kind) if kind in KINDS else "free" for kind in content.get("kinds") or ["free"]]
        options = tuple(
            Option(
                str(option.get("id", "")),
                str(option.get("title") or ""),
                tuple(str(word) for word in option.get("words") or ()),
            )
            for option in content.get("options") or ()
            if isinstance(option, Mapping)
        )
        return cls(tuple(dict.fromkeys(kinds)), content.get("slot"), content.get("flow"), options)


FREE = Expectation()
"""Nothing was asked."""
