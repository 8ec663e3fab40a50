"""How the suite is spread over workers: a room's tests stay together, so that its processes start once."""

import pytest

# Rooms whose files start processes of their own are spread by file.
BY_FILE = {"journey", "simulator"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        parts = item.path.relative_to(item.config.rootpath / "tests").parts
        group = "/".join(parts[:2]) if parts[0] in BY_FILE else parts[0]
        item.add_marker(pytest.mark.xdist_group(group))
