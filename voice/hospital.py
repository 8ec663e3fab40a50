"""The hospital's words as they are now: read again when an edited file or the nightly export changes."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import orjson
from pypinyin import load_phrases_dict

from bot.nlu.vocabulary import VocabularyError, fingerprint
from common import logs
from common.settings import ROOT, Settings
from voice.repair import Vocabulary

NLU_DATA = ROOT / "nlu_data"
LOOK_SECONDS = 5.0
WITHOUT_PHRASES = "PYPINYIN_NO_PHRASES"
_READINGS = """
import sys, orjson
from pypinyin import Style, pinyin
names = orjson.loads(sys.stdin.buffer.read())
sys.stdout.buffer.write(orjson.dumps({name: pinyin(name, style=Style.TONE) for name in names}))
"""

log = logs.logger("voice")


class Hospital:
    """One for the process; any thread may ask. A file that cannot be read leaves the words as they were."""

    def __init__(self, settings: Settings) -> None:
        self._exported: Path = settings.data_dir / "vocabulary.json"
        self._lock = threading.Lock()
        self._mark = self._fingerprint()
        self._words = self._read()
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
            self._words = self._read()
        except VocabularyError as error:
            log.error("vocabulary_unreadable", error=str(error))

    def _read(self) -> Vocabulary:
        """Raises VocabularyError."""
        words = Vocabulary.read(NLU_DATA, self._exported)
        if os.environ.get(WITHOUT_PHRASES):
            learn_readings({name for names in words.names.values() for name in names})
        return words

    def _fingerprint(self) -> tuple[tuple[str, int, int], ...]:
        return fingerprint(NLU_DATA / "vocabulary", self._exported)


def learn_readings(names: set[str]) -> None:
    """How these names are read as whole words (便血 is bian xie). pypinyin's dictionary of phrases takes 45 MB, of which
    the voice process needs the hospital's few names: another process looks them up and ends."""
    chinese = sorted(name for name in names if len(name) > 1 and all("\u4e00" <= c <= "\u9fff" for c in name))
    environment = {key: value for key, value in os.environ.items() if key != WITHOUT_PHRASES}
    try:
        found = subprocess.run(
            [sys.executable, "-c", _READINGS],
            input=orjson.dumps(chinese),
            capture_output=True,
            check=True,
            timeout=60,
            env=environment,
        )
    except (OSError, subprocess.SubprocessError) as error:
        # Names are then read character by character, which is right for nearly all.
        log.error("readings_unavailable", error=type(error).__name__)
        return
    load_phrases_dict(orjson.loads(found.stdout))
