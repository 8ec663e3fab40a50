"""The HIS's recorded answers as FHIR, whole and damaged; no process is needed."""

import contextlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from fhir.resources.R4B import get_fhir_model_class
from hypothesis import given, settings
from hypothesis import strategies as st

from common.clock import SHANGHAI
from connectors.adapter import BackendError, BackendUnavailable, Resource
from connectors.his import billing, booking, clinic, people
from connectors.his.errors import check
from connectors.his.events import events
from connectors.hl7.errors import HL7Error
from connectors.hl7.message import Message, parse
from connectors.resources import extension
from tests.connectors.hl7 import messages

FIXTURES = Path(__file__).parent / "fixtures"
NOW = datetime(2026, 11, 23, 8, 30, tzinfo=SHANGHAI)


def recorded(name: str) -> bytes:
    return (FIXTURES / f"{name}.hl7").read_bytes()


def patients(message: Message) -> list[Resource]:
    return [people.patient(group.segments[0], group.all("NK1")) for group in message.groups("PID")]


def structure(message: Message) -> list[Resource]:
    found = list(message.all("ZDP"))
    makers = (clinic.organization, clinic.location, clinic.healthcare_service)
    return [make(zdp) for zdp in found for make in makers]


def slots(message: Message) -> list[Resource]:
    return [booking.slot(group) for group in message.groups("SCH")]


def appointments(message: Message) -> list[Resource]:
    return [booking.appointment(group) for group in message.groups("SCH")]


def charges(message: Message) -> list[Resource]:
    groups = message.groups("ZBL")
    return [one for group in groups for one in [billing.invoice(group), *billing.charge_items(group)]]


KINDS: dict[str, Callable[[Message], list[Resource]]] = {
    "patients": patients,
    "departments": structure,
    "slots": slots,
    "appointments": appointments,
    "charges": charges,
}


@pytest.mark.parametrize("name", KINDS)
def test_recorded_answers_are_valid_fhir(name: str) -> None:
    found = KINDS[name](check(parse(recorded(name))))
    assert found
    for one in found:
        get_fhir_model_class(one["resourceType"]).model_validate(one)


def test_a_slot_says_what_a_person_chooses_by() -> None:
    first = slots(parse(recorded("slots")))[0]
    assert first["status"] == "free" and first["start"] == "2026-11-24T08:00:00+08:00"
    assert first["schedule"]["reference"] == "Schedule/0403.D049"
    names = ("department", "practitioner", "practitioner-title", "room", "campus")
    assert [extension(first, name) for name in names] == ["骨科", "王晓楠", "主治医师", "骨科1诊室", "本部"]
    assert extension(first, "fee") == {"value": 15, "currency": "CNY"}
    assert extension(first, "visit-type")["code"] == "GEN" and extension(first, "remaining") == 3


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("OPEN", "free"),
        ("FULL", "busy"),
        ("STOPPED", "busy-unavailable"),
        ("PAST", "busy-unavailable"),
        ("", "busy-unavailable"),
    ],
)
def test_only_an_open_slot_is_free(state: str, status: str) -> None:
    text = recorded("slots").replace(b"|AM|OPEN", f"|AM|{state}".encode())
    assert {one["status"] for one in slots(parse(text))} == {status}


def test_a_refusal_carries_code_and_the_hospitals_words() -> None:
    with pytest.raises(BackendError) as caught:
        check(parse(recorded("refused")))
    assert caught.value.code == "BAD_MESSAGE" and "病历号" in caught.value.message
    with pytest.raises(BackendUnavailable):
        check(parse(recorded("refused").replace(b"BAD_MESSAGE", b"BUSY")))


@pytest.mark.parametrize(
    ("pid5", "text"),
    [
        ("张三", "张三"),
        ("张^三", "张三"),
        ("ZHANGSAN^张三", "张三"),
        ("Smith^John", "John Smith"),
        ("欧阳^娜娜", "欧阳娜娜"),
    ],
)
def test_names_as_chinese_systems_send_them(pid5: str, text: str) -> None:
    pid = parse(messages.HEADER.format("ADT^A08") + f"PID|1||7^^^HIS^MR||{pid5}").need("PID")
    assert people.patient(pid)["name"][0]["text"] == text


@pytest.mark.parametrize(
    "pid3",
    [
        "100001^^^HIS^MR",
        "100001",
        "100001^^^^MR~11010119900307571X",
        "11010119900307571X^^^PRC^NI~100001^^^HIS",
        "wx^^^WECHAT^WX~100001",
    ],
)
def test_the_record_number_without_assigning_authority(pid3: str) -> None:
    pid = parse(messages.HEADER.format("ADT^A08") + f"PID|1||{pid3}||张三").need("PID")
    assert people.record_number(pid) == "100001"


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_answers_and_notices_raise_one_error(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([*KINDS, "notice"]))
    source = (
        data.draw(st.sampled_from(list(messages.ALL.values()))).encode()
        if name == "notice"
        else recorded(name)
    )
    raw = bytearray(source)
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(raw) - 1))
        if data.draw(st.booleans()):
            del raw[place : place + data.draw(st.integers(1, 25))]
        else:
            raw[place:place] = data.draw(
                st.sampled_from([b"|", b"^", b"\r", b"~", b"&", b"\\", b"x", b"9" * 40, b"\xff"])
            )
        raw = raw or bytearray(b"M")
    with contextlib.suppress(HL7Error, BackendError, BackendUnavailable):
        message = parse(bytes(raw))
        if name == "notice":
            events(message)
        else:
            KINDS[name](check(message))
