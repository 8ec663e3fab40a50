"""Whatever is sent: never a server error, always an OperationOutcome, never somebody else's data."""

from typing import Any

import orjson
import pytest
from fhir.resources.R4B.operationoutcome import OperationOutcome
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.facade import references
from connectors.facade.outcome import Invalid
from connectors.facade.params import SEARCH, read_date
from tests.connectors.facade.conftest import Bench
from tests.connectors.facade.test_writing import booking

TYPES = st.sampled_from([*SEARCH, "Nothing", "metadata", "Encounter", "$pay"])
WORDS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ["", "ge2026-11-24", "lt2026", "2026-02-29", "free", "Patient/1", "a|b", "|", ",", "%00", "\x00", "٣"]
    ),
)
NAMES = st.one_of(
    st.sampled_from(sorted({name for known in SEARCH.values() for name in known})),
    st.sampled_from(["_count", "_include", "_cursor", "_format", "_elements", "_summary", "_sort", "_id"]),
    st.text(max_size=10),
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
FIELDS = (
    "status",
    "slot",
    "participant",
    "identifier",
    "name",
    "id",
    "extension",
    "meta",
    "start",
    "parameter",
)
MANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def check(answer: Any, patient: str = "") -> None:
    assert answer.status_code < 500 or answer.status_code == 503, answer.text
    if answer.status_code >= 400:
        OperationOutcome.model_validate(answer.json())
    assert "100002" not in answer.text and "李四" not in answer.text


@pytest.fixture
async def me(bench: Bench) -> Any:
    return bench.of_patient(await bench.patient_id("100001"), scope="patient/*.cruds")


@given(type=TYPES, pairs=st.lists(st.tuples(NAMES, WORDS), max_size=5), post=st.booleans())
@MANY
async def test_searches(me: Any, type: str, pairs: list[tuple[str, str]], post: bool) -> None:
    if post:
        text = "&".join(f"{n}={v}" for n, v in pairs).encode("utf-8", "surrogatepass")
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        check(await me.post(f"/{type}/_search", content=text, headers=headers))
    else:
        check(await me.get(f"/{type}", params=[(n.encode(), v.encode()) for n, v in pairs]))


@given(
    type=TYPES, id=st.text(min_size=1, max_size=70), method=st.sampled_from(["GET", "PUT", "DELETE", "POST"])
)
@MANY
async def test_addresses(me: Any, type: str, id: str, method: str) -> None:
    from urllib.parse import quote

    check(await me.request(method, f"/{type}/{quote(id, safe='')}"))


@given(
    type=st.sampled_from(["Appointment", "Patient"]),
    change=st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=3),
    key=st.text(max_size=12),
)
@MANY
async def test_bodies_that_are_written(
    me: Any, bench: Bench, type: str, change: dict[str, Any], key: str
) -> None:
    body = booking("x", "y") | {"resourceType": type} | change
    content = orjson.dumps(body, option=orjson.OPT_NON_STR_KEYS)
    headers = {
        "Content-Type": "application/fhir+json",
        "If-None-Exist": b"identifier=urn:menzhen:order|" + key.encode(),
    }
    if any(b in b"\r\n\x00" for b in headers["If-None-Exist"]):
        del headers["If-None-Exist"]
    check(await me.post(f"/{type}", content=content, headers=headers))
    check(await bench.service.post(f"/{type}", content=content, headers=headers))
    id = await bench.first_id("Appointment")
    check(await me.put(f"/{type}/{id}", content=content, headers=headers))


@given(content=st.binary(max_size=60) | JSON.map(orjson.dumps), name=st.sampled_from(["pay", "payment", "x"]))
@MANY
async def test_bodies_of_operations(bench: Bench, content: bytes, name: str) -> None:
    headers = {"Content-Type": "application/json"}
    check(await bench.service.post(f"/Invoice/${name}", content=content, headers=headers))


@given(
    parameters=st.lists(
        st.fixed_dictionaries(
            {"name": st.sampled_from(["order", "invoice", "amountFen", "x"])},
            optional={"valueString": JSON, "valueReference": JSON, "valueInteger": JSON},
        ),
        max_size=4,
    )
)
@MANY
async def test_parameters_of_operations(me: Any, bench: Bench, parameters: list[dict[str, Any]]) -> None:
    body = {"resourceType": "Parameters", "parameter": parameters}
    headers = {"Content-Type": "application/json"}
    for client in (me, bench.service):
        answer = await client.post("/Invoice/$pay", content=orjson.dumps(body), headers=headers)
        check(answer)


@given(
    headers=st.dictionaries(
        st.sampled_from(["Accept", "Prefer", "If-Match", "If-None-Match", "If-None-Exist", "X-Deadline-Ms"]),
        st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=30),
    )
)
@MANY
async def test_headers(me: Any, bench: Bench, headers: dict[str, str]) -> None:
    encoded = [(name.encode(), value.strip().encode("latin-1")) for name, value in headers.items()]
    id = await bench.first_id("Organization")
    check(await me.get(f"/Organization/{id}", headers=encoded))
    check(await me.get("/Slot", headers=encoded))
    body = booking("x", "y")
    check(await bench.service.post("/Appointment", json=body, headers=encoded))


@given(text=st.text(max_size=30) | st.from_regex(r"(ge|lt)?[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:.+-]{0,14})?"))
@settings(max_examples=500, deadline=None)
def test_a_date_is_read_or_refused(text: str) -> None:
    try:
        prefix, start, end = read_date("date", text)
    except Invalid:
        return
    assert start < end and start.tzinfo is not None and len(prefix) == 2


@given(resource=JSON)
@settings(max_examples=300, deadline=None)
def test_rewriting_references_there_and_back_changes_nothing(resource: Any) -> None:
    text = '"reference":"Slot/1" \\"reference\\":\\"Slot/1\\"'
    tree = {text: text, "a": [resource, {"reference": "Slot/1"}], "b": {"reference": "http://x/Slot/1"}}
    kept = orjson.dumps(tree)
    there = references.rewritten(tree, lambda type, id: f"{type}/x{id}")
    assert there["a"][1] == {"reference": "Slot/x1"} and there["b"] == tree["b"]
    back = references.rewritten(there, lambda type, id: f"{type}/{id.removeprefix('x')}")
    assert orjson.dumps(tree) == kept and orjson.dumps(back) == kept
