"""Patients: found by what people have at hand, registered once, changed."""

import pytest

from connectors.adapter import BackendError, Search
from connectors.his.adapter import HISAdapter
from connectors.resources import ID_CARD_SYSTEM, MRN_SYSTEM, WECHAT_SYSTEM

NEW = {
    "resourceType": "Patient",
    "identifier": [{"system": ID_CARD_SYSTEM, "value": "11010119900307571X"}],
    "name": [{"text": "测试甲"}],
    "gender": "male",
    "birthDate": "1990-03-07",
    "telecom": [{"system": "phone", "value": "13800138000"}],
}


@pytest.mark.parametrize(
    "params",
    [
        {"identifier": ["100001"]},
        {"identifier": [f"{MRN_SYSTEM}|100001"]},
        {"identifier": [f"{WECHAT_SYSTEM}|wx-zhang"]},
        {"identifier": ["nobody", "wx-zhang"]},
        {"_id": ["Patient/100001"]},
        {"name": ["张建国"], "identifier": ["100001"]},
    ],
)
async def test_found(adapter: HISAdapter, params: dict[str, list[str]]) -> None:
    [found] = await adapter.search(Search("Patient", params))
    assert found["id"] == "100001" and found["name"][0]["text"] == "张建国"
    assert {one["system"] for one in found["identifier"]} >= {MRN_SYSTEM, ID_CARD_SYSTEM, WECHAT_SYSTEM}


@pytest.mark.parametrize(
    "params",
    [{"identifier": ["urn:x|100001"]}, {"identifier": ["0"]}, {"name": ["查无此人"]}, {"_id": ["0"]}],
)
async def test_not_found(adapter: HISAdapter, params: dict[str, list[str]]) -> None:
    assert await adapter.search(Search("Patient", params)) == []


async def test_nobody_is_listed_without_a_criterion(adapter: HISAdapter) -> None:
    with pytest.raises(BackendError) as caught:
        await adapter.search(Search("Patient", {}))
    assert caught.value.status == 400


async def test_family_members_who_are_patients_are_named(adapter: HISAdapter) -> None:
    [mother] = await adapter.search(Search("Patient", {"identifier": ["wx-li"]}))
    [son] = [one for one in mother["contact"] if one["name"]["text"] == "王子涵"]
    [link] = [one["valueReference"]["reference"] for one in son["extension"]]
    child = await adapter.read("Patient", link.split("/")[1])
    assert child and child["name"][0]["text"] == "王子涵"
    assert son["relationship"][0]["text"]


async def test_registered_once_then_bound_to_wechat(adapter: HISAdapter) -> None:
    first = await adapter.create("Patient", NEW, "reg-1")
    again = await adapter.create("Patient", NEW, "reg-2")
    assert first["id"] == again["id"]
    bound = {**first, "identifier": [*first["identifier"], {"system": WECHAT_SYSTEM, "value": "wx-test"}]}
    changed = await adapter.update(
        "Patient", first["id"], {**bound, "telecom": [{"system": "phone", "value": "13900139000"}]}, "u"
    )
    assert {one["value"] for one in changed["identifier"]} >= {first["id"], "wx-test"}
    assert changed["telecom"][0]["value"] == "13900139000"
    [found] = await adapter.search(Search("Patient", {"identifier": [f"{WECHAT_SYSTEM}|wx-test"]}))
    assert found["id"] == first["id"]


async def test_a_patient_that_is_not_there_cannot_be_changed(adapter: HISAdapter) -> None:
    with pytest.raises(BackendError) as caught:
        await adapter.update("Patient", "999999", NEW, "u")
    assert caught.value.code == "NO_PATIENT"
