"""The interface between the facade and the adapters: FHIR R4 dictionaries in and out, ids of the back end.

An adapter knows its vendor's protocol and nothing of HTTP, tokens or other systems. Ids and references in the
resources it returns are the back end's own (`Patient/100001`); the facade maps them to ids of its own and back.
Deadlines and circuit breakers are put around every call by the facade.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from common.errors import MenzhenError

Resource = dict[str, Any]


class BackendError(MenzhenError):
    """The back end answered with a refusal. `code` is one of docs/protocols/his-hl7.md, or the vendor's."""

    status = 409
    code = "BACKEND_REFUSED"
    message = "医院系统没有受理这次请求。"


class BackendUnavailable(MenzhenError):
    """The back end could not be reached, or answered with something that cannot be read."""

    status = 503
    code = "BACKEND_DOWN"
    message = "医院系统暂时连接不上，请稍后再试。"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that a back end told us. `data` references back-end ids where its key ends in `_ref`
    (`{"patient_ref": "Patient/100001"}`); the facade replaces those before the event leaves."""

    type: str
    subject: str
    data: dict[str, Any] = field(default_factory=dict)
    event_id: str = ""
    time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """A search. `params` maps a FHIR parameter name to its values (OR within a value list, AND between names);
    references and ids in it are back-end ids. Dates come as (prefix, start, end) half-open aware intervals."""

    type: str
    params: Mapping[str, Sequence[Any]]
    count: int = 100
    include: Sequence[str] = ()


class Adapter(Protocol):
    """One hospital system. Every method may raise BackendError or BackendUnavailable, nothing else."""

    name: str
    resources: Mapping[str, Sequence[str]]
    """Resource type → interactions: read, search, create, update, or an operation's name with `$`."""

    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    async def check(self) -> Mapping[str, Any]:
        """`{"reachable": bool, "version", "time", "problems": [str]}` for `./menzhen check`."""
        ...

    async def read(self, type: str, id: str) -> Resource | None: ...
    async def search(self, search: Search) -> list[Resource]: ...
    async def create(self, type: str, resource: Resource, key: str) -> Resource:
        """`key` is the idempotency key: the same key again gives the same resource."""
        ...

    async def update(self, type: str, id: str, resource: Resource, key: str) -> Resource: ...
    async def operation(
        self, name: str, type: str, id: str | None, parameters: Mapping[str, Any], key: str
    ) -> Mapping[str, Any]: ...

    def on_event(self, sink: Callable[[Sequence[Event]], Awaitable[None]]) -> None:
        """`sink` stores events durably; an adapter acknowledges to its back end only after it returned."""
        ...
