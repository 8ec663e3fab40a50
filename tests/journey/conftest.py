"""One running hospital, cashier, facade and journey for the room's tests."""

import itertools
from collections.abc import Iterator

import pytest

from tests.support.clinic import Clinic
from tests.support.processes import stack

SERVICES = ["hospital", "cashier", "facade", "journey"]


@pytest.fixture(scope="package")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    with stack(SERVICES, tmp_path_factory.mktemp("clinic")) as running:
        clinic = Clinic(running)
        yield clinic
        clinic.close()


@pytest.fixture(scope="package")
def numbers() -> Iterator[int]:
    """Numbers of patients, each used by one test only; the first ones are the demonstration patients."""
    return itertools.count(100)


@pytest.fixture
def patient(clinic: Clinic, numbers: Iterator[int]) -> str:
    """A patient whom no other test has used."""
    return clinic.patient(next(numbers))


@pytest.fixture
def key(request: pytest.FixtureRequest) -> str:
    return f"key-{request.node.name}"
