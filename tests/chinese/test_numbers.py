"""Numbers as they are said and written."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
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
        ("三点五万", 35000),
        ("万八", 18000),
        ("3万5千", 35000),
        ("2千5百万", 25_000_000),
        ("1万2千5", 12500),
        ("百分百", 1),
        ("百分之负五", -0.05),
        ("一千零五十", 1050),
    ],
)
def test_values(text: str, value: float) -> None:
    number = parse_number(text)
    assert number is not None and number.value == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("二十三四", 23, 24),
        ("三五百", 300, 500),
        ("一两百", 100, 200),
        ("七八十", 70, 80),
        ("七八成", 0.7, 0.8),
    ],
)
def test_ranges_have_two_ends(text: str, low: float, high: float) -> None:
    number = parse_number(text)
    assert number is not None and (number.value, number.high) == (low, high)


def test_an_age_between_two() -> None:
    (age,) = find_numbers("我二十三四岁")
    assert (age.text, age.kind, age.value, age.high) == ("二十三四", "range", 23, 24)


@pytest.mark.parametrize("text", ["十来个", "几个", "好", "", "等一下", "十多", "号", "几十", "数百", "上百"])
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


@pytest.mark.parametrize("text", ["老百姓", "几十个人", "成千上万", "数十家", "三十好几", "上百人"])
def test_vague_words_hold_no_number(text: str) -> None:
    assert find_numbers(text) == []


def test_a_dash_between_two_numbers_is_no_minus() -> None:
    assert [number.value for number in find_numbers("3-5天")] == [3, 5]


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
@settings(deadline=None)
def test_round_trip(number: int) -> None:
    found = parse_number(written(number))
    assert found is not None and found.value == number


@given(st.integers(0, 99_999_999), st.integers(0, 999))
@settings(deadline=None)
def test_decimals_percentages_and_tenths_round_trip(whole: int, part: int) -> None:
    decimals = "".join("零一二三四五六七八九"[int(digit)] for digit in f"{part:03}")
    value = float(f"{whole}.{part:03}")
    assert parsed(f"{written(whole)}点{decimals}") == pytest.approx(value)
    assert parsed(f"{whole:,}.{part:03}") == pytest.approx(value)
    assert parsed(f"百分之{written(part)}") == parsed(f"{part}%") == pytest.approx(part / 100)
    assert parsed(f"负{written(whole)}") == parsed(f"-{whole}") == -whole


@given(st.integers(1, 9), st.integers(1, 9))
@settings(deadline=None)
def test_what_is_left_out_at_the_end_is_the_next_unit(head: int, tail: int) -> None:
    first, last = "一二三四五六七八九"[head - 1], "一二三四五六七八九"[tail - 1]
    for unit, size in (("百", 100), ("千", 1000), ("万", 10_000), ("亿", 100_000_000)):
        short = head * size + tail * size // 10
        assert parsed(f"{first}{unit}{last}") == parsed(f"{head}{unit}{last}") == short
        assert parsed(f"{first}{unit}零{last}") == head * size + tail
    assert parsed(f"{first}成{last}") == pytest.approx(head / 10 + tail / 100)
    assert parsed(f"{head}.{tail}万") == parsed(f"{first}点{last}万") == head * 10_000 + tail * 1000
    assert parsed(f"{head}万{tail}千") == head * 10_000 + tail * 1000


def parsed(text: str) -> int | float:
    """The value of a text that is one number; not a number where it is none."""
    number = parse_number(text)
    return number.value if number else float("nan")


@given(st.text(max_size=40))
@settings(deadline=None)
def test_any_text_is_survived(text: str) -> None:
    reached = 0
    for number in find_numbers(text):
        assert reached <= number.begin < number.finish <= len(text)
        reached = number.finish
    find_ordinals(text)
    digits_of(text)
