"""What the workflows of this process work with. DBOS calls plain functions, so it is kept in one place here."""

from dataclasses import dataclass

from journey.hospital import Hospital
from journey.store import Store
from journey.wakes import Wakes


@dataclass(frozen=True, slots=True)
class Context:
    store: Store
    hospital: Hospital
    wakes: Wakes


_current: list[Context] = []


def use(context: Context) -> None:
    """Set at start, before the workflows are recovered."""
    _current[:] = [context]


def here() -> Context:
    """Raises IndexError before `use`."""
    return _current[0]
