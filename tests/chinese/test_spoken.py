"""What is written, said: values in words, and whole sentences."""

from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chinese import time as chinese_time
from chinese.aloud import aloud
from chinese.calendar import SHANGHAI
from chinese.numbers import digits_of, parse_number
from chinese.spoken import cardinal, clock, day, digits, money, number

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "零"),
        (2, "二"),
        (10, "十"),
        (12, "十二"),
        (20, "二十"),
        (105, "一百零五"),
        (110, "一百一十"),
        (112, "一百一十二"),
        (200, "两百"),
        (222, "两百二十二"),
        (1001, "一千零一"),
        (1010, "一千零一十"),
        (2000, "两千"),
        (10_010, "一万零一十"),
        (12_000, "一万两千"),
        (20_002, "两万零二"),
        (100_000, "十万"),
        (120_000_000, "一亿两千万"),
        (-3, "负三"),
    ],
)
def test_numbers_are_said_as_people_say_them(value: int, said: str) -> None:
    assert cardinal(value) == said


@given(st.integers(-(10**16) + 1, 10**16 - 1), st.sampled_from("两二"))
@settings(deadline=None)
def test_a_number_that_is_said_is_understood_as_itself(value: int, two: str) -> None:
    found = parse_number(cardinal(value, two))
    assert found is not None and found.value == value


def test_figures_are_read_out_with_one_word_for_two() -> None:
    assert cardinal(2000, two="二") == "二千"
    assert cardinal(22_222, two="二") == "二万二千二百二十二"


@given(st.integers(0, 99_999), st.integers(0, 999))
@settings(deadline=None)
def test_a_decimal_that_is_said_is_understood_as_itself(whole: int, part: int) -> None:
    written = f"{whole}.{part:03d}"
    found = parse_number(number(written))
    assert found is not None and found.value == pytest.approx(float(written))


@given(st.from_regex(r"\d{1,30}", fullmatch=True))
@settings(deadline=None)
def test_digits_are_said_one_by_one_and_understood_in_order(run: str) -> None:
    run = run.translate({ord(c): str(int(c)) for c in run})
    assert digits_of(digits(run).replace("，", " ")) == run


def test_a_phone_number_is_said_in_breaths() -> None:
    assert digits("13800138000") == "幺三八，零零幺三，八零零零"
    assert digits("010-62345678") == "零幺零，六二三四，五六七八"


@pytest.mark.parametrize(
    ("fen", "said"),
    [
        (2350, "二十三块五"),
        (2355, "二十三块五毛五"),
        (2305, "二十三块零五分"),
        (1500, "十五元"),
        (200, "两元"),
        (20_000, "两百元"),
        (50, "五毛"),
        (5, "五分"),
        (0, "零元"),
    ],
)
def test_money_is_said_as_at_a_cashier(fen: int, said: str) -> None:
    assert money(fen) == said


@pytest.mark.parametrize(
    ("time", "said"),
    [
        ((8, 30), "八点半"),
        ((8, 0), "八点"),
        ((8, 5), "八点零五分"),
        ((9, 15), "九点十五分"),
        ((14, 0), "下午两点"),
        ((19, 45), "晚上七点四十五分"),
    ],
)
def test_a_time_of_day_is_said_as_people_say_it(time: tuple[int, int], said: str) -> None:
    assert clock(*time) == said


@given(st.integers(8, 23), st.integers(0, 59))
@settings(deadline=None)
def test_a_time_of_day_that_is_said_is_understood_as_itself(hour: int, minute: int) -> None:
    said = f"明天{'上午' if hour < 12 else '中午' if hour == 12 else ''}{clock(hour, minute)}"
    (match,) = chinese_time.parse(said, NOW)
    assert match.start is not None
    assert (match.start.hour, match.start.minute) == (hour, minute), said


@given(st.dates(date(2026, 11, 24), date(2027, 10, 30)))
@settings(deadline=None)
def test_a_day_that_is_said_is_understood_as_itself(when: date) -> None:
    said = day(when, NOW.date(), weekday=False)
    (match,) = chinese_time.parse(said, NOW)
    assert match.start is not None and match.start.date() == when, said


def test_near_days_are_said_by_their_names() -> None:
    today = date(2026, 11, 23)
    assert [day(date(2026, 11, d), today) for d in (23, 24, 25, 26)] == [
        "今天",
        "明天",
        "后天",
        "十一月二十六号周四",
    ]
    assert day(date(2027, 1, 2), today) == "二零二七年一月二号周六"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("11月6日 8:30", "十一月六号八点半"),
        ("11月24日 周二 上午 09:00–09:30", "十一月二十四号周二上午九点到九点半"),
        ("下午 14:00–14:30", "下午两点到两点半"),
        ("10:30-13:00", "十点半到下午一点"),
        ("请在 14:05 前付款", "请在下午两点零五分前付款"),
        ("2026-11-06T08:30:00+08:00", "二零二六年十一月六号，八点半"),
        ("2026年2月29日", "二零二六年二月二十九号"),
        ("挂号费23.50元", "挂号费二十三块五"),
        ("¥1,200", "一千两百元"),
        ("立即拨打 120，或", "立即拨打幺二零，或"),
        ("120急救车", "幺二零急救车"),
        ("一共120元", "一共一百二十元"),
        ("到302诊室", "到三零二诊室"),
        ("门诊楼3层12号诊室", "门诊楼三层十二号诊室"),
        ("电话是 010-62345678。", "电话是零幺零，六二三四，五六七八。"),
        ("手机13800138000", "手机幺三八，零零幺三，八零零零"),
        ("手机138****8000", "手机尾号八零零零"),
        ("凭证号 A10234", "凭证号A，幺零二三四"),
        ("您是第2个，前面还有2个人", "您是第二个，前面还有两个人"),
        ("不超过2人", "不超过两人"),
        ("2楼2号窗口", "二楼二号窗口"),
        ("2025年2月2日", "二零二五年二月二号"),
        ("等约 2 小时", "等约两小时"),
        ("24小时开放", "二十四小时开放"),
        ("38.5℃", "三十八点五度"),
        ("参考范围 3.5-9.5", "参考范围三点五到九点五"),
        ("爽约率 12.5%", "爽约率百分之十二点五"),
        ("血压120/80", "血压一百二十比八十"),
        ("张*（本人）。", "张某，本人。"),
        ("可以说“付好了”，或者“算了”。", "可以说，付好了，或者算了。"),
        ("网址 https://example.org/a?b=1。", "网址。"),
        ("１５号", "十五号"),
        ("13:75", "十三:七十五"),
        ("挂王医生 9:00（50元）吗？", "挂王医生九点，五十元吗？"),
        ("是明天（11月24日）的号吗？", "是明天，十一月二十四号的号吗？"),
        ("确认付款，吗？", "确认付款吗？"),
    ],
)
def test_a_sentence_is_read_right(written: str, said: str) -> None:
    assert aloud(written) == said


@given(st.text(alphabet="挂号元月日点年第个拨打诊室℃:：-–/.,%*Aa （）“”\n" + "0123456789０１２", max_size=40))
@settings(deadline=None)
def test_no_digit_is_ever_left_to_the_reader(text: str) -> None:
    said = aloud(text)
    assert not any(char.isascii() and char.isdigit() for char in said)
    assert "\n" not in said


@given(st.text(max_size=60))
@settings(deadline=None)
def test_any_text_can_be_said(text: str) -> None:
    aloud(text)
