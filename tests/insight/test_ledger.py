"""No word of a question is passed over: what means nothing known makes the answer a question back."""

import zlib
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from insight import corpus
from insight.catalogue import get

FOREIGN = (
    "夜班",
    "进口药",
    "退休",
    "军人",
    "单人间",
    "多次",
    "没缴费的",
    "发热",
    "外地",
    "非本地",
    "不缴费的",
    "两次以上",
    "来过一次的",
    "过敏",
    "中学生",
    "多数",
    "少数民族",
    "实习",
    "会诊",
    "转诊",
    "复查",
    "夜间急诊",
    "院士",
    "带孩子的",
    "刷卡",
    "现金",
    "上门",
    "本地人",
    "单身",
    "中医外",
    "当天挂号当天看的",
    "老外",
    "全职",
    "男护工",
    "没报到的",
    "未缴费的",
    "不满意的",
    "无陪护",
    "次日",
    "部分",
    "一半",
    "大部分",
    "至少两科",
    "反复",
    "同一天",
    "空腹",
    "迟到",
    "加班",
    "请假",
    "某位",
    "其余",
    "另外两个",
    "超时",
    "及时",
    "按时",
    "过号",
    "重复",
    "以上",
    "以下",
    "连续",
    "第一",
    "第二",
    "一倍",
    "三分之一",
    "双倍",
    "隔天",
    "轮流",
    "白天",
)
"""Words that change what is asked for, and that nothing in the records answers."""


@cache
def asked() -> tuple[corpus.Corpus, Any]:
    known = corpus.load()
    return known, corpus.understander(known, get())


def taken(question: str) -> tuple[str, Any, Any]:
    """(status, meaning, what was repaired and is therefore said)."""
    known, machine = asked()
    got = machine.understand(question, known.now)
    return got.status, corpus.meaning(got) if got.interpretation else None, got.repairs


def with_a_word_more() -> Iterator[tuple[str, str]]:
    """(question, the same with a foreign word): three a question, at the ends of its words."""
    known, machine = asked()
    for talk in known.talks:
        if len(talk.turns) > 1:
            continue
        question = talk.turns[0].ask
        ends = sorted({0, len(question), *(t.end for t in machine.cut(question, known.now).tokens)})
        for number in range(3):
            lot = zlib.crc32(f"{question}{number}".encode())
            place = ends[lot // 97 % len(ends)]
            yield question, question[:place] + FOREIGN[lot % len(FOREIGN)] + question[place:]


SILENT = ("suggestions", "definition", "list_subscriptions", "unsubscribe", "subscription")
"""Kinds that answer no number now."""


def test_a_foreign_word_is_never_passed_over() -> None:
    silent = []
    for question, longer in with_a_word_more():
        plain = taken(question)
        if plain[0] != "ok" or plain[1] is None or plain[1].get("kind") in SILENT:
            continue
        if taken(longer) == plain:
            silent.append(longer)
    assert silent == []


@pytest.mark.parametrize(
    "question",
    [
        "候诊最长满意度最低的科室",  # two rankings
        "上周自费和医保的占比",  # a dimension as if it were a value
        "上周几个科室的门诊量",
        "三个科室的门诊量",  # which three
        "单人间的门诊量",
        "上周来过一次的人有多少",
        "没看完病的有多少人",
        "多数病人等多久",
        "上周未缴费的人数",
        "上周收入多少人次",
        "昨天门诊量和上周收入",
    ],
)  # fmt: skip
def test_what_is_half_understood_is_not_answered(question: str) -> None:
    assert taken(question)[0] != "ok"


@pytest.mark.parametrize(
    "question",
    ["上周两个院区的门诊量", "候诊上周等了多久", "上周病人的满意度怎么样", "11月10号那天的门诊量", "院长想看上周收入",
     "上周每次就诊多长时间", "上周平均次均费用"],
)  # fmt: skip
def test_words_that_only_repeat_do_not_stand_in_the_way(question: str) -> None:
    assert taken(question)[0] == "ok"
