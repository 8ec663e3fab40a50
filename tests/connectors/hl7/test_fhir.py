"""v2 messages as FHIR bundles: what a reader finds in them, that they are valid, and that nothing breaks them."""

import base64
import contextlib
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.hl7.errors import HL7Error
from connectors.hl7.fhir import convert
from connectors.hl7.message import parse
from tests.connectors.hl7 import messages


def bundle(text: str | bytes) -> dict[str, Any]:
    return convert(parse(text))


def of(made: dict[str, Any], type: str) -> list[dict[str, Any]]:
    return [e["resource"] for e in made["entry"] if e["resource"]["resourceType"] == type]


def validate(made: dict[str, Any]) -> None:
    """Every resource is valid, has an id of its own, and refers only to what stands in the bundle."""
    names = [f"{e['resource']['resourceType']}/{e['resource']['id']}" for e in made["entry"]]
    assert len(names) == len(set(names))
    for entry in made["entry"]:
        get_fhir_model_class(entry["resource"]["resourceType"]).model_validate(entry["resource"])
        assert entry["request"]["url"] in names
        assert set(references(entry["resource"])) <= set(names)


def references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["reference"]] if isinstance(node.get("reference"), str) else []
        return own + [one for value in node.values() for one in references(value)]
    return [one for value in node for one in references(value)] if isinstance(node, list) else []


@pytest.mark.parametrize("name", messages.ALL)
def test_every_kind_of_message_gives_a_valid_bundle(name: str) -> None:
    made = bundle(messages.ALL[name])
    validate(made)
    get_fhir_model_class("Bundle").model_validate(made)
    [patient] = [one for one in of(made, "Patient") if one.get("active") is not False]
    assert patient["name"][0]["text"] == "张三" and patient["birthDate"] == "1990-03-07"
    assert {one["type"]["coding"][0]["code"] for one in patient["identifier"]} == {"MR", "NI"}
    assert bundle(messages.ALL[name]) == made, "the same message gives the same bundle"


def test_a_visit() -> None:
    [visit] = of(bundle(messages.ARRIVED), "Encounter")
    assert visit["class"]["code"] == "AMB" and visit["status"] == "in-progress"
    assert visit["period"] == {"start": "2026-11-23T09:15:00+08:00"}
    assert visit["identifier"][0]["value"] == "V1"
    assert {"url": "urn:menzhen:insurance", "valueString": "职工医保"} in visit["extension"]


def test_a_merge_leaves_one_patient_and_a_pointer() -> None:
    kept, gone = of(bundle(messages.MERGED), "Patient")
    assert gone["active"] is False and gone["link"][0]["type"] == "replaced-by"
    assert gone["link"][0]["other"]["reference"].endswith(kept["id"])
    assert kept["link"][0]["type"] == "replaces"


def test_an_appointment() -> None:
    [made] = of(bundle(messages.BOOKED), "Appointment")
    assert (made["status"], made["start"]) == ("booked", "2026-11-24T09:00:00+08:00")
    kinds = [one["actor"]["reference"].split("/")[0] for one in made["participant"]]
    assert kinds == ["Patient", "Practitioner", "Location"]
    assert made["serviceType"][0]["text"] == "骨科"
    cancelled = bundle(messages.BOOKED.replace("SIU^S12", "SIU^S15"))
    assert of(cancelled, "Appointment")[0]["status"] == "cancelled"
    stayed_away = bundle(messages.BOOKED.replace("SIU^S12", "SIU^S26"))
    assert of(stayed_away, "Appointment")[0]["status"] == "noshow"


