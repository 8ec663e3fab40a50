"""A patient's bills: what is unpaid, in words and as a card."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from actions import people
from actions.turn import Caller, Json
from actions.words import ago, moment
from connectors.fhir_client import FhirClient, FhirError
from connectors.resources import bare, extension, fen

REGISTRATION = "REG"


@dataclass(frozen=True, slots=True)
class Bill:
    """A bill of the HIS. Money in fen."""

    id: str
    patient: str
    kind: str
    title: str
    department: str
    doctor: str
    issued: str
    status: str
    total_fen: int
    items: tuple[tuple[str, int], ...]


def bill_of(resource: Mapping[str, Any]) -> Bill:
    """An Invoice resource."""
    kind = resource.get("type") or {}
    items = tuple(
        (
            str((line.get("chargeItemReference") or {}).get("display") or kind.get("text") or "费用"),
            sum(fen(part["amount"]) for part in line.get("priceComponent") or () if part.get("amount")),
        )
        for line in resource.get("lineItem") or ()
    )
    return Bill(
        id=str(resource["id"]),
        patient=bare(resource.get("subject") or ""),
        kind=next((c.get("code", "") for c in kind.get("coding") or ()), ""),
        title=str(kind.get("text") or "费用"),
        department=str(extension(resource, "department") or ""),
        doctor=str(extension(resource, "practitioner") or ""),
        issued=str(resource.get("date") or ""),
        status=str(resource.get("status") or ""),
        total_fen=fen(resource["totalGross"]) if resource.get("totalGross") else 0,
        items=items,
    )


async def unpaid_of(fhir: FhirClient, patient: str) -> list[Bill]:
    """Bills to be paid. A registration's belongs to its booking, which has a payment of its own."""
    found = await fhir.search("Invoice", patient=f"Patient/{patient}", status="issued")
    return [bill for bill in map(bill_of, found) if bill.kind != REGISTRATION and bill.total_fen]


async def paid_of(fhir: FhirClient, patient: str) -> list[Bill]:
    """Bills that were paid, newest first."""
    found = await fhir.search("Invoice", patient=f"Patient/{patient}", status="balanced")
    return sorted(map(bill_of, found), key=lambda bill: bill.issued, reverse=True)


@dataclass(frozen=True, slots=True)
class Purse:
    """One person's unpaid bills."""

    patient: str
    who: str
    bills: list[Bill]

    @property
    def total_fen(self) -> int:
        return sum(bill.total_fen for bill in self.bills)


async def of_family(fhir: FhirClient, caller: Caller, said: Any = None) -> tuple[list[Purse], list[str]]:
    """Who of the family has bills to pay, and whose could not be had. `said`: one of the family only."""
    everyone = [(caller.patient, "本人")] + [
        (d.id, people.relation_name(d.relation)) for d in caller.dependents
    ]
    if said:
        wanted = (
            {caller.patient} if said == people.SELF else {d.id for d in people.matching(caller, str(said))}
        )
        everyone = [each for each in everyone if each[0] in wanted]
    answers = await asyncio.gather(*(unpaid_of(fhir, id) for id, _ in everyone), return_exceptions=True)
    found: list[Purse] = []
    missing: list[str] = []
    for number, (answer, (id, who)) in enumerate(zip(answers, everyone, strict=True)):
        if isinstance(answer, FhirError) and number > 0:
            missing.append(f"{who}的费用")
        elif isinstance(answer, BaseException):
            raise answer
        elif answer:
            found.append(Purse(id, who, answer))
    return found, missing


def card(title: str, bills: list[Bill]) -> Json:
    """The `bill` card."""
    items = [
        {"name": name, "amount_fen": amount}
        for bill in bills
        for name, amount in (bill.items or ((bill.title, bill.total_fen),))
    ]
    return {"type": "bill", "title": title, "items": items, "total_fen": sum(b.total_fen for b in bills)}


def where(bills: list[Bill], now: Any) -> str:
    """Which visit they are of: 骨科 今天 9:30 开的."""
    first = max(bills, key=lambda bill: bill.issued)
    when = f" {ago(moment(first.issued), now)}" if first.issued else ""
    return f"{first.department}{when}开的" if first.department else ""
