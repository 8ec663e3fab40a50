"""How long is waited: the limits of time and length, made short, on a server in this process."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from common import settings as common_settings
from common import tokens
from tests.support.processes import free_ports
from tests.voice.recognise.people import DEPARTMENT
from tests.voice.sounds import quiet
from tests.voice.talker import Closed, Talker
from voice import models
from voice.recognise import service
from voice.server import WS_MAX, build


@pytest.fixture
def talker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Talker]:
    """Somebody at a server whose patience the test decides before it connects."""
    port = free_ports(1)[0]
    monkeypatch.setenv("MENZHEN_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("MENZHEN_SECRET_KEY", "key-of-the-test-key-of-the-test-key-of")
    folder = models.find(common_settings.get())
    common_settings.get.cache_clear()
    chosen = common_settings.get().model_copy(update={"voice_port": port, "voice_model": str(folder)})
    config = uvicorn.Config(
        build(chosen), port=port, ws="websockets-sansio", ws_max_size=WS_MAX, log_config=None, lifespan="on"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.02)
    yield Talker(f"http://127.0.0.1:{port}", tokens.service("test"))
    server.should_exit = True
    thread.join(20)
    common_settings.get.cache_clear()


async def closed(line_of: Talker, *frames: dict | bytes) -> Closed:
    with pytest.raises(Closed) as caught:
        async with line_of.line(sample_rate=16_000, expects=DEPARTMENT) as line:
            for frame in frames:
                await line.send(frame)
            while True:
                await line.receive()
    return caught.value


async def test_a_socket_that_says_nothing_for_long_is_closed_with_a_sentence(
    talker: Talker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "IDLE_SECONDS", 0.2)
    end = await closed(talker)
    assert end.code == 4408 and end.error and "太久没有声音" in end.error["message"]


async def test_more_sound_than_is_taken_on_one_socket_ends_it(
    talker: Talker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MAX_SECONDS", 2.0)
    end = await closed(talker, quiet(1.5), quiet(1.5))
    assert end.code == 4413 and end.error and end.error["code"] == "too_much_audio"
