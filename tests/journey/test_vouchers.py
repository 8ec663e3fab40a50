"""What a patient shows at the desk."""

import base64
import urllib.parse

import pytest
import segno

from connectors.resources import extensions, money
from journey.vouchers import mask_name, qr, voucher

APPOINTMENT = {
    "resourceType": "Appointment",
    "id": "a1",
    "status": "booked",
    "start": "2026-11-24T09:00:00+08:00",
    "end": "2026-11-24T09:30:00+08:00",
    "participant": [{"actor": {"reference": "Patient/p1"}, "status": "accepted"}],
    "extension": extensions(
        ("voucher-code", "string", "GH20261124A017"),
        ("queue-number", "string", "17"),
        ("visit-type", "Coding", {"code": "EXP", "display": "专家"}),
        ("fee", "Money", money(5000)),
        ("department", "string", "骨科"),
        ("practitioner", "string", "王建国"),
        ("campus", "string", "本部"),
        ("room", "string", "301"),
        ("location-text", "string", "门诊楼3层 骨科一诊室"),
        ("cancel-deadline", "dateTime", "2026-11-23T17:00:00+08:00"),
    ),
}


def test_the_voucher_says_where_when_and_for_whom() -> None:
    shown = voucher(APPOINTMENT, "张小三")
    assert shown["code"] == "GH20261124A017"
    assert (shown["department"], shown["doctor"], shown["visit_type"]) == ("骨科", "王建国", "专家")
    assert (shown["start"], shown["fee_fen"], shown["number"]) == ("2026-11-24T09:00:00+08:00", 5000, "17")
    assert (shown["status"], shown["status_text"]) == ("booked", "预约成功")
    assert any("11月23日 17:00" in note for note in shown["notes"])


def test_the_name_on_it_is_masked() -> None:
    shown = voucher(APPOINTMENT, "张小三")
    assert shown["patient"] == "张*三"
    assert "张小三" not in str(shown)


@pytest.mark.parametrize(
    ("name", "masked"), [("张三", "张*"), ("欧阳小宝", "欧**宝"), ("李", "*"), ("", ""), (" 张三 ", "张*")]
)
def test_masking(name: str, masked: str) -> None:
    assert mask_name(name) == masked


def test_the_qr_code_holds_the_voucher_code_and_nothing_else() -> None:
    uri = qr("GH20261124A017")
    assert uri.startswith("data:image/svg+xml")
    head, _, body = uri.partition(",")
    drawn = base64.b64decode(body).decode() if "base64" in head else urllib.parse.unquote(body)
    assert "<svg" in drawn
    assert uri == segno.make("GH20261124A017", error="m", micro=False).svg_data_uri(scale=4, border=2)


def test_a_bare_appointment_still_gives_a_voucher() -> None:
    shown = voucher({"resourceType": "Appointment", "status": "booked"}, "")
    assert (shown["code"], shown["qr"], shown["fee_fen"]) == ("", "", 0)
