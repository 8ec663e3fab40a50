"""What a person hears of a reply: at home, and where others listen."""

import copy
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.clock import SHANGHAI
from tests.voice.speak import replies
from tests.voice.speak.replies import message
from voice.speak.ear import for_the_ear

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=SHANGHAI)


def heard(*messages: dict[str, Any], public: bool = False) -> str:
    return for_the_ear(messages, public=public, now=NOW)


def aloud(*messages: dict[str, Any]) -> str:
    return heard(*messages, public=True)


@pytest.mark.parametrize("name", replies.EVERY)
def test_every_card_is_said_without_digits_and_not_for_long(name: str) -> None:
    for public in (True, False):
        said = heard(replies.EVERY[name], public=public)
        assert said
        assert not any(char.isascii() and char.isdigit() for char in said)
        assert not set(said) & set("“”（）*·–/"), "marks that a reader would spell"
        assert len(said) < 200, "three quarters of a minute at most"


@pytest.mark.parametrize("name", replies.EVERY)
def test_where_others_listen_there_are_no_names_codes_or_results(name: str) -> None:
    said = aloud(replies.EVERY[name])
    for secret in (
        "张",
        "李秀英",
        "幺零二三四",
        "偏高",
        "白细胞",
        "参考范围",
        "乙肝",
        "血常规",
        "膝盖",
        "接诊最快",
    ):
        assert secret not in said, said


def test_slots_are_offered_three_at_a_time() -> None:
    assert heard(replies.SLOTS) == (
        "明天骨科有这些号，可以说，第一个、最早的都行。"
        "第一个，明天上午八点半，王建国主任医师，二十三块五。"
        "第二个，明天上午九点半，王建国主任医师，二十三块五。"
        "第三个，明天下午两点半，王建国主任医师，二十三块五。"
        "还有一个在屏幕上，可以说，看更多。"
    )


def test_of_many_options_three_are_said_and_how_to_come_to_the_others() -> None:
    said = heard(replies.OPTIONS)
    assert (
        said
        == "您想挂哪个科？第一个，内科。第二个，儿科。第三个，骨科。还有两个在屏幕上，说名字或者第几个都可以。"
    )


def test_what_will_be_done_is_said_before_it_is_confirmed() -> None:
    said = aloud(replies.CONFIRM)
    for part in (
        "科室，骨科",
        "王建国主任医师",
        "明天上午八点半到九点",
        "二十三块五",
        "说，确认",
        "说，取消",
    ):
        assert part in said
    assert "张某" in heard(replies.CONFIRM)


def test_a_voucher_is_read_with_its_code_only_in_private() -> None:
    assert "明天上午八点半，骨科，王建国，十二号，门诊楼三层三零二诊室" in aloud(replies.VOUCHER)
    assert "凭证号A，幺零二三四" in heard(replies.VOUCHER)


def test_a_payment_says_how_much_and_how_to_go_on() -> None:
    said = heard(replies.PAYMENT)
    assert "请在下午两点零五分前付款" in said
    assert "一共二十三块五，其中医保付十元，请在屏幕上付款" in said


def test_a_payment_at_a_kiosk_is_for_the_phone() -> None:
    shown = copy.deepcopy(replies.PAYMENT)
    shown["card"]["qr"] = "data:image/svg+xml,x"
    assert "请用手机扫屏幕上的二维码付款" in aloud(shown)


def test_a_report_is_told_in_private_and_only_shown_in_public() -> None:
    assert "白细胞偏高" in heard(replies.REPORT, replies.EXPLAINED)
    assert "不是诊断" in heard(replies.REPORT, replies.EXPLAINED)
    assert "十二点三" not in heard(replies.REPORT, replies.EXPLAINED), "a table is for the eye"
    assert aloud(replies.REPORT, replies.EXPLAINED) == "您的报告在屏幕上，请看屏幕。"


def test_an_urgent_result_urges_without_telling() -> None:
    critical = {**replies.REPORT, "card": {**replies.REPORT["card"], "rows": [{**replies.ROW, "flag": "HH"}]}}
    pushed = message(
        "您的HIV抗体报告出来了，其中有需要尽快处理的结果，请马上联系您的医生。", None, "查看HIV抗体报告"
    )
    for said in (aloud(critical), aloud(pushed)):
        assert said == "请马上看屏幕，上面有要紧的提示。"
    assert "请马上联系您的医生" in heard(pushed)


