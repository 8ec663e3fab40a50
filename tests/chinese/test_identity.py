"""Identity numbers, telephones, other documents."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chinese import identity

GOOD = "11010519491231002X"  # the example printed in GB 11643
DIGITS = st.text("0123456789", min_size=17, max_size=17)


def test_the_standard_example() -> None:
    assert identity.is_id_number(GOOD)
    assert identity.birth_date(GOOD) == date(1949, 12, 31)
    assert identity.sex_of(GOOD) == "female"
    assert identity.mask_id_number(GOOD) == "110105********002X"


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("1101051949123100", "id_length"),
        ("11010519491231A02X", "id_characters"),
        ("00010519491231002X", "id_region"),
        ("11010519491331002X", "id_birth_date"),
        ("110105194912310021", "id_checksum"),
    ],
)
def test_what_is_wrong(number: str, code: str) -> None:
    problem = identity.check_id_number(number)
    assert problem is not None and problem.code == code and problem.message


def test_births_in_the_future_are_refused() -> None:
    problem = identity.check_id_number(GOOD, today=date(1949, 1, 1))
    assert problem is not None and problem.code == "id_future_birth"


@given(st.dates(min_value=date(1900, 1, 1)), st.integers(0, 999))
@settings(deadline=None)
def test_the_check_character_catches_every_single_wrong_digit(born: date, order: int) -> None:
    first = f"310101{born:%Y%m%d}{order:03}"
    number = first + identity.check_character(first)
    assert identity.is_id_number(number)
    for place in range(14, 17):
        other = number[:place] + str((int(number[place]) + 1) % 10) + number[place + 1 :]
        assert not identity.is_id_number(other)


@pytest.mark.parametrize(
    "text",
    [
        f"我的身份证是{GOOD}，谢谢",
        "身份证110105 19491231 002x",
        "幺幺零幺零五 幺九四九幺二三幺 零零二叉",
        "１１０１０５１９４９１２３１００２Ｘ",
    ],
)
def test_found_in_a_sentence(text: str) -> None:
    found = identity.find_id_number(text)
    assert found is not None and found.value == GOOD
    assert text[found.begin : found.finish] == found.text


def test_a_mistyped_number_is_found_so_that_it_can_be_told() -> None:
    found = identity.find_id_number("证号110105194912310021")
    assert found is not None and not identity.is_id_number(found.value)
    assert identity.find_id_number("订单号123456789012345678") is None


@pytest.mark.parametrize(
    "text",
    [
        "电话13800138000",
        "138-0013-8000",
        "+86 138 0013 8000",
        "幺三八零零幺三八零零零",
        "一三八 零零一三 八零零零",
        "008613800138000",
    ],
)
def test_phones(text: str) -> None:
    found = identity.find_phone(text)
    assert found is not None and found.value == "13800138000"
    assert identity.mask_phone(found.value) == "138****8000"


@pytest.mark.parametrize("text", ["010-62345678", "12345678901", GOOD, "120", "你好"])
def test_no_phones(text: str) -> None:
    assert identity.find_phone(text) is None


def test_phone_problems() -> None:
    assert identity.check_phone("138") == identity.Problem("phone_length")
    assert identity.check_phone("12800138000") == identity.Problem("phone_prefix")


@pytest.mark.parametrize(
    ("born", "on", "age"),
    [
        ("1990-11-20", "2026-11-20", 36),
        ("1990-11-21", "2026-11-20", 35),
        ("2024-02-29", "2025-02-28", 0),
        ("2024-02-29", "2025-03-01", 1),
    ],
)
def test_age(born: str, on: str, age: int) -> None:
    assert identity.age_at(date.fromisoformat(born), date.fromisoformat(on)) == age


@pytest.mark.parametrize(
    ("kind", "number", "good"),
    [
        ("passport", "E12345678", True),
        ("passport", "EA1234567", True),
        ("passport", "12", False),
        ("hk_macao_permit", "H12345678", True),
        ("hk_macao_permit", "X12345678", False),
        ("taiwan_permit", "12345678", True),
        ("officer", "军字第123456号", True),
        ("resident_id", GOOD, True),
        ("unknown", "1", False),
    ],
)
def test_other_documents(kind: str, number: str, good: bool) -> None:
    assert (identity.check_document(kind, number) is None) is good


def test_which_document() -> None:
    assert identity.document_type("我用港澳居民来往内地通行证") == "hk_macao_permit"
    assert identity.document_type("我带了户口本") == "household"
    assert identity.document_type("我没带") is None


@given(st.text(max_size=40))
@settings(deadline=None)
def test_any_text_is_survived_and_masks_hide(text: str) -> None:
    identity.find_id_number(text)
    identity.find_phone(text)
    identity.check_id_number(text)
    assert len(identity.mask_document(text)) <= len(text.upper())


@given(DIGITS)
@settings(deadline=None)
def test_masks_never_show_the_birth_date(first: str) -> None:
    number = first + identity.check_character(first)
    assert identity.mask_id_number(number)[6:14] == "********"
