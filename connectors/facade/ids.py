"""Opaque ids of the facade for the ids of the hospital's systems, and back.

An id is a keyed digest of (namespace, type, business id): it tells nothing, and it is the same again should the
table be lost. The table is what counts, for the way back and for patients known to several systems.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, Engine, select
from sqlalchemy.dialects.sqlite import insert

from connectors.facade.store import ids as table
from connectors.facade.store import merged

Key = tuple[str, str, str]
"""(namespace, resource type, business id)"""

CACHE_LIMIT = 200_000


class Ids:
    """The table of ids behind a cache. Reading may be done anywhere; `assign` may write, so keep it off the loop."""

    def __init__(self, engine: Engine, secret: str) -> None:
        self.engine = engine
        self._secret = hashlib.sha256(b"facade ids" + secret.encode()).digest()
        self._forward: dict[Key, str] = {}
        self._back: dict[str, list[Key]] = {}
        with engine.connect() as connection:
            self._merged = {row.old_id: row.new_id for row in connection.execute(select(merged))}

    def digest(self, key: Key) -> str:
        """The id that this key gets when it is first seen: 20 characters of [a-z2-7]."""
        mac = hmac.digest(self._secret, "\0".join(key).encode(), "sha256")
        return base64.b32encode(mac[:13]).decode().lower()[:20]

    def cached(self, key: Key) -> str | None:
        """The facade id, if it is at hand without asking the database."""
        return self._forward.get(key)

    def known(self, keys: Iterable[Key]) -> dict[Key, str]:
        """Facade ids of those keys that have one."""
        found: dict[Key, str] = {}
        groups: dict[tuple[str, str], list[str]] = {}
        for key in keys:
            if (facade_id := self._forward.get(key)) is not None:
                found[key] = facade_id
            else:
                groups.setdefault(key[:2], []).append(key[2])
        if groups:
            with self.engine.connect() as connection:
                for (namespace, type), wanted in groups.items():
                    for start in range(0, len(wanted), 500):
                        query = select(table.c.business_id, table.c.facade_id).where(
                            table.c.namespace == namespace,
                            table.c.type == type,
                            table.c.business_id.in_(wanted[start : start + 500]),
                        )
                        for row in connection.execute(query):
                            found[namespace, type, row.business_id] = row.facade_id
            self._remember(found)
        return found

    def assign(self, keys: Iterable[Key]) -> dict[Key, str]:
        """Facade ids of all keys; those that have none get one, durably."""
        keys = set(keys)
        found = self.known(keys)
        missing = {key: self.digest(key) for key in keys - found.keys()}
        if missing:
            self.link(missing)
        return found | missing

    def link(self, pairs: dict[Key, str]) -> None:
        """Write that each key has this facade id. A key that has one keeps it."""
        with self.engine.begin() as connection:
            self.insert(connection, pairs)
        self.linked(pairs)

    def insert(self, connection: Connection, pairs: dict[Key, str]) -> None:
        """`link` in the caller's transaction; call `linked` after its commit."""
        rows = [
            {"namespace": n, "type": t, "business_id": b, "facade_id": facade_id}
            for (n, t, b), facade_id in pairs.items()
        ]
        if rows:
            connection.execute(insert(table).on_conflict_do_nothing(), rows)

    def linked(self, pairs: dict[Key, str]) -> None:
        """The links were committed."""
        for facade_id in pairs.values():
            self._back.pop(facade_id, None)
        self._remember(pairs)

    def back(self, facade_id: str) -> list[Key]:
        """All keys of a facade id; empty if there is no such id."""
        keys = self._back.get(facade_id)
        if keys is None:
            query = select(table.c.namespace, table.c.type, table.c.business_id).where(
                table.c.facade_id == facade_id
            )
            with self.engine.connect() as connection:
                keys = [(row.namespace, row.type, row.business_id) for row in connection.execute(query)]
            if keys:
                self._back[facade_id] = keys
        return keys

    def canonical(self, facade_id: str) -> str:
        """The id of the patient that this one was merged into, or the id itself."""
        seen = set()
        while facade_id in self._merged and facade_id not in seen:
            seen.add(facade_id)
            facade_id = self._merged[facade_id]
        return facade_id

    def absorbed(self, facade_id: str) -> list[str]:
        """Ids of the patients that were merged into this one, directly or over others."""
        return [old for old in self._merged if self.canonical(old) == facade_id and old != facade_id]

    def merge(self, connection: Connection, old: str, new: str, time: datetime) -> None:
        """Write in the caller's transaction that `old` is now `new`; call `merged_now` after its commit."""
        statement = insert(merged).values(old_id=old, new_id=new, time=time.isoformat())
        connection.execute(statement.on_conflict_do_update(index_elements=["old_id"], set_={"new_id": new}))

    def merged_now(self, old: str, new: str) -> None:
        """The merge was committed."""
        self._merged[old] = new

    def _remember(self, found: dict[Key, str]) -> None:
        if len(self._forward) + len(found) > CACHE_LIMIT:
            self._forward.clear()
            self._back.clear()
        self._forward.update(found)
