"""The hospital's words as they are now: read again when an edited file or the nightly export changes."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from bot.nlu.vocabulary import VocabularyError, fingerprint
from common import logs
from common.settings import ROOT, Settings
from voice.repair import Vocabulary

NLU_DATA = ROOT / "nlu_data"
LOOK_SECONDS = 5.0

log = logs.logger("voice")


class Hospital:
    """One for the process; any thread may ask. A file that cannot be read leaves the words as they were."""

    def __init__(self, settings: Settings) -> None:
        self._exported: Path = settings.data_dir / "vocabulary.json"
        self._lock = threading.Lock()
        self._mark = self._fingerprint()
        self._words = Vocabulary.read(NLU_DATA, self._exported)
        self._looked = time.monotonic()

    def words(self) -> Vocabulary:
        """The same object as long as nothing changed."""
        with self._lock:
            if time.monotonic() - self._looked >= LOOK_SECONDS:
                self._looked = time.monotonic()
                self._refresh()
            return self._words

    def _refresh(self) -> None:
        mark = self._fingerprint()
        if mark == self._mark:
            return
        self._mark = mark
        try:
            self._words = Vocabulary.read(NLU_DATA, self._exported)
        except VocabularyError as error:
            log.error("vocabulary_unreadable", error=str(error))

    def _fingerprint(self) -> tuple[tuple[str, int, int], ...]:
        return fingerprint(NLU_DATA / "vocabulary", self._exported)
