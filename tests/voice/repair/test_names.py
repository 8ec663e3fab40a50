"""Misheard names, answers that are none, votes and doubts: what a patient's words become in a state."""

from __future__ import annotations

import pytest

from tests.voice.repair.hearing import NOW, VOCABULARY, expected, hear, hear_all
from voice.repair import Hypothesis, Vocabulary, Word, hypotheses_of, repair


class TestNames:
    @pytest.mark.parametrize(
        ("heard", "kinds", "meant"),
        [
            ("耳 鼻 猴 科", "department", "耳鼻喉科"),
            ("我 想 挂 小花 内科", "department", "我想挂消化内科"),
            ("骨 颗", "department", "骨科"),
            ("王 建 过 医生", "doctor", "王建国医生"),
            ("刘 为", "doctor", "刘伟"),
            ("找 李 民 大夫", "doctor", "找李敏大夫"),
            ("名天 上午", "date_time", "明天上午"),
            ("下周三 下五", "date_time", "下周三下午"),
            ("地二个", "choice", "第二个"),
            ("再说一边", "yes_no", "再说一遍"),
            ("我马", "person", "我妈"),
            ("我 要 退 好", "free", "我要退号"),
            ("做 和词 共振", "free", "做核磁共振"),
            ("挂王建过医生的号", "free", "挂王建国医生的号"),
        ],
    )
    def test_misheard_names_are_put_right(self, heard: str, kinds: str, meant: str) -> None:
        assert hear(heard, kinds).text == meant

    @pytest.mark.parametrize(
        ("heard", "kinds"),
        [
            ("苦科", "department"),  # two syllables, one unequal
            ("黄建国", "doctor"),  # h and w are no usual confusion
            ("科", "department"),
            ("三九感冒灵", "free"),
            ("六味地黄丸", "free"),  # 刘伟 only with a title
            ("黎明 的 时候 头疼", "free"),
            ("我想挂明天上午骨科的号", "free"),
            ("胸口疼出冷汗", "department"),
        ],
    )
    def test_other_words_are_left(self, heard: str, kinds: str) -> None:
        found = hear(heard, kinds)
        assert found.text == heard.replace(" ", "") and found.corrections == ()

    def test_only_what_the_state_can_mean_is_put_in(self) -> None:
        assert hear("古科", "yes_no").text == "古科"
        assert hear("古科", "department").text == "骨科"

    def test_what_is_one_word_of_its_own_is_left_in_free_speech(self) -> None:
        assert hear("眼科 在 那里", "free").text == "眼科在那里"
        assert hear("盐 科 在 那里", "free").text == "眼科在那里"
        assert hear("盐科 在 那里", "free").text == "盐科在那里"

    def test_the_options_that_are_shown_are_names(self) -> None:
        found = hear("张 思 元", "choice", "张思远 主任医师 9:00", "李敏 10:30")
        assert found.text == "张思远" and not found.uncertain

    def test_what_was_changed_is_told_and_the_raw_text_kept(self) -> None:
        found = hear("耳 鼻 猴 科", "department").as_dict()
        assert found["raw"] == "耳 鼻 猴 科"
        assert found["corrections"] == [{"from": "耳鼻猴科", "to": "耳鼻喉科", "why": "pinyin"}]

    @pytest.mark.parametrize("kinds", ["doctor", "choice"])
    def test_a_given_name_alone_is_the_one_doctor_who_has_it_and_is_read_back(self, kinds: str) -> None:
        found = hear("志 远", kinds, "陈志远 主任医师", "李敏 10:30")
        assert found.text == "陈志远" and found.uncertain
        assert [change.why for change in found.corrections] == ["surname"]

    def test_a_given_name_of_nobody_who_can_be_meant_is_left(self) -> None:
        assert hear("志 远", "choice", "王建国 主任医师").text == "志远"
        assert hear("志 远", "free").text == "志远"
        both = Vocabulary.of({"doctor": ("陈志远", "林志远")})
        found = repair([Hypothesis("志 远")], expected("doctor"), both, now=NOW)
        assert found.text == "志远" and found.uncertain


class TestAnswers:
    @pytest.mark.parametrize(
        ("heard", "meant"), [("明天 天", "明天"), ("下午 下午 三点 点", "下午下午3点"), ("骨科 科", "骨科")]
    )
    def test_a_repetition_that_is_no_answer_is_taken_out(self, heard: str, meant: str) -> None:
        found = hear(heard, "date_time department")
        assert found.text == meant and found.corrections

    @pytest.mark.parametrize("heard", ["十分 十点", "分 明天", "科 骨", "疼 疼"])
    def test_words_that_make_no_answer_are_uncertain(self, heard: str) -> None:
        assert hear(heard, "date_time department").uncertain

    def test_ten_minutes_past_ten(self) -> None:
        assert hear("十点 十分 分", "date_time").text == "10点10分"

    @pytest.mark.parametrize(
        ("heard", "kinds"),
        [
            ("对对对", "yes_no"),
            ("给我妈挂", "person"),
            ("我要看骨科吧", "department"),
            ("王医生", "doctor"),
            ("九点半的", "choice date_time"),
            ("上一步", "department"),
            ("二十三四岁", "number"),
            ("下周三 上午 九点半", "date_time"),
        ],
    )
    def test_plain_answers_are_certain(self, heard: str, kinds: str) -> None:
        found = hear(heard, kinds)
        assert found.text and not found.uncertain

    def test_own_words_are_held_against_no_list(self) -> None:
        assert not hear("我 膝盖 上下 楼梯 就 疼", "symptom").uncertain


