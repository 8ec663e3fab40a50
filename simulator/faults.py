"""Faults that tests switch on: what a hospital's network and a vendor's software do on a bad day."""

from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Mode = Literal["none", "delay", "blackhole", "reset", "half", "garbage", "wrong_charset", "twice"]


class Fault(BaseModel):
    """`delay`: each answer comes `seconds` later. `blackhole`: no answer, the connection stays. `reset`: cut.

    `half`: half an answer, then cut. `garbage`: bytes that mean nothing. `wrong_charset`: the other encoding.
    `twice`: call-backs are sent twice (cashier only). `count`: how many requests it hits, null for all;
    `types`: only requests whose type (`SRM^S03`) or path starts so; `applied`: whether the request takes
    effect all the same (the answer is lost) or never arrives.
    """

    model_config = ConfigDict(extra="forbid")

    mode: Mode = "none"
    seconds: float = Field(default=5.0, ge=0, le=3600)
    count: int | None = Field(default=None, ge=1)
    types: list[str] = []
    applied: bool = True


@dataclass(slots=True)
class Faults:
    """The fault that is on now. `take` counts it down."""

    current: Fault = field(default_factory=Fault)
    left: int | None = None

    def set(self, fault: Fault) -> None:
        self.current, self.left = fault, fault.count

    def take(self, type: str) -> Fault | None:
        """The fault that hits a request of this type, if any."""
        fault = self.current
        if fault.mode == "none" or (fault.types and not type.startswith(tuple(fault.types))):
            return None
        if self.left is not None:
            if self.left <= 0:
                return None
            self.left -= 1
        return fault
