"""What insight delivers to a manager is shown at once or at the next log-in, and once only."""

import asyncio
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from common import settings
from common.settings import Settings
from gateway.bot import Bot
from gateway.chat import Chat
from gateway.downloads import Downloads
from gateway.inbox import Inbox, waiting_for
from gateway.limits import Limits
from gateway.store import Identity, Store
from insight.compile.permissions import Viewer
from insight.engine import Insight
from insight.records.importing import import_csv
from insight.records.store import Store as Records
from insight.serve import create_app
from insight.subscriptions import Scheduler
from tests.insight import hospital
from tests.support.processes import free_ports

BOSS = Identity("staff:boss", "director", "院长")
NOW = datetime.fromisoformat(hospital.NOW)


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Insight, Settings]]:
    """A running insight service with the invented hospital's records."""
    (port,) = free_ports(1)
    monkeypatch.setenv("MENZHEN_SECRET_KEY", "a-key-for-this-test-of-some-length")
    monkeypatch.setenv("MENZHEN_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("MENZHEN_INSIGHT_PORT", str(port))
    settings.get.cache_clear()
    records = Records(str(tmp_path / "visits.duckdb"))
    import_csv(records, hospital.write_csv(tmp_path / "visits.csv", hospital.records()), NOW)
    app = create_app(records, follow=False)
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield app.state.insight, settings.get()
    server.should_exit = True
    thread.join(10)
    records.close()
    settings.get.cache_clear()


class Page:
    """A page that shows a conversation."""

    def __init__(self) -> None:
        self.seen: list[dict[str, Any]] = []

    async def deliver(self, frame: dict[str, Any]) -> None:
        self.seen.append(frame)


def gateway(here: Settings, folder: Path) -> tuple[Inbox, Chat, Store]:
    """The parts of a gateway that has just been started, with what it kept."""
    store = Store(folder / "gateway.db")
    chat = Chat(store, Bot(here), Limits(10, 100))
    return Inbox(here, store, chat), chat, store


def deliver_one(insight: Insight) -> None:
    boss = Viewer("director", subject=BOSS.sub)
    insight.ask("每天早上八点把上周各科室候诊时间发给我", boss, NOW)
    Scheduler(insight, insight.subscriptions).work(NOW.replace(day=23, hour=8))


def test_an_open_conversation_shows_it_at_once_and_once(
    town: tuple[Insight, Settings], tmp_path: Path
) -> None:
    insight, here = town
    inbox, chat, _ = gateway(here, tmp_path)
    page = Page()

    async def play() -> None:
        conversation, _ = await chat.get(None, BOSS)
        conversation.listeners.add(page)
        deliver_one(insight)
        for _ in range(3):
            await inbox.look()
        await inbox.close()

    asyncio.run(play())
    (frame,) = page.seen
    (message,) = frame["messages"]
    assert frame["type"] == "push" and message["card"]["type"] == "insight" and message["card"]["rows"]
    assert "每天 08:00" in message["text"] and "各科室候诊时间" in message["text"]


def test_nobody_there_it_waits_through_a_restart_for_the_next_log_in(
    town: tuple[Insight, Settings], tmp_path: Path
) -> None:
    insight, here = town
    deliver_one(insight)
    for _ in range(3):  # a gateway that is started, looks, and dies; three times
        inbox, _, store = gateway(here, tmp_path)
        asyncio.run(inbox.look())
    assert store.take_pushes(waiting_for("staff:somebody-else")) == []
    assert len(store.take_pushes(waiting_for(BOSS.sub))) == 1
    assert store.take_pushes(waiting_for(BOSS.sub)) == []


def test_an_export_comes_through_the_gateway(town: tuple[Insight, Settings]) -> None:
    from fastapi import FastAPI
    from fastapi.testclient import TestClient

    from gateway import downloads

    insight, here = town
    app = FastAPI()
    app.state.downloads = Downloads(here)
    app.include_router(downloads.router)
    answer = insight.ask("导出上周各科室门诊量", Viewer("director", subject=BOSS.sub), NOW)
    with TestClient(app) as browser:
        file = browser.get(answer["export"]["url"])
        assert file.status_code == 200 and file.content.startswith(b"\xef\xbb\xbf")
        assert "attachment" in file.headers["content-disposition"]
        wrong = browser.get("/insight/export/not-a-link")
        assert wrong.status_code == 410 and "失效" in wrong.text
        assert browser.get("/insight/export/" + "a" * 9000).status_code == 404