class TestUnknown:
    def test_nothing_but_unknown_is_nothing(self) -> None:
        found = hear("[unk] [unk]", "department")
        assert found.text == "" and found.raw == "[unk] [unk]" and found.confidence == 0

    def test_partly_unknown_is_uncertain(self) -> None:
        found = hear("[unk] 骨科", "department")
        assert found.text == "骨科" and found.uncertain and found.confidence < 1

    def test_no_hypothesis_at_all(self) -> None:
        assert repair([], expected("free"), VOCABULARY, now=NOW).text == ""


class TestDoubts:
    def test_a_doctor_put_right_by_a_confusion_is_read_back(self) -> None:
        found = hear("程 志远", "doctor")
        assert found.text == "陈志远" and found.uncertain

    def test_a_doctor_of_equal_sound_is_certain(self) -> None:
        assert not hear("王 建 果", "doctor").uncertain

    def test_doctors_of_one_sound_are_told(self) -> None:
        found = hear("赵明明", "doctor")
        assert found.text == "赵明明" and found.uncertain and "赵铭铭" in found.alternatives

    def test_between_doctors_of_one_sound_nothing_is_decided(self) -> None:
        found = hear("赵鸣鸣", "doctor")
        assert found.text == "赵鸣鸣" and found.uncertain
        assert {"赵明明", "赵铭铭"} <= set(found.alternatives)

    @pytest.mark.parametrize(("kinds", "text"), [("doctor", "王建国"), ("date_time", "明天")])
    def test_a_doctor_or_a_day_of_little_confidence_is_read_back(self, kinds: str, text: str) -> None:
        for conf, uncertain in ((0.75, True), (0.95, False)):
            heard = Hypothesis(text, (Word(text, 0.1, 0.8, conf),))
            found = repair([heard], expected(kinds), VOCABULARY, now=NOW)
            assert (found.uncertain, found.seconds) == (uncertain, 0.8)

    def test_a_department_may_be_a_little_less_certain(self) -> None:
        heard = Hypothesis("骨科", (Word("骨科", 0.1, 0.8, 0.75),))
        assert not repair([heard], expected("department"), VOCABULARY, now=NOW).uncertain

    def test_confidence_is_that_of_the_words(self) -> None:
        heard = Hypothesis("挂 骨科", (Word("挂", 0, 0.2, 0.4), Word("骨科", 0.2, 0.8, 1.0)))
        assert repair([heard], expected("department"), VOCABULARY, now=NOW).confidence == pytest.approx(0.8)


class TestVotes:
    def test_readings_that_mean_the_same_vote_together(self) -> None:
        found = hear_all([("六 克", None), ("耳 鼻 喉 科", None), ("耳 鼻 猴 科", None)], "department")
        assert found.text == "耳鼻喉科"

    def test_what_is_no_answer_here_counts_half(self) -> None:
        assert hear_all([("六克", 10.0), ("骨科", 9.8)], "department").text == "骨科"

    def test_scores_count(self) -> None:
        found = hear_all([("骨科", 10.0), ("妇科", 9.9)], "department")
        assert found.text == "骨科" and found.uncertain and found.alternatives == ("妇科",)
        found = hear_all([("骨科", 10.0), ("妇科", 2.0)], "department")
        assert found.text == "骨科" and not found.uncertain and found.confidence > 0.99

    def test_readings_that_come_to_the_same_vouch_for_it_together(self) -> None:
        words = [Word("王建国", 0.1, 0.8, 0.5)], [Word("王建过", 0.1, 0.8, 0.5)]
        heard = [Hypothesis(w[0].word, tuple(w), 10.0) for w in words]
        found = repair(heard, expected("doctor"), VOCABULARY, now=NOW)
        assert (found.text, found.uncertain, found.confidence) == ("王建国", False, 1.0)

    def test_a_reading_that_needs_no_repair_takes_the_doubt_away(self) -> None:
        found = hear_all([("程志远", 10.0), ("陈志远", 9.9)], "doctor")
        assert (found.text, found.raw, found.uncertain) == ("陈志远", "陈志远", False)

    def test_results_of_vosk_are_read(self) -> None:
        one = {"text": "骨科", "result": [{"word": "骨科", "start": 0.1, "end": 0.6, "conf": 0.9}]}
        assert hypotheses_of(one)[0].words[0].conf == 0.9
        several = {
            "alternatives": [{"text": " 骨科", "confidence": 201.2}, {"text": "", "confidence": 180.0}]
        }
        found = repair(hypotheses_of(several), expected("department"), VOCABULARY, now=NOW)
        assert found.text == "骨科"


def test_the_projects_own_words_can_be_read() -> None:
    from common.settings import ROOT

    words = Vocabulary.read(ROOT / "nlu_data", ROOT / "no" / "vocabulary.json")
    assert "骨科" in words.names["department"] and words.names["red_flag"]
