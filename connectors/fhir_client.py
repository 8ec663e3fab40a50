"""The small asynchronous client of the facade, for actions, journey and gateway.

    fhir = FhirClient(settings.facade_url, lambda: token, deadline=3.0)
    slots = await fhir.search("Slot", {"organization": id, "start": ["ge2026-11-23", "lt2026-11-24"]})
    for slot in slots: ...
    if slots.incomplete: ...                      # names of systems that did not answer

Every method raises FhirError: with the facade's code and Chinese text, as BackendDown where a system (or the facade)
cannot be reached, as BackendTimeout where the answer did not come in time.
"""

import asyncio
import inspect
import uuid
import weakref
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, overload
from urllib.parse import urlencode, urlsplit

import httpx
import orjson

from common import tokens
from common.errors import MenzhenError
from common.settings import get

Resource = dict[str, Any]
TokenProvider = Callable[[], str | Awaitable[str]]
Params = Mapping[str, Any] | Sequence[tuple[str, Any]]

_PRIVATE = frozenset({"identifier", "name", "phone"})
"""Parameters that may hold personal data: such a search is posted, so that they stand in no address."""
_JSON = {"Content-Type": "application/fhir+json", "Accept": "application/fhir+json"}
_FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/fhir+json"}


class FhirError(MenzhenError):
    """What the facade refused. `code`, `message` (Chinese, for people) and `status` are its own."""

    code = "FHIR_ERROR"
    message = "医院系统没有受理这次请求。"

    def __init__(self, code: str, message: str, status: int, *, detail: str = "") -> None:
        super().__init__(message, code=code, status=status, detail=detail)


class BackendDown(FhirError):
    """A hospital system, or the facade itself, cannot be reached now. `retry_after` seconds, where it said so."""

    retry_after: int = 5

    def __init__(self, message: str = "", code: str = "BACKEND_DOWN", detail: str = "") -> None:
        super().__init__(code, message or "医院系统暂时连接不上，请稍后再试。", 503, detail=detail)


class BackendTimeout(BackendDown):
    """The answer did not come in time; whether a write was done is not known: ask again with the same key."""

    def __init__(self, message: str = "", code: str = "BACKEND_TIMEOUT", detail: str = "") -> None:
        super().__init__(message or "医院系统没有及时回答，请稍后再试。", code, detail)


@dataclass(slots=True)
class Found(Sequence[Resource]):
    """A page of matches; a sequence of them. `incomplete` names the systems that did not answer."""

    resources: list[Resource] = field(default_factory=list)
    included: list[Resource] = field(default_factory=list)
    incomplete: list[str] = field(default_factory=list)
    total: int | None = None
    next: str = ""

    @overload
    def __getitem__(self, index: int) -> Resource: ...
    @overload
    def __getitem__(self, index: slice) -> list[Resource]: ...
    def __getitem__(self, index: int | slice) -> Resource | list[Resource]:
        return self.resources[index]

    def __len__(self) -> int:
        return len(self.resources)

    def __iter__(self) -> Iterator[Resource]:
        return iter(self.resources)


# One pool of connections per event loop and address, however many clients there are.
_pools: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, httpx.AsyncClient]]" = (
    weakref.WeakKeyDictionary()
)


