"""One real assistant with the mini skills for the whole suite; trained once and kept while nothing changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bot.action_server import Actions, Server
from tests.bot.assistant import PYTHON, ROOT, Assistant, Talk, train


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The first test that needs the assistant waits for its training, which a busy machine makes long."""
    for item in items:
        if {"trained", "assistant"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.timeout(420))


@pytest.fixture(scope="session")
def trained() -> Path:
    if not PYTHON.exists():
        pytest.fail("the bot's environment is missing: run ./menzhen train once")
    folder = ROOT / "var" / "tests" / "bot"
    done = train(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@pytest.fixture(scope="session")
def assistant(trained: Path, server: Server) -> Iterator[Assistant]:
    running = Assistant(trained, server.url)
    yield running
    running.stop()


@pytest.fixture
def actions(server: Server) -> Actions:
    """Fresh actions: nothing was called, nothing is broken."""
    server.actions = Actions()
    return server.actions


@pytest.fixture
def talk(assistant: Assistant, actions: Actions) -> Talk:
    return assistant.talk()
