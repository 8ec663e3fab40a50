"""The voice process and its model, once for all tests of speech; they hold for whichever model is set."""

from collections.abc import Iterator

import pytest

from common import settings
from tests.support.processes import Stack, stack
from tests.voice.talker import Talker
from voice import models
from voice.recognise.model import Model


@pytest.fixture(scope="session")
def model() -> Model:
    """In this process."""
    return Model.load(models.find(settings.get()))


@pytest.fixture(scope="session")
def voice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The running process, few places for speakers."""
    folder = tmp_path_factory.mktemp("voice")
    with stack(["voice"], folder, voice_model=str(models.find(settings.get())), voice_sessions=4) as running:
        yield running


@pytest.fixture
def talker(voice: Stack) -> Talker:
    """Somebody with a token who connects to it."""
    return Talker(voice.settings.voice_url, voice.service_token())
