"""kill -9 between any two steps: what hospital and cashier have written stays exact."""

from collections.abc import Iterator

from tests.support.clinic import Clinic
from tests.support.crashes import Case, Plan, points, run

SAMPLE = [
    "hold.effect",
    "order.effect",
    "close.effect",
    "confirm.effect",
    "confirm.recorded",
    "refund.effect",
]
"""Those points after an effect and before it is remembered; `benchmarks/crash.py` comes past all of them."""


def make_cases(clinic: Clinic, numbers: Iterator[int], plans: list[Plan], name: str) -> list[Case]:
    slots = clinic.free_slots(len(plans), days=2)
    return [
        Case(plan, clinic.patient(next(numbers)), slot["id"], f"{name}-{index}")
        for index, (plan, slot) in enumerate(zip(plans, slots, strict=True))
    ]


def test_killed_at_its_steps_nothing_is_lost_or_doubled(clinic: Clinic, numbers: Iterator[int]) -> None:
    """Bookings run beside each other: those that are past a point before it is its turn leave it to the next round."""
    kills = 0
    for again in range(4):
        cases = make_cases(clinic, numbers, ["pay", "give_up", "refused"], f"crash-{again}")
        outcome = run(clinic, cases, SAMPLE[kills:], seconds=120)
        assert (outcome.lost, outcome.doubled, outcome.wrong) == (0, 0, [])
        kills += outcome.kills
        if kills >= len(SAMPLE):
            break
    assert kills >= 5
    assert outcome.slowest_recovery < 30


def test_the_named_points_are_all_on_some_way() -> None:
    known = {point for plan in ("pay", "give_up", "refused") for point in points(plan)}
    assert set(SAMPLE) <= known


def test_the_hospital_killed_after_payment_is_confirmed_when_it_is_back(
    clinic: Clinic, patient: str, key: str
) -> None:
    held = clinic.book(patient, clinic.free_slots(1)[0]["id"], key)
    hospital = clinic.stack["hospital"]
    hospital.kill()
    clinic.pay(held)
    clinic.until(held["id"], "paid")
    hospital.start()
    clinic.until(held["id"], "booked")
    books = clinic.books(held["id"])
    assert (books.state, books.paid_fen, books.refunded_fen) == ("BOOKED", held["amount_fen"], 0)


def test_the_facade_killed_while_paying_changes_nothing(clinic: Clinic, patient: str, key: str) -> None:
    held = clinic.book(patient, clinic.free_slots(1)[0]["id"], key)
    facade = clinic.stack["facade"]
    facade.kill()
    clinic.pay(held)
    facade.start()
    clinic.until(held["id"], "booked")
    assert clinic.books(held["id"]).state == "BOOKED"


def test_the_cashier_killed_while_giving_up_is_closed_when_it_is_back(
    clinic: Clinic, patient: str, key: str
) -> None:
    held = clinic.book(patient, clinic.free_slots(1)[0]["id"], key)
    cashier = clinic.stack["cashier"]
    cashier.kill()
    answer = clinic.post(f"/bookings/{held['id']}/release", patient).json()["booking"]
    assert answer["status"] == "held"
    cashier.start()
    clinic.until(held["id"], "released")
    books = clinic.books(held["id"])
    assert (books.state, books.orders) == ("RELEASED", ["CLOSED"])
