"""Bookings driven to their end while the journey process is killed under them at named points."""

import time
from dataclasses import dataclass, field
from typing import Any, Literal

import httpx

from tests.support.clinic import FINAL, Clinic
from tests.support.processes import Process

Plan = Literal["pay", "give_up", "refused"]
EXPECTED = {"pay": "booked", "give_up": "released", "refused": "failed"}

_AROUND = ("before", "recorded", "done")
_EFFECT = ("before", "effect", "recorded", "done")


def points(plan: Plan) -> list[str]:
    """Every named point that a booking of this plan comes past, in order."""
    steps = {
        "pay": (("hold", _EFFECT), ("order", _EFFECT), ("wait", _AROUND), ("confirm", _EFFECT)),
        "give_up": (("close", _EFFECT), ("release", _EFFECT)),
        "refused": (("refund", _EFFECT),),
    }
    return [f"{step}.{where}" for step, places in steps[plan] for where in places]


@dataclass(slots=True)
class Case:
    """One patient with one plan."""

    plan: Plan
    patient: str
    slot: str
    key: str
    booking: dict[str, Any] = field(default_factory=dict)
    acted: bool = False

    @property
    def done(self) -> bool:
        return self.booking.get("status") in FINAL

    @property
    def id(self) -> str:
        return self.booking["id"]


@dataclass(slots=True)
class Outcome:
    """What the ledgers say after the kills."""

    kills: int = 0
    lost: int = 0
    doubled: int = 0
    slowest_recovery: float = 0.0
    wrong: list[str] = field(default_factory=list)


def advance(clinic: Clinic, case: Case) -> None:
    """One look, and what this patient does next. Raises httpx.TransportError while journey is down."""
    if not case.booking:
        # Like an app whose request broke off: the same key again until there is an answer.
        case.booking = clinic.ask_to_book(case.patient, case.slot, case.key)
    case.booking = clinic.booking(case.id)
    if case.booking["status"] != "held" or case.acted:
        return
    if case.plan == "give_up":
        clinic.post(f"/bookings/{case.id}/release", case.patient).raise_for_status()
    else:
        if case.plan == "refused":
            clinic.let_go_behind_our_back(case.booking)
        clinic.pay(case.booking)
    case.acted = True


def run(clinic: Clinic, cases: list[Case], kill_at: list[str], seconds: float = 60) -> Outcome:
    """Drive all cases to their end; journey dies at each of these points in turn, and is started again at once."""
    journey, outcome, waiting = clinic.stack["journey"], Outcome(), list(kill_at)
    journey.kill()
    _launch(journey, waiting)
    try:
        _drive(clinic, cases, waiting, outcome, seconds)
    finally:
        # A last time without a point: what is left to do after the last word to the patient is done now.
        journey.restart()
    audit(clinic, cases, outcome)
    return outcome


def _launch(journey: Process, waiting: list[str]) -> None:
    journey.launch({"MENZHEN_KILL_AT": waiting.pop(0)} if waiting else None)


def _drive(clinic: Clinic, cases: list[Case], waiting: list[str], outcome: Outcome, seconds: float) -> None:
    journey, deadline, died_at = clinic.stack["journey"], time.monotonic() + seconds, 0.0
    while not all(case.done for case in cases):
        if not journey.alive:
            outcome.kills += 1
            died_at = time.monotonic()
            _launch(journey, waiting)
        assert time.monotonic() < deadline, f"not done: {[case.booking for case in cases]}\n{journey.tail()}"
        for case in cases:
            if case.done:
                continue
            try:
                advance(clinic, case)
            except (httpx.TransportError, httpx.HTTPStatusError):
                break
            if died_at:
                outcome.slowest_recovery = max(outcome.slowest_recovery, time.monotonic() - died_at)
                died_at = 0.0
        time.sleep(0.03)
    outcome.kills += not journey.alive


def audit(clinic: Clinic, cases: list[Case], outcome: Outcome) -> None:
    """Compare what each patient was told with what hospital and cashier have written."""
    for case in cases:
        books = clinic.books(case.id)
        amount = case.booking["amount_fen"]
        expected = EXPECTED[case.plan]
        if case.booking["status"] != expected:
            outcome.wrong.append(f"{case.plan}: {case.booking['status']} {case.booking['reason']}")
        booked = [history for history in books.appointments if history[-1] in ("BOOKED", "ARRIVED")]
        want_booked, want_paid = int(expected == "booked"), amount if case.plan != "give_up" else 0
        want_back = amount if expected == "failed" else 0
        held = [history for history in books.appointments if history[-1] == "HELD"]
        outcome.lost += len(booked) < want_booked or books.refunded_fen < want_back or bool(held)
        outcome.doubled += (
            len(books.appointments) > 1
            or len(booked) > want_booked
            or books.paid_fen > want_paid
            or books.refunded_fen > want_back
            or len(books.orders) > 1
        )
        if books.paid_fen != want_paid or books.refunded_fen != want_back or held:
            outcome.wrong.append(f"{case.plan}: {books}")
        told = clinic.events_of(case.id)
        if len(told) != len(set(told)) or f"booking.{expected}" not in told:
            outcome.wrong.append(f"{case.plan}: events {told}")