class FhirClient:
    """The facade at `base_url` (with `/fhir/R4`). `token_provider` gives the bearer's token for each request, as text
    or awaitable; `deadline` is the longest that a request may take, in seconds. Cheap to make: connections are
    shared."""

    def __init__(
        self, base_url: str, token_provider: TokenProvider | str, deadline: float | None = None
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._token = token_provider
        self.deadline = get().backend_deadline * 1.2 + 0.5 if deadline is None else deadline

    @classmethod
    def service(cls, name: str, deadline: float | None = None) -> "FhirClient":
        """A client of one of our own processes, which sees everything."""
        return cls(get().facade_url, lambda: tokens.service(name), deadline)

    async def read(self, type: str, id: str) -> Resource:
        """The resource. Raises FhirError with status 404 where there is none that the bearer may see."""
        return await self._send("GET", f"/{type}/{_path(id)}")

    async def search(self, type: str, params: Params | None = None, **more: Any) -> Found:
        """The first page of matches. A value may be a list: dates are all to be met, of others any one."""
        pairs = _pairs(type, params, more)
        if _PRIVATE.isdisjoint(name for name, _ in pairs):
            bundle = await self._send("GET", f"/{type}", params=pairs)
        else:
            form = urlencode(pairs).encode()
            bundle = await self._send("POST", f"/{type}/_search", content=form, headers=_FORM)
        return _found(bundle)

    async def next_page(self, found: Found) -> Found:
        """The page after this one; empty where there is none."""
        if not found.next:
            return Found()
        address = urlsplit(found.next)
        path = address.path.removeprefix(urlsplit(self.base_url).path)
        return _found(await self._send("GET", f"{path}?{address.query}"))

    async def create(
        self, type: str, resource: Resource, *, key: str = "", if_none_exist: str = ""
    ) -> Resource:
        """The created resource. With the same `key` (an order number, or `if_none_exist` in full) the same again."""
        headers = dict(_JSON)
        if if_none_exist:
            headers["If-None-Exist"] = if_none_exist
        elif key:
            headers["Idempotency-Key"] = key
        return await self._send("POST", f"/{type}", content=orjson.dumps(resource), headers=headers)

    async def update(
        self, type: str, id: str, resource: Resource, *, key: str = "", if_match: str = ""
    ) -> Resource:
        """The resource as it is afterwards. The same `key` changes nothing twice."""
        headers = _JSON | {"Idempotency-Key": key or uuid.uuid4().hex}
        if if_match:
            headers["If-Match"] = if_match
        body = {"resourceType": type, "id": id} | resource
        return await self._send("PUT", f"/{type}/{_path(id)}", content=orjson.dumps(body), headers=headers)

    async def operation(
        self,
        type: str,
        name: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        id: str = "",
        key: str = "",
    ) -> dict[str, Any]:
        """Call `Type/[id/]$name`. Parameters come as plain values (a list repeats one; `Type/id` is a reference);
        the answer likewise: `{"order": …, "payUrl": …}`, or the resource that the operation answers with."""
        name = name if name.startswith("$") else f"${name}"
        path = f"/{type}/{_path(id)}/{name}" if id else f"/{type}/{name}"
        body = {"resourceType": "Parameters", "parameter": _parameters(parameters or {})}
        headers = _JSON | ({"Idempotency-Key": key} if key else {})
        answer = await self._send("POST", path, content=orjson.dumps(body), headers=headers)
        return _values(answer) if answer.get("resourceType") == "Parameters" else answer

    async def close(self) -> None:
        """Close this loop's connections to the facade. Others on the loop that use it open new ones."""
        pool = _pools.get(asyncio.get_running_loop(), {}).pop(self.base_url, None)
        if pool is not None:
            await pool.aclose()

    def _http(self) -> httpx.AsyncClient:
        pools = _pools.setdefault(asyncio.get_running_loop(), {})
        pool = pools.get(self.base_url)
        if pool is None:
            pool = pools[self.base_url] = httpx.AsyncClient(
                timeout=None,
                trust_env=False,
                limits=httpx.Limits(max_connections=200, max_keepalive_connections=50),
            )
        return pool

    async def _bearer(self) -> str:
        token = self._token() if callable(self._token) else self._token
        return await token if inspect.isawaitable(token) else token

    async def _send(
        self,
        method: str,
        path: str,
        *,
        params: Sequence[tuple[str, Any]] | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] = _JSON,
    ) -> dict[str, Any]:
        sent = {
            **headers,
            "Authorization": f"Bearer {await self._bearer()}",
            # The facade must answer, if only with an error, before this side gives up.
            "X-Deadline-Ms": str(max(50, int(self.deadline * 1000) - 100)),
        }
        try:
            # One deadline for all of it: httpx's timeouts begin again with every byte.
            async with asyncio.timeout(self.deadline):
                response = await self._http().request(
                    method,
                    self.base_url + path,
                    params=list(params) if params else None,
                    content=content,
                    headers=sent,
                )
        except TimeoutError:
            raise BackendTimeout(detail=f"facade {method}") from None
        except httpx.TransportError as error:
            raise BackendDown(detail=f"facade: {type(error).__name__}") from None
        return _content(response)