@pytest.mark.parametrize(
    "text",
    [
        "您的HIV抗体报告出来了。",
        "乙肝五项报告里，表面抗原阳性。",
        "血糖偏高。",
        "您的身份证号是110101199003071234。",
        "手机138****8000已绑定。",
        "已向13800138000发送短信。",
        "验证码 483920。",
        "凭证号：A10234。",
        "张*，您好。",
    ],
)
def test_a_sentence_with_something_private_is_for_the_screen(text: str) -> None:
    said = aloud(message(text))
    assert not set(said) & set("零幺两三四五六七八九张")
    assert all(word not in said for word in ("HIV", "乙肝", "血糖", "阳性", "偏高"))


@pytest.mark.parametrize(
    "text",
    [
        "医院系统异常，请稍后再试。",
        "您想查哪份报告？",
        "骨科的电话是 010-62345678。",
        "空腹抽血请在早上八点以前来。",
        "王建国主任明天上午出诊。",
        "有某些检查要预约。",
    ],
)
def test_what_everybody_may_know_is_said_where_others_listen_too(text: str) -> None:
    assert aloud(message(text)) == heard(message(text))
    assert "屏幕" not in aloud(message(text))


def test_the_patients_name_is_left_out_of_the_sentence_too() -> None:
    card = {"type": "voucher", **replies.voucher(), "patient": "欧阳小明"}
    assert "欧阳" not in aloud(message("欧阳小明的号约好了。", card))


def test_an_emergency_is_said_in_full_wherever() -> None:
    for public in (True, False):
        said = heard(replies.EMERGENCY, public=public)
        for part in ("立即拨打幺二零", "最近医院的急诊科", "不要自己开车前往", "急诊科，二十四小时开放"):
            assert part in said
        assert said.count("幺二零") == 1, "said once, clearly"


def test_an_emergency_comes_alone() -> None:
    assert "骨科" not in aloud(replies.SLOTS, replies.EMERGENCY)


def test_an_emergency_without_a_sentence_still_says_whom_to_call() -> None:
    said = aloud({**replies.EMERGENCY, "text": None})
    assert "请立即拨打幺二零" in said and "急救电话幺二零" in said


def test_a_long_answer_is_cut_at_a_sentence_and_its_question_kept() -> None:
    long = "".join(f"第{n}条说明是这样的，请您留意一下各项要求。" for n in "一二三四五六七八")
    said = heard(message(long + "还需要别的吗？"))
    assert said.startswith("第一条") and "第八条" not in said
    assert said.endswith("还需要别的吗？详细内容请看屏幕。")


def test_a_warning_is_never_cut() -> None:
    long = "".join(f"第{n}条说明是这样的，请您留意一下各项要求。" for n in "一二三四五六七八")
    said = heard(message(long + "平时吃的药要不要停，请问开单的医生。情况危急请立即拨打120。"))
    assert "请问开单的医生。情况危急请立即拨打幺二零。" in said and "第八条" not in said


def test_a_short_answer_names_up_to_three_buttons() -> None:
    said = heard(message("现在没有待缴的费用。", None, "我要挂号", "查报告", "我的预约", "帮助"))
    assert said == "现在没有待缴的费用。可以说，我要挂号，或者查报告，或者我的预约。"


def test_a_button_that_opens_a_page_cannot_be_said() -> None:
    link = {
        "text": "请看说明。",
        "buttons": [{"title": "打开网页", "url": "https://example.org"}],
        "card": None,
    }
    assert heard(link) == "请看说明。"


def test_a_card_that_lacks_something_keeps_no_reply_back() -> None:
    broken = message("有这些号：", {"type": "slots", "slots": [{"start": "tomorrow"}]})
    assert heard(broken) == "有这些号。请看屏幕。"
    assert heard(message("看这个。", {"type": "hologram"})) == "看这个。请看屏幕。"


def test_nothing_to_say_is_nothing() -> None:
    assert heard() == ""
    assert heard({"text": None, "buttons": [], "card": None}) == ""


@settings(max_examples=200)
@given(st.lists(st.sampled_from(sorted(replies.EVERY)), max_size=4), st.booleans(), st.text(max_size=80))
def test_any_mixture_can_be_said(names: list[str], public: bool, text: str) -> None:
    said = heard(message(text), *(replies.EVERY[name] for name in names), public=public)
    assert not any(char.isascii() and char.isdigit() for char in said)
