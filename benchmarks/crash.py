"""kill -9 of the journey process at every named point of a booking; then the hospital's and the cashier's ledgers."""

import argparse
import itertools
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.support.clinic import Clinic
from tests.support.crashes import Case, Outcome, Plan, points, run
from tests.support.processes import stack

SERVICES = ["hospital", "cashier", "facade", "journey"]
PLANS: tuple[Plan, ...] = ("pay", "give_up", "refused")
TOGETHER = 4
"""Kills in one round, each with patients of its own: a process started again is killed again while it recovers."""


def cases(clinic: Clinic, numbers: Iterator[int], plan: Plan, count: int) -> list[Case]:
    """`count` patients with this plan, on slots of the coming days."""
    made = []
    for number in itertools.islice(numbers, count):
        slots = clinic.free_slots(40, days=1 + number % 4)
        slot = slots[number % len(slots)]
        made.append(Case(plan, clinic.patient(number), slot["id"], f"crash-{number}"))
    return made


def measure(kills: int) -> Iterator[tuple[str, Outcome]]:
    """Each named point, killed at `kills` times, with what was lost or doubled."""
    with tempfile.TemporaryDirectory() as directory, stack(SERVICES, Path(directory)) as running:
        clinic, numbers = Clinic(running), itertools.count(20)
        for plan in PLANS:
            for point in points(plan):
                total = Outcome()
                while total.kills < kills:
                    batch = min(TOGETHER, kills - total.kills)
                    one = run(clinic, cases(clinic, numbers, plan, batch), [point] * batch, seconds=180)
                    add(total, one)
                    if not one.kills:
                        total.wrong.append("never came past this point")
                        break
                yield f"{plan}: {point}", total
        clinic.close()


def add(total: Outcome, one: Outcome) -> None:
    """Sum up."""
    total.kills += one.kills
    total.lost += one.lost
    total.doubled += one.doubled
    total.wrong += one.wrong
    total.slowest_recovery = max(total.slowest_recovery, one.slowest_recovery)


def main(argv: list[str] | None = None) -> int:
    """Exit status 1 where anything was lost or doubled."""
    parser = argparse.ArgumentParser(prog="crash", description=__doc__)
    parser.add_argument("--kills", type=int, default=8, help="kills at each point")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    whole = Outcome()
    for point, outcome in measure(options.kills):
        add(whole, outcome)
        report(point, outcome, options.json)
    report("all", whole, options.json)
    return 1 if whole.lost or whole.doubled or whole.wrong else 0


def report(point: str, outcome: Outcome, as_json: bool) -> None:
    """One line for one point."""
    figures: dict[str, Any] = {
        "point": point,
        "kills": outcome.kills,
        "lost": outcome.lost,
        "doubled": outcome.doubled,
        "slowest_recovery_s": round(outcome.slowest_recovery, 1),
        "wrong": outcome.wrong,
    }
    if as_json:
        print(json.dumps(figures, ensure_ascii=False), flush=True)
        return
    print(
        f"{point:28} {outcome.kills:4} kills  {outcome.lost} lost  {outcome.doubled} doubled  "
        f"recovered within {outcome.slowest_recovery:.1f} s  {'; '.join(outcome.wrong)}",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
