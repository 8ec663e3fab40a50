"""Conversations in SQLite with a cache before it: only the slots are kept, never a message's metadata or token."""

from __future__ import annotations

import json
import sqlite3
import time
from collections import OrderedDict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker

KEEP = ("flow_stack", "flow_dialogue", "last_reply", "transcript")
MAX_CACHED = 5000
SWEEP_EVERY = 500


class ConversationStore(TrackerStore):
    """One row a conversation, written once a turn. A conversation idle for `seconds` is forgotten."""

    def __init__(self, path: Path, seconds: float, domain: Domain | None = None) -> None:
        super().__init__(domain)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=NORMAL")
        self._database.execute("PRAGMA secure_delete=ON")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS conversations (sender TEXT PRIMARY KEY, slots TEXT NOT NULL, at REAL NOT NULL)"
        )
        self._seconds = seconds
        self._cache: OrderedDict[str, tuple[dict[str, Any], float]] = OrderedDict()
        self._writes = 0

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """A tracker that listens, with the kept slots and no history; None where there is no such conversation."""
        kept = self._cache.get(sender_id) or self._read(sender_id)
        if kept is None:
            return None
        slots, at = kept
        if time.time() - at > self._seconds:
            self.delete(sender_id)
            return None
        return self._tracker(sender_id, slots)

    async def create_tracker(self, sender_id: str, append_action_listen: bool = True) -> DialogueStateTracker:
        """A new conversation; it is written with its first turn."""
        return self._tracker(sender_id, {})

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Keep the conversation's slots."""
        slots = {name: tracker.slots[name].value for name in KEEP if name in tracker.slots}
        now = time.time()
        self._cache[tracker.sender_id] = (slots, now)
        self._cache.move_to_end(tracker.sender_id)
        if len(self._cache) > MAX_CACHED:
            self._cache.popitem(last=False)
        self._database.execute(
            "INSERT INTO conversations VALUES (?, ?, ?)"
            " ON CONFLICT (sender) DO UPDATE SET slots = excluded.slots, at = excluded.at",
            (tracker.sender_id, json.dumps(slots, ensure_ascii=False), now),
        )
        self._writes += 1
        if self._writes % SWEEP_EVERY == 0:
            self.sweep()

    async def keys(self) -> Iterable[str]:
        """The ids of all conversations."""
        return [row[0] for row in self._database.execute("SELECT sender FROM conversations")]

    def delete(self, sender_id: str) -> bool:
        """Forget a conversation wholly. Returns whether there was one."""
        self._cache.pop(sender_id, None)
        return self._database.execute("DELETE FROM conversations WHERE sender = ?", (sender_id,)).rowcount > 0

    def sweep(self) -> None:
        """Forget what has been idle for too long."""
        oldest = time.time() - self._seconds
        self._database.execute("DELETE FROM conversations WHERE at < ?", (oldest,))
        for sender in [sender for sender, (_, at) in self._cache.items() if at < oldest]:
            del self._cache[sender]

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def _read(self, sender_id: str) -> tuple[dict[str, Any], float] | None:
        row = self._database.execute(
            "SELECT slots, at FROM conversations WHERE sender = ?", (sender_id,)
        ).fetchone()
        return (json.loads(row[0]), float(row[1])) if row else None

    def _tracker(self, sender_id: str, slots: dict[str, Any]) -> DialogueStateTracker:
        tracker = self.init_tracker(sender_id)
        for name, value in slots.items():
            if value is not None and name in tracker.slots:
                tracker.update(SlotSet(name, value))
        tracker.update(ActionExecuted(ACTION_LISTEN_NAME))
        return tracker