def _content(response: httpx.Response) -> dict[str, Any]:
    try:
        body = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        body = None
    if not isinstance(body, dict):
        raise BackendDown(detail=f"facade answered {response.status_code} without JSON")
    if response.is_success:
        return body
    raise _error(body, response)


def _error(body: dict[str, Any], response: httpx.Response) -> FhirError:
    issue = (body.get("issue") or [{}])[0]
    details = issue.get("details") or {}
    code = str((details.get("coding") or [{}])[0].get("code") or issue.get("code") or "FHIR_ERROR")
    message = str(details.get("text") or issue.get("diagnostics") or FhirError.message)
    status = response.status_code
    if status != 503:
        return FhirError(code, message, status)
    error = (BackendTimeout if code == "BACKEND_TIMEOUT" else BackendDown)(message, code)
    after = response.headers.get("retry-after", "")
    error.retry_after = int(after) if after.isdigit() else BackendDown.retry_after
    return error


def _found(bundle: dict[str, Any]) -> Found:
    found = Found(total=bundle.get("total"))
    for entry in bundle.get("entry", ()):
        mode, resource = entry["search"]["mode"], entry["resource"]
        if mode == "match":
            found.resources.append(resource)
        elif mode == "include":
            found.included.append(resource)
        else:
            found.incomplete += [
                i.get("diagnostics", "") for i in resource["issue"] if i["severity"] == "warning"
            ]
    found.next = next((link["url"] for link in bundle.get("link", ()) if link["relation"] == "next"), "")
    return found


def _pairs(type: str, params: Params | None, more: Mapping[str, Any]) -> list[tuple[str, str]]:
    given = list(params.items()) if isinstance(params, Mapping) else list(params or ())
    given += [(name, value) for name, value in more.items()]
    pairs: list[tuple[str, str]] = []
    for name, value in given:
        if value is None:
            continue
        values = value if isinstance(value, list | tuple) else [value]
        texts = [_text(one) for one in values]
        if name in ("date", "start", "_include"):
            pairs += [(name, text) for text in texts]
        elif texts:
            pairs.append((name, ",".join(texts)))
    return pairs


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _path(id: str) -> str:
    """An id as it may stand in a path; what cannot be an id is asked for as such, and not found."""
    return id if id and all(c.isascii() and (c.isalnum() or c in "-.") for c in id) else "none"


def _parameters(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"name": name} | _typed(one)
        for name, value in values.items()
        if value is not None
        for one in (value if isinstance(value, list | tuple) else [value])
    ]


def _typed(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"valueBoolean": value}
    if isinstance(value, int):
        return {"valueInteger": value}
    if isinstance(value, float):
        return {"valueDecimal": value}
    if isinstance(value, Mapping):
        return {"valueReference" if "reference" in value else "valueMoney": dict(value)}
    text = _text(value)
    kind, slash, id = text.partition("/")
    if slash and id and kind[:1].isupper() and kind.isalpha() and "/" not in id:
        return {"valueReference": {"reference": text}}
    return {"valueString": text}


def _values(parameters: dict[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for part in parameters.get("parameter", ()):
        value = next((v for k, v in part.items() if k.startswith("value")), None)
        if part["name"] not in values:
            values[part["name"]] = value
        else:
            held = values[part["name"]]
            values[part["name"]] = [*(held if isinstance(held, list) else [held]), value]
    return values
