"""Numbers are written out in the slot that asks for them, and nowhere else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chinese.identity import check_character
from tests.voice.repair.hearing import NOW, hear, hear_all
from voice.spoken import cardinal

PLAIN = dict(zip("0123456789X", [*"零一二三四五六七八九", "艾克斯"], strict=True))
OTHER = PLAIN | {"1": "幺", "0": "洞", "7": "拐", "X": "叉"}
IDENTITY = "11010119900307001"
KEPT = ["等一下", "星期一", "六味地黄丸", "五官科", "二尖瓣", "三九感冒灵", "一点也不", "十分疼"]
KEPT += ["两点一刻", "三十九度二", "一百五", "二十三四岁", "一个月"]

words = st.sampled_from([PLAIN, OTHER])


def said(number: str, ways: list[dict[str, str]], gap: str = " ") -> str:
    return gap.join(ways[place % len(ways)][char] for place, char in enumerate(number))


class TestDigits:
    @settings(deadline=None)
    @given(
        st.text("0123456789", min_size=9, max_size=9), st.sampled_from("3456789"), st.lists(words, min_size=1)
    )
    def test_a_telephone_number_is_what_was_said(
        self, rest: str, second: str, ways: list[dict[str, str]]
    ) -> None:
        number = f"1{second}{rest}"
        found = hear(said(number, ways), "phone")
        assert found.text == number and not found.uncertain

    @settings(deadline=None)
    @given(st.dates(max_value=NOW.date()), st.integers(0, 999), st.lists(words, min_size=1))
    def test_an_identity_number_is_what_was_said(self, born, order: int, ways: list[dict[str, str]]) -> None:  # type: ignore[no-untyped-def]
        first = f"110101{max(born.year, 1900)}{born:%m}{min(born.day, 28):02d}{order:03d}"
        number = first + check_character(first)
        found = hear(said(number, ways), "identity")
        assert found.text == number and not found.uncertain

    def test_one_wrong_digit_makes_it_uncertain(self) -> None:
        wrong = IDENTITY + ("5" if check_character(IDENTITY) != "5" else "6")
        found = hear(said(wrong, [PLAIN]), "identity")
        assert found.text == wrong and found.uncertain

    @pytest.mark.parametrize(
        ("heard", "number"),
        [
            ("我的手机号是幺三八 三个零 一二三四五", "我的手机号是13800012345"),
            ("一三八零零一三八零零零", "13800138000"),
            ("幺三八，零零幺三，八零零零", "13800138000"),
            ("一三八 四个六 七八九零", "13866667890"),
        ],
    )
    def test_as_people_say_it(self, heard: str, number: str) -> None:
        assert hear(heard, "phone").text == number

    @pytest.mark.parametrize("heard", ["一三八零零一二三四五", "二三八零零一二三四五六"])
    def test_too_short_or_of_no_network_is_uncertain(self, heard: str) -> None:
        assert hear(heard, "phone").uncertain

    def test_a_digit_by_its_sound_is_uncertain_in_a_telephone_number(self) -> None:
        found = hear("要三八零零一二三四五六", "phone")
        assert found.text == "13800123456" and found.uncertain

    def test_the_check_character_vouches_for_a_digit_by_its_sound(self) -> None:
        number = IDENTITY + check_character(IDENTITY)
        found = hear(said(number, [PLAIN], "").replace("三", "山"), "identity")
        assert found.text == number and not found.uncertain

    def test_the_hypothesis_with_the_right_check_character_wins(self) -> None:
        number = IDENTITY + check_character(IDENTITY)
        wrong = number.replace("3", "4")
        found = hear_all([(said(wrong, [PLAIN]), 10.0), (said(number, [PLAIN]), 9.9)], "identity")
        assert found.text == number

    def test_a_number_that_lacks_a_digit_is_no_rival_of_a_whole_one(self) -> None:
        whole, short = "幺 三 八 零 零 一 三 八 零 零 零", "幺 三 八 零 零 三 八 零 零 零"
        for heard in ([(whole, -63.9), (short, -64.2)], [(short, -63.9), (whole, -64.2)]):
            found = hear_all(heard, "phone")
            assert found.text == "13800138000" and not found.uncertain

    @pytest.mark.parametrize("heard", ["取消", "等一下", "上一步", "没有", "我没带身份证"])
    def test_what_is_no_number_is_left(self, heard: str) -> None:
        assert hear(heard, "identity").text == heard


class TestQuantities:
    @settings(deadline=None)
    @given(st.integers(1, 999))
    def test_a_count_is_what_was_said(self, value: int) -> None:
        text = cardinal(value)
        found = hear(text, "number").text
        # 三四 alone may be three or four.
        assert found == str(value)

    @settings(deadline=None)
    @given(st.integers(1, 99), st.sampled_from(["个", "次", "岁", "片"]))
    def test_with_its_unit(self, value: int, unit: str) -> None:
        assert hear(cardinal(value) + unit, "number").text == f"{value}{unit}"

    @settings(deadline=None)
    @given(st.integers(34, 42), st.integers(0, 9))
    def test_a_temperature_is_what_was_said(self, whole: int, tenth: int) -> None:
        spoken = f"{cardinal(whole)}度{PLAIN[str(tenth)]}"
        assert hear(spoken, "number", slot="temperature").text == f"{whole}.{tenth}度"
        pointed = f"{cardinal(whole)}点{PLAIN[str(tenth)]}"
        assert hear(pointed, "number", slot="temperature").text == f"{whole}.{tenth}"

    @pytest.mark.parametrize(
        ("heard", "meant"),
        [
            ("一百五", "150"),
            ("大概两次吧", "大概2次吧"),
            ("三十八度半", "38.5度"),
            ("三十九度", "39度"),
            ("三十九度二", "39.2度"),
            ("零三八二", "0382"),
            ("二十三岁", "23岁"),
        ],
    )
    def test_as_people_say_it(self, heard: str, meant: str) -> None:
        assert hear(heard, "number").text == meant

    @pytest.mark.parametrize(
        "heard", ["二十三四岁", "一个月", "七八个", "第二个", "十分疼", "等一下", "一点也不"]
    )
    def test_what_is_no_plain_count_is_left(self, heard: str) -> None:
        assert hear(heard, "number").text == heard


class TestTimes:
    @pytest.mark.parametrize(
        ("heard", "meant"),
        [
            ("两点一刻", "2点15分"),
            ("下午 两点 四十五", "下午2点45分"),
            ("十一月六号", "11月6号"),
            ("三十号", "30号"),
            ("明天 上午 九点半", "明天上午9点半"),
            ("下周三 三点 零五分", "下周三3点05分"),
        ],
    )
    def test_clock_and_date_are_written_out(self, heard: str, meant: str) -> None:
        assert hear(heard, "date_time").text == meant

    @settings(deadline=None)
    @given(st.integers(1, 12), st.integers(1, 28), st.integers(1, 12), st.integers(0, 59))
    def test_they_mean_the_same_as_what_was_said(self, month: int, day: int, hour: int, minute: int) -> None:
        from chinese.time import parse

        tail = f"{cardinal(minute)}分" if minute >= 10 else f"零{cardinal(minute)}分" if minute else ""
        heard = f"{cardinal(month)}月{cardinal(day)}号上午{'两' if hour == 2 else cardinal(hour)}点{tail}"
        written = hear(heard, "date_time").text
        spans = [[(m.start, m.end) for m in parse(text, NOW)] for text in (heard, written)]
        assert spans[0] == spans[1] and f"{month}月{day}号" in written

    @pytest.mark.parametrize("heard", ["一点也不", "等一下", "星期一", "一个月", "哪天都行", "十分疼"])
    def test_what_is_no_clock_time_is_left(self, heard: str) -> None:
        assert hear(heard, "date_time").text == heard

    def test_among_times_that_are_shown_nothing_is_rewritten(self) -> None:
        assert hear("九点半的", "choice date_time", "王建国 9:30").text == "九点半的"


@pytest.mark.parametrize("kinds", ["free", "symptom", "yes_no", "department", "doctor", "person"])
@pytest.mark.parametrize("heard", KEPT)
def test_nothing_is_a_number_where_none_is_asked_for(heard: str, kinds: str) -> None:
    assert hear(heard, kinds).text == heard


@pytest.mark.parametrize("kinds", ["identity", "phone"])
@pytest.mark.parametrize("heard", KEPT)
def test_nor_is_a_sentence_where_digits_are_asked_for(heard: str, kinds: str) -> None:
    assert hear(heard, kinds).text == heard
