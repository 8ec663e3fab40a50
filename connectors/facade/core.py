"""The facade as an object: the systems, the database, and what every request needs of them."""

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from common.outbox import Outbox
from common.settings import Settings
from connectors.facade import store
from connectors.facade.access import Access
from connectors.facade.audit import Audit
from connectors.facade.identity import Identity
from connectors.facade.ids import Ids
from connectors.facade.outcome import NotSupported
from connectors.facade.paging import Cursors
from connectors.facade.systems import Registry

START_WAIT = 3.0
"""Seconds that the first start of the systems may hold up being ready."""


@dataclass(slots=True)
class Call:
    """One request: who asks, until when an answer must be there (the loop's clock), and whose data it touched."""

    access: Access
    until: float
    lenient: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    patients: set[str] = field(default_factory=set)

    @property
    def bearer(self) -> str:
        """Whom a cursor is bound to."""
        claims = self.access.claims
        return f"{claims.role}|{claims.sub}|{claims.patient}"


class Facade:
    """Everything that lives as long as the process."""

    def __init__(self, settings: Settings, registry: Registry) -> None:
        self.settings, self.registry = settings, registry
        self.base = settings.facade_url
        folder = settings.data_dir / "facade"
        self.engine = store.open_store(folder / "facade.db")
        self.ids = Ids(self.engine, settings.key())
        self.identity = Identity(registry, self.ids)
        self.outbox = Outbox(self.engine, store.events)
        self.audit = Audit(folder / "audit.db")
        self.cursors = Cursors(settings.key())
        self.writing: dict[tuple[str, str], asyncio.Lock] = {}
        """Locks of the idempotency keys that are being worked on."""

    async def start(self) -> None:
        """Start recording and the systems. Does not wait long for a system that is down."""
        self.audit.start()
        starting = [system.begin() for system in self.registry.systems]
        if starting:
            await asyncio.wait(starting, timeout=START_WAIT)

    async def stop(self) -> None:
        """Stop the systems, write what is queued, close the database."""
        await asyncio.gather(*(system.stop() for system in self.registry.systems), return_exceptions=True)
        await asyncio.to_thread(self.audit.stop)
        self.engine.dispose()

    def need(self, call: Call, type: str, interaction: str) -> None:
        """Raises NotSupported where no system does this, Forbidden where the bearer may not."""
        if type == "AuditEvent" and interaction == "search":
            pass
        elif interaction not in self.registry.interactions(type):
            raise NotSupported(f"不支持 {type} 的 {interaction}。", detail=f"{type} {interaction}")
        call.access.need(type, interaction)


def version(resource: Mapping[str, Any]) -> str:
    """A resource's version: what the system says, or a digest of its content."""
    given = (resource.get("meta") or {}).get("versionId")
    if given:
        return str(given)
    return hashlib.blake2b(orjson.dumps(resource), digest_size=8).hexdigest()


def with_version(resource: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """The resource with `meta.versionId`, and its ETag."""
    number = version(resource)
    return resource | {"meta": (resource.get("meta") or {}) | {"versionId": number}}, f'W/"{number}"'
