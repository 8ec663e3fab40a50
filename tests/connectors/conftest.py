"""The simulated hospital and cashier, started once for the adapters' tests."""

from collections.abc import Iterator

import pytest

from tests.support.processes import Stack, stack


@pytest.fixture(scope="package")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The real simulator processes: HIS, LIS and cashier; this process has their settings and clock meanwhile."""
    with stack(["hospital", "cashier"], tmp_path_factory.mktemp("hospital")) as running, running.active():
        yield running