def test_a_report_with_results_of_all_kinds() -> None:
    made = bundle(messages.REPORTED)
    [report] = of(made, "DiagnosticReport")
    assert report["status"] == "final" and report["issued"] == "2026-11-23T09:30:00+08:00"
    assert report["presentedForm"] == [{"contentType": "application/pdf", "data": "SGVsbG8="}]
    white, platelets, urine, shape, titre = of(made, "Observation")
    assert len(report["result"]) == 5
    assert white["valueQuantity"] == {"value": 12.5, "unit": "10^9/L"}
    assert white["referenceRange"][0]["low"]["value"] == 3.5 and white["note"][0]["text"] == "复查"
    assert white["code"]["coding"][0]["system"] == "http://loinc.org"
    assert platelets["valueQuantity"]["comparator"] == "<" and platelets["status"] == "preliminary"
    assert [i["coding"][0]["code"] for i in platelets["interpretation"]] == ["LL", "A"]
    assert platelets["referenceRange"][0]["low"]["value"] == 125
    assert urine["valueString"] == "阴性" and urine["referenceRange"][0] == {"text": "阴性"}
    assert shape["valueCodeableConcept"]["text"] == "正常"
    assert titre["valueRatio"]["denominator"]["value"] == 80


def test_charges_and_payments() -> None:
    charge, payment = of(bundle(messages.BILLED), "ChargeItem")
    assert (charge["status"], payment["status"]) == ("billable", "billed")
    assert payment["priceOverride"] == {"value": 2050, "currency": "CNY"}


def test_a_vaccination_and_a_document_and_an_order() -> None:
    [shot] = of(bundle(messages.VACCINATED), "Immunization")
    assert shot["vaccineCode"]["text"] == "乙肝疫苗" and shot["lotNumber"] == "L123"
    assert shot["route"]["text"] == "肌内注射" and shot["primarySource"] is True
    [paper] = of(bundle(messages.DOCUMENT), "DocumentReference")
    assert [base64.b64decode(one["attachment"]["data"]).decode() for one in paper["content"]] == [
        "咳嗽三天",
        "双肺呼吸音清",
    ]
    made = bundle(messages.ORDERED)
    [order] = of(made, "ServiceRequest")
    assert order["priority"] == "stat" and order["specimen"] and not of(made, "DiagnosticReport")
    assert of(made, "Condition")[0]["code"]["coding"][0]["system"] == "http://hl7.org/fhir/sid/icd-10"


@pytest.mark.parametrize(
    "text",
    [
        messages.HEADER.format("ACK^A04") + "MSA|AA|1\r",
        messages.HEADER.format("ADT^A04") + "EVN|A04\r",
        messages.HEADER.format("ADT^A04") + "PID|1\r",
        messages.HEADER.format("DFT^P03") + "FT1|1|B1\r",
        messages.HEADER.format("ADT^A40") + "MRG|1\r",
    ],
)
def test_what_holds_nothing_is_said(text: str) -> None:
    with pytest.raises(HL7Error) as caught:
        bundle(text)
    assert any("\u4e00" <= character <= "\u9fff" for character in caught.value.message)


CORPUS = [text.encode() for text in messages.ALL.values()]
SPLICES = [b"|", b"^", b"~", b"\\", b"&", b"\r", b'""', b"\\X00\\", b"20269999", b"-1", b"1e999", b" ", b"\t", "张".encode(), b"\x0b", b"99999999999999999999"]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_mutated_messages_give_valid_bundles_or_one_error(data: st.DataObject) -> None:
    """Not only no crash: what comes out of a damaged message is still valid FHIR."""
    raw = bytearray(data.draw(st.sampled_from(CORPUS)))
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(raw) - 1))
        action = data.draw(st.sampled_from(["cut", "insert", "flip", "swap"]))
        if action == "cut":
            del raw[place : place + data.draw(st.integers(1, 40))]
        elif action == "insert":
            raw[place:place] = data.draw(st.sampled_from(SPLICES))
        elif action == "flip":
            raw[place] = data.draw(st.integers(0, 255))
        else:
            lines = raw.split(b"\r")
            other = data.draw(st.sampled_from(CORPUS)).split(b"\r")
            lines[data.draw(st.integers(0, len(lines) - 1))] = bytearray(data.draw(st.sampled_from(other)))
            raw = bytearray(b"\r".join(lines))
        raw = raw or bytearray(b"M")
    with contextlib.suppress(HL7Error):
        validate(bundle(bytes(raw)))
