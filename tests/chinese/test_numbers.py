"""Numbers as they are said and written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chinese.numbers import digits_of, find_numbers, find_ordinals, parse_number, parse_ordinal


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("三千五", 3500),
        ("一百五", 150),
        ("一百零五", 105),
        ("两成", 0.2),
        ("三成五", 0.35),
        ("百分之五", 0.05),
        ("百分之三十点五", 0.305),
        ("千分之二", 0.002),
        ("3.5万", 35000),
        ("3万5", 35000),
        ("1,200", 1200),
        ("半", 0.5),
        ("一半", 0.5),
        ("一个半", 1.5),
        ("两万三", 23000),
        ("一亿两千万", 120_000_000),
        ("二〇二六", 2026),
        ("九点五", 9.5),
        ("廿三", 23),
        ("5%", 0.05),
        ("２０", 20),
        ("貳拾", 20),
        ("三個", 3),
        ("负三", -3),
        ("三分之一", 1 / 3),
    ],
)
def test_values(text: str, value: float) -> None:
    number = parse_number(text)
    assert number is not None and number.value == pytest.approx(value)


def test_ranges_have_two_ends() -> None:
    number = parse_number("二十三四")
    assert number is not None and (number.kind, number.value, number.high) == ("range", 23, 24)
    hundreds = parse_number("三五百")
    assert hundreds is not None and (hundreds.value, hundreds.high) == (300, 500)


@pytest.mark.parametrize("text", ["十来个", "几个", "好", "", "等一下", "十多", "号"])
def test_no_numbers(text: str) -> None:
    assert parse_number(text) is None


def test_numbers_within_a_sentence() -> None:
    found = find_numbers("等一下，星期三五官科超过30分钟的三个人里有两成，第二个人花了3.5万，十来个人十分疼")
    assert [(number.text, number.value) for number in found] == [
        ("30", 30),
        ("三", 3),
        ("两成", 0.2),
        ("3.5万", 35000),
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("第二个", 2),
        ("第三", 3),
        ("我要第十二个", 12),
        ("最后一个", -1),
        ("倒数第二个", -2),
        ("首位", 1),
        ("头一个", 1),
        ("第1位", 1),
    ],
)
def test_ordinals(text: str, value: int) -> None:
    assert parse_ordinal(text) == value


def test_two_ordinals_are_not_one() -> None:
    assert parse_ordinal("第一个和第三个") is None
    assert [number.value for number in find_ordinals("第一个和第三个")] == [1, 3]


def test_dictated_digits() -> None:
    assert digits_of("幺三八 零零一二") == "1380012"
    assert digits_of("一三八号") is None


def written(number: int) -> str:
    """Integers below a hundred million in characters."""
    digits = "零一二三四五六七八九"
    if number < 10:
        return digits[number]
    for size, unit in ((10**4, "万"), (1000, "千"), (100, "百"), (10, "十")):
        if number >= size:
            head, rest = divmod(number, size)
            zero = "零" if rest and rest < size // 10 else ""
            return written(head) + unit + (zero + written(rest) if rest else "")
    raise AssertionError


@given(st.integers(0, 99_999_999))
def test_round_trip(number: int) -> None:
    found = parse_number(written(number))
    assert found is not None and found.value == number


@given(st.text(max_size=40))
def test_any_text_is_survived(text: str) -> None:
    reached = 0
    for number in find_numbers(text):
        assert reached <= number.begin < number.finish <= len(text)
        reached = number.finish
    find_ordinals(text)
    digits_of(text)
