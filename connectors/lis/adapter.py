"""The LIS adapter: reports and results of a patient, named by the medical record number."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from common import clock
from common.errors import MenzhenError
from common.settings import Settings
from connectors.adapter import BackendError, Event, Resource, Search
from connectors.lis import to_fhir
from connectors.lis.client import MAX_ROWS, LISClient, moment, result
from connectors.resources import ids, token, within

STALE_DAYS = 3


class LISAdapter:
    """connectors.adapter.Adapter over the views of docs/protocols/lis-and-cashier.md. Reads only."""

    name = "lis"
    resources: Mapping[str, Sequence[str]] = {
        "DiagnosticReport": ("read", "search"),
        "Observation": ("read", "search"),
    }

    def __init__(self, settings: Settings) -> None:
        self.client = LISClient(settings)

    def on_event(self, sink: Callable[[Sequence[Event]], Awaitable[None]]) -> None:
        """Its news come as ORU^R01 to the HIS adapter's listener."""

    async def start(self) -> None:
        """Connections are made when they are needed."""

    async def stop(self) -> None:
        self.client.stop()

    async def check(self) -> Mapping[str, Any]:
        """Whether the views can be read, and whether the newest report is recent."""
        try:
            version, missing, newest = await self.client.run(self.client.hello)
        except MenzhenError as error:
            return {"reachable": False, "version": "", "time": None, "problems": [error.message]}
        problems = [f"视图 {view} 无法读取（{reason}）。" for view, reason in missing.items()]
        latest = moment(newest)
        if latest is not None:
            if latest > clock.now():
                problems.append("LIS 里有将来时间的报告，它的时钟可能不准。")
            elif (clock.now() - latest).days > STALE_DAYS:
                problems.append(f"LIS 最近一份报告是 {latest:%Y-%m-%d}，视图可能没有更新。")
        return {
            "reachable": not missing,
            "version": version,
            "time": latest.isoformat() if latest else None,
            "problems": problems,
        }

    async def read(self, type: str, id: str) -> Resource | None:
        if type == "DiagnosticReport":
            found = await self.client.run(lambda connection: self._reports(connection, numbers=[id]))
            return next((one for one in found if one["resourceType"] == type), None)
        return await self.client.run(lambda connection: self._observation(connection, id))

    async def search(self, search: Search) -> list[Resource]:
        """Reports or results, newest first. With `DiagnosticReport:result` the results follow the reports."""
        params = search.params
        if search.type not in self.resources:
            raise _unsupported(search.type)
        if "patient" not in params and "_id" not in params:
            raise BackendError("查询报告需要就诊人。", code="BAD_MESSAGE", status=400, detail="no patient")
        return await self.client.run(lambda connection: self._search(connection, search))

    def _search(self, connection: Connection, search: Search) -> list[Resource]:
        params = search.params
        mrns = ids(params["patient"]) if "patient" in params else []
        if search.type == "Observation" and "_id" in params:
            read = [self._observation(connection, id) for id in ids(params["_id"])]
            owners = {f"Patient/{mrn}" for mrn in mrns}
            kept = [one for one in read if one and (not owners or one["subject"]["reference"] in owners)]
            return [one for one in kept if _matches(one, params)][: search.count]
        numbers = ids(params["_id"]) if "_id" in params else []
        found = self._reports(connection, mrns=mrns, numbers=numbers, with_results=True)
        matching = [one for one in found if one["resourceType"] == search.type and _matches(one, params)]
        matching = matching[: search.count]
        if search.type == "DiagnosticReport" and "DiagnosticReport:result" in search.include:
            wanted = {result["reference"] for one in matching for result in one.get("result", ())}
            matching += [one for one in found if f"Observation/{one['id']}" in wanted]
        return matching

    def _reports(
        self,
        connection: Connection,
        *,
        mrns: Sequence[str] = (),
        numbers: Sequence[str] = (),
        with_results: bool = False,
    ) -> list[Resource]:
        rows = self.client.requests(connection, mrns=mrns, numbers=numbers, limit=MAX_ROWS)
        items = self.client.items(connection, [str(row.REPORT_NO) for row in rows if row.REPORT_NO])
        now = clock.now()
        reports, results = [], []
        for row in rows:
            own = items.get(str(row.REPORT_NO), []) if row.REPORT_NO else []
            typical = None if row.REPORT_NO else self.client.turnaround(connection, str(row.GROUP_CODE))
            reports.append(to_fhir.report(row, own, typical, now))
            if with_results:
                results += [to_fhir.observation(one, row) for one in own]
        return reports + results

    def _observation(self, connection: Connection, id: str) -> Resource | None:
        number, dot, _ = id.rpartition(".")
        if not dot:
            return None
        request = connection.scalar(select(result.c.REQ_NO).where(result.c.REPORT_NO.in_([number])))
        if request is None:
            return None
        found = self._reports(connection, numbers=[str(request)], with_results=True)
        return next((one for one in found if one["resourceType"] == "Observation" and one["id"] == id), None)

    async def create(self, type: str, resource: Resource, key: str) -> Resource:
        raise _unsupported(type)

    async def update(self, type: str, id: str, resource: Resource, key: str) -> Resource:
        raise _unsupported(type)

    async def operation(
        self, name: str, type: str, id: str | None, parameters: Mapping[str, Any], key: str
    ) -> Mapping[str, Any]:
        raise _unsupported(type)


def _matches(resource: Resource, params: Mapping[str, Sequence[Any]]) -> bool:
    if "status" in params and resource["status"] not in params["status"]:
        return False
    if "code" in params and not any(_coded(resource, value) for value in params["code"]):
        return False
    if "date" in params:
        at = resource.get("effectiveDateTime")
        return within(datetime.fromisoformat(at) if at else None, params["date"])
    return True


def _coded(resource: Resource, value: Any) -> bool:
    """Whether the resource's code is that token, or its name that word."""
    system, code = token(value)
    concept = resource["code"]
    if not system and concept.get("text") == code:
        return True
    return any(
        coding.get("code") == code and (not system or coding.get("system") == system)
        for coding in concept.get("coding", ())
    )


def _unsupported(type: str) -> BackendError:
    return BackendError("检验系统不提供这个功能。", code="BAD_MESSAGE", status=404, detail=f"LIS {type}")
