"""The routes of FHIR's REST API."""

from typing import Any
from urllib.parse import parse_qsl

from fastapi import Request, Response
from starlette.routing import Route

from connectors.facade import capability, operations, params, reading, search, writing
from connectors.facade.core import Call, Facade, with_version
from connectors.facade.http import Reply, body, json_body, response, serve
from connectors.facade.outcome import Invalid, NotFound

ID_LENGTH = 64


def routes(facade: Facade, base: str) -> list[Route]:
    """The routes of `base`. Starlette's own: FastAPI's solving of parameters would cost more than the rest."""

    async def metadata(request: Request) -> Response:
        return response(Reply(capability.statement(facade)))

    async def search_or_create(request: Request) -> Response:
        type = request.path_params["type"]
        if request.method == "POST":
            return await serve(facade, request, "create", type, "", _create(type))
        return await serve(facade, request, "search", type, "", _search(type))

    async def search_posted(request: Request) -> Response:
        type = request.path_params["type"]
        return await serve(facade, request, "search", type, "", _search(type))

    async def read_or_update(request: Request) -> Response:
        type, id = request.path_params["type"], request.path_params["id"]
        if request.method == "PUT":
            return await serve(facade, request, "update", type, id, _update(type, id))
        return await serve(facade, request, "read", type, id, _read(type, id))

    async def operate(request: Request) -> Response:
        type, id = request.path_params["type"], request.path_params.get("id")
        name = "$" + request.path_params["name"]
        return await serve(facade, request, name, type, id or "", _operation(type, id, name))

    return [
        Route(base + "/metadata", metadata, methods=["GET"]),
        Route(base + "/{type}", search_or_create, methods=["GET", "POST"]),
        Route(base + "/{type}/_search", search_posted, methods=["POST"]),
        Route(base + "/{type}/${name}", operate, methods=["GET", "POST"]),
        Route(base + "/{type}/{id}", read_or_update, methods=["GET", "PUT"]),
        Route(base + "/{type}/{id}/${name}", operate, methods=["GET", "POST"]),
    ]


def _known(type: str) -> None:
    if type not in params.SEARCH:
        raise NotFound("没有这种资源。", code="UNKNOWN_TYPE", detail="unknown type")


def _search(type: str) -> Any:
    async def run(facade: Facade, request: Request, call: Call) -> Reply:
        _known(type)
        pairs = _pairs(request.url.query)
        if request.method == "POST":
            kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            if kind != "application/x-www-form-urlencoded":
                raise Invalid("_search 的请求体应当是表单。", code="MEDIA_TYPE", status=415)
            pairs += _pairs((await body(request)).decode("utf-8", "replace"))
        return Reply(await search.search(facade, call, type, pairs))

    return run


def _pairs(query: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query, keep_blank_values=True, max_num_fields=params.MAX_PARAMETERS + 1)
    except ValueError:
        raise Invalid("查询参数太多或无法读取。", code="TOO_MANY_PARAMETERS") from None


def _read(type: str, id: str) -> Any:
    async def run(facade: Facade, request: Request, call: Call) -> Reply:
        _known(type)
        _check_format(request)
        resource, tag = with_version(await reading.read(facade, call, type, _id(id)))
        known = [one.strip() for one in request.headers.get("if-none-match", "").split(",")]
        if tag in known:
            return Reply(None, 304, {"ETag": tag})
        return Reply(resource, 200, {"ETag": tag})

    return run


def _create(type: str) -> Any:
    async def run(facade: Facade, request: Request, call: Call) -> Reply:
        _known(type)
        # Whoever may not do this need not be listened to.
        facade.need(call, type, "create")
        resource, new = await writing.create(facade, call, type, await json_body(request))
        resource, tag = with_version(resource)
        location = f"{facade.base}/{type}/{resource['id']}"
        return Reply(resource, 201 if new else 200, {"ETag": tag, "Location": location})

    return run


def _update(type: str, id: str) -> Any:
    async def run(facade: Facade, request: Request, call: Call) -> Reply:
        _known(type)
        facade.need(call, type, "update")
        resource = await writing.update(facade, call, type, _id(id), await json_body(request))
        resource, tag = with_version(resource)
        return Reply(resource, 200, {"ETag": tag})

    return run


def _operation(type: str, id: str | None, name: str) -> Any:
    async def run(facade: Facade, request: Request, call: Call) -> Reply:
        _known(type)
        facade.need(call, type, name)
        if request.method == "GET":
            if name not in operations.READING:
                raise Invalid("这个操作要用 POST。", code="NOT_SUPPORTED", status=405)
            values = operations.of_query(_pairs(request.url.query))
        else:
            values = operations.of_body(await json_body(request)) if _has_body(request) else {}
        answer = await operations.operation(facade, call, type, _id(id) if id else None, name, values)
        return Reply(answer)

    return run


def _has_body(request: Request) -> bool:
    return request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers


def _check_format(request: Request) -> None:
    for name, value in _pairs(request.url.query):
        if name != "_format":
            raise Invalid("读取单个资源不支持查询参数。", code="UNSUPPORTED_PARAMETER")
        params.check_format(value)


def _id(id: str) -> str:
    """The id as it can be one of ours; anything else is not found."""
    if len(id) > ID_LENGTH or not all(c.isascii() and (c.isalnum() or c in "-.") for c in id):
        raise NotFound(detail="no id")
    return id
