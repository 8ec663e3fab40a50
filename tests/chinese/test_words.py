"""Names, relations, normalisation, sound."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chinese import names, text
from chinese.pinyin import Repairer, distance, repair, split_syllable

VOCABULARY = [
    *("耳鼻喉科", "内科", "心内科", "消化内科", "神经外科", "呼吸与危重症医学科", "儿科"),
    *("王建国", "李晓明", "张伟", "核磁共振", "彩超", "退号", "取号", "预约挂号"),
]


@pytest.mark.parametrize(
    "name", ["王建国", "李明", "欧阳明", "欧阳小明", "司马光", "买买提·艾力", "John Smith", "慕容雪"]
)
def test_plausible_names(name: str) -> None:
    assert names.is_plausible_name(name)


@pytest.mark.parametrize(
    "name", ["", "高血压", "白内障", "明天", "王", "王建国王建国", "123", "我要挂号", "内科"]
)
def test_no_names(name: str) -> None:
    assert not names.is_plausible_name(name)


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("张小明", "张*明"),
        ("张明", "张*"),
        ("欧阳小明", "欧阳*明"),
        ("王", "*"),
        ("", ""),
        ("John Smith", "J*********"),
    ],
)
def test_masks(name: str, masked: str) -> None:
    assert names.mask_name(name) == masked


@pytest.mark.parametrize(
    ("sentence", "code"),
    [
        ("给我妈挂号", "mother"),
        ("我爸肚子疼", "father"),
        ("帮我孩子挂个号", "child"),
        ("我老公发烧", "husband"),
        ("奶奶腿疼", "grandmother"),
        ("帮我挂号", "self"),
        ("我自己看", "self"),
        ("闺女三岁", "daughter"),
        ("张先生你好", None),
        ("挂内科", None),
    ],
)
def test_relations(sentence: str, code: str | None) -> None:
    assert names.relation_of(sentence) == code


def test_normalise() -> None:
    assert text.normalise("<b>明天\u200b上午</b>  九点　！") == "明天上午 九点 !"
    assert text.normalise("好的😀[微笑]", emoji=True) == "好的"
    assert text.normalise("禮拜一下午三點") == "礼拜一下午三点"
    assert text.normalise("禮拜", simplify=False) == "禮拜"
    assert text.is_traditional("掛號") and not text.is_traditional("挂号")


@given(st.text(max_size=60))
@settings(deadline=None)
def test_offsets_lead_back_to_the_original(original: str) -> None:
    assert len(text.fold(original)) == len(original)
    result = text.normalise_mapped(original, emoji=True)
    assert len(result.offsets) == len(result.text)
    assert list(result.offsets) == sorted(set(result.offsets))
    for place, char in enumerate(result.text):
        assert text.fold(original)[result.offsets[place]] == char
        begin, finish = result.original_span(place, place + 1)
        assert original[begin:finish] == original[result.offsets[place]]
    assert text.normalise(result.text) == result.text or "<" in result.text


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("我要挂耳鼻猴科", "我要挂耳鼻喉科"),
        ("王建过医生在吗", "王建国医生在吗"),
        ("做和词共振", "做核磁共振"),
        ("我想退好", "我想退号"),
        ("挂小花内科", "挂消化内科"),
        ("呼吸危重症医学科", "呼吸与危重症医学科"),
        ("里小民大夫", "李晓明大夫"),
    ],
)
def test_misheard_names_are_mended(heard: str, meant: str) -> None:
    result = repair(heard, VOCABULARY)
    assert result.text == meant
    assert all(heard[change.begin : change.finish] == change.before for change in result.changes)


@pytest.mark.parametrize(
    "said", ["我要挂内科", "今天天气很好", "我要那颗药", "吃饭了吗", "心内科和消化内科", "头疼三天了", ""]
)
def test_right_words_are_left(said: str) -> None:
    assert repair(said, VOCABULARY).changes == ()


def test_protected_words_and_ties_are_left() -> None:
    assert repair("我想去好了", ["取号"]).text == "我想取号了"
    assert repair("我想去好了", ["取号"], protect=["去好"]).text == "我想去好了"
    assert repair("章维医生", ["张伟", "张维"]).text == "章维医生"


def test_rare_readings_of_a_character_do_not_count_but_those_of_a_surname_do() -> None:
    # 位 was once read li, 号 xiao.
    assert repair("哪位医生", ["李医生"]).changes == ()
    assert repair("我想挂小花内科", ["我想挂号", "消化内科"]).text == "我想挂消化内科"
    assert repair("山医生", ["单医生"]).text == "单医生"
    assert repair("变些", ["便血"]).text == "便血"


def test_what_is_left_undecided_is_told() -> None:
    assert {tie.after for tie in repair("章维医生", ["张伟", "张维"]).ties} == {"张伟", "张维"}


def test_distance() -> None:
    assert distance("张伟", "章伟") == 0
    assert distance("是", "四") == 0.25
    assert distance("蓝", "狼") == 0.25
    assert distance("北京", "南京") > 1
    assert distance("医生", "医") == 2
    assert split_syllable("yuan") == ("", "van") and split_syllable("ju") == ("j", "v")


REPAIRER = Repairer(VOCABULARY)


@given(
    st.one_of(
        st.text(max_size=30),
        st.lists(st.sampled_from("耳鼻猴科我要挂王建过内小花和词共振退好医生"), max_size=20).map("".join),
    )
)
@settings(deadline=None)
def test_any_text_is_survived_and_changes_are_sound(heard: str) -> None:
    result = REPAIRER.repair(heard)
    reached = 0
    for change in result.changes:
        assert reached <= change.begin < change.finish <= len(heard)
        assert change.after in VOCABULARY
        reached = change.finish
