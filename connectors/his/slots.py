"""Slots: searched in the HIS, kept for a moment only, and forgotten at once when a booking changes them."""

from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from common import clock
from connectors.adapter import Resource, Search
from connectors.his.booking import SLOT_STATUS, slot
from connectors.his.cache import Cache
from connectors.his.client import HISClient
from connectors.hl7.errors import HL7Error
from connectors.hl7.message import Group
from connectors.resources import bare, extension, ids, window, within

KEPT_SECONDS = 2.0
KEPT_ANSWERS = 128
PAGE = 100
MAX_PAGE = 800
MAX_SLOTS = 4000
HORIZON = timedelta(days=15)
KNOWN_SLOTS = 20_000
STATUSES = frozenset(SLOT_STATUS.values())


class Slots:
    """The HIS's slots as FHIR Slots."""

    def __init__(self, client: HISClient) -> None:
        self.client = client
        self._cache: Cache[list[Resource]] = Cache(KEPT_SECONDS, KEPT_ANSWERS)
        self._departments: OrderedDict[str, str] = OrderedDict()
        self._mapped: OrderedDict[tuple[str, ...], Resource] = OrderedDict()

    def changed(self) -> None:
        """A booking or a notification changed something."""
        self._cache.clear()

    async def read(self, id: str) -> Resource | None:
        for group in await self.client.slots(None, None, slot=id, limit=1):
            found = self._map(group)
            self._remember(found)
            if found["id"] == id:
                return found
        return None

    async def department(self, id: str) -> str:
        """The code of the department that a slot is of; empty where the HIS does not know the slot."""
        if id not in self._departments:
            await self.read(id)
        return self._departments.get(id, "")

    async def search(self, search: Search) -> list[Resource]:
        """Slots by time, at most `search.count`. Without `start` those from now on."""
        params = search.params
        if "status" in params and STATUSES.isdisjoint(params["status"]):
            return []
        if "_id" in params:
            found = [await self.read(id) for id in ids(params["_id"])]
            return [one for one in found if one is not None and _matches(one, params)]
        low, high = window(params.get("start", ()))
        now = clock.now()
        start = low or now
        # Whole minutes, so that questions of the same minute are the same question.
        start = start.replace(second=0, microsecond=0)
        end = high or max(start, now) + HORIZON
        result: list[Resource] = []
        for department, doctor in _places(params):
            result += await self._all(start, end, department, doctor, params, search.count)
        result.sort(key=lambda one: one["start"])
        return result[: search.count]

    async def _all(
        self,
        start: datetime,
        end: datetime,
        department: str,
        doctor: str,
        params: Any,
        wanted: int,
    ) -> list[Resource]:
        """Matching slots of one place, page after page until there are enough. The HIS answers by time."""
        found: dict[str, Resource] = {}
        page = min(max(PAGE, wanted), MAX_PAGE)
        while True:
            answer = await self._page(start, end, department, doctor, page)
            before = len(found)
            found |= {one["id"]: one for one in answer}
            matching = [one for one in found.values() if _matches(one, params)]
            if len(matching) >= wanted or len(answer) < page or len(found) >= MAX_SLOTS:
                return matching
            latest = datetime.fromisoformat(answer[-1]["start"])
            if page < MAX_PAGE:
                page = MAX_PAGE
            elif latest <= start or len(found) == before:
                # More slots begin at one moment than a page holds.
                page *= 2
            start = max(start, latest)

    async def _page(
        self, start: datetime, end: datetime, department: str, doctor: str, limit: int
    ) -> list[Resource]:
        async def ask() -> list[Resource]:
            groups = await self.client.slots(start, end, department=department, doctor=doctor, limit=limit)
            answer = [self._map(group) for group in groups]
            if any(one["start"] is None or one["end"] is None for one in answer):
                raise HL7Error("号源没有时间。", detail="SCH-11 unreadable")
            answer.sort(key=lambda one: one["start"])
            for one in answer:
                self._remember(one)
            return answer

        return await self._cache.get((start, end, department, doctor, limit), ask)

    def _map(self, group: Group) -> Resource:
        """The Slot of a group. Most slots are the same from one answer to the next: the same text, the same Slot."""
        text = tuple(segment.line for segment in group.segments)
        found = self._mapped.get(text)
        if found is None:
            found = self._mapped[text] = slot(group)
            if len(self._mapped) > KNOWN_SLOTS:
                self._mapped.popitem(last=False)
        return found

    def _remember(self, one: Resource) -> None:
        self._departments[one["id"]] = bare(one["schedule"]).partition(".")[0]
        if len(self._departments) > KNOWN_SLOTS:
            self._departments.popitem(last=False)


def _places(params: Any) -> list[tuple[str, str]]:
    """(department, doctor) pairs that have to be asked for, each "" for any."""
    if "schedule" in params:
        pairs = [id.partition(".") for id in ids(params["schedule"])]
        return [(department, doctor) for department, _, doctor in pairs]
    departments = ids(params.get("organization", ())) or [""]
    doctors = ids(params.get("practitioner", ())) or [""]
    return [(department, doctor) for department in departments for doctor in doctors]


def _matches(one: Resource, params: Any) -> bool:
    if "status" in params and one["status"] not in params["status"]:
        return False
    if "service-type" in params and not _of_kind(one, params["service-type"]):
        return False
    department, _, doctor = bare(one["schedule"]).partition(".")
    if "organization" in params and department not in ids(params["organization"]):
        return False
    if "practitioner" in params and doctor not in ids(params["practitioner"]):
        return False
    return within(datetime.fromisoformat(one["start"]), params.get("start", ()))


def _of_kind(one: Resource, values: Sequence[Any]) -> bool:
    kind = extension(one, "visit-type") or {}
    return any(str(value).rpartition("|")[2] in (kind.get("code"), kind.get("display")) for value in values)
