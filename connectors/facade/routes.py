"""The routes of FHIR's REST API."""

from typing import Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request, Response

from connectors.facade import capability, operations, params, reading, search, writing
from connectors.facade.core import Call, Facade, with_version
from connectors.facade.http import Reply, body, json_body, response, serve
from connectors.facade.outcome import Invalid, NotFound

ID_LENGTH = 64


def routes(facade: Facade) -> APIRouter:
    """The router of `/fhir/R4`."""
    router = APIRouter()
    add = router.add_api_route

    async def metadata(request: Request) -> Response:
        return response(Reply(capability.statement(facade)))

    async def search_get(request: Request, type: str) -> Response:
        return await serve(facade, request, "search", type, "", _search(type))

    async def search_post(request: Request, type: str) -> Response:
        return await serve(facade, request, "search", type, "", _search(type))

    async def create(request: Request, type: str) -> Response:
        return await serve(facade, request, "create", type, "", _create(type))

    async def read(request: Request, type: str, id: str) -> Response:
        if id.startswith("$"):
            return await serve(facade, request, id, type, "", _operation(type, None, id))
        return await serve(facade, request, "read", type, id, _read(type, id))

    async def update(request: Request, type: str, id: str) -> Response:
        return await serve(facade, request, "update", type, id, _update(type, id))

    async def operate(request: Request, type: str, name: str) -> Response:
        return await serve(facade, request, f"${name}", type, "", _operation(type, None, f"${name}"))

    async def operate_on(request: Request, type: str, id: str, name: str) -> Response:
        return await serve(facade, request, f"${name}", type, id, _operation(type, id, f"${name}"))

    add("/metadata", metadata, methods=["GET"], include_in_schema=False)
    add("/{type}", search_get, methods=["GET"])
    add("/{type}", create, methods=["POST"])
    add("/{type}/_search", search_post, methods=["POST"])
    add("/{type}/${name}", operate, methods=["POST"])
    add("/{type}/{id}", read, methods=["GET"])
    add("/{type}/{id}", update, methods=["PUT"])
    add("/{type}/{id}/${name}", operate_on, methods=["GET", "POST"])
    return router


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
