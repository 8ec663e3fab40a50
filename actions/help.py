"""你能做什么: by role, with something to tap."""

from actions.base import BaseAction, Services, Turn
from actions.problems import Refused
from common.errors import MenzhenError

PATIENT = (
    "我是医院的智能助手（机器，不是真人）。这些事可以直接跟我说：\n"
    "· 挂号、改约、退号：“我想挂明天上午骨科的号”\n"
    "· 看预约和出诊：“我的预约”“王医生周几出诊”\n"
    "· 看报告：“我的报告出来了吗”\n"
    "· 缴费：“我要缴费”\n"
    "· 不知道挂什么科：说说哪里不舒服\n"
    "· 问路、停车、医保：“停车场在哪”\n"
    "需要真人帮忙，随时说“转人工”。"
)
MANAGER = (
    "我是医院的智能助手（机器，不是真人）。您可以用平常的话问门诊数据：\n"
    "· “昨天各科室就诊量”“上周候诊最长的五个科室”\n"
    "· “本月收入同比”“为什么候诊变长了”\n"
    "· “那上周呢”“按医生看”可以接着问。"
)
SUGGESTED = ["昨天哪个诊室最快", "今天各科室就诊量", "上周候诊最长的五个科室"]


class Help(BaseAction):
    action = "action_help"
    doing = "查看功能"

    async def answer(self, turn: Turn, hospital: Services) -> None:
        turn.end("done")
        if turn.caller.is_patient:
            titles = ["我要挂号", "我的预约", "查报告", "我要缴费", "不知道挂什么科", "转人工"]
            turn.say(PATIENT, buttons=[{"title": title} for title in titles])
            return
        turn.say(MANAGER, buttons=[{"title": title} for title in await suggestions(turn, hospital)])


async def suggestions(turn: Turn, hospital: Services) -> list[str]:
    """What insight suggests to this manager; some that always can be asked where it does not answer."""
    try:
        told = await hospital.insight.question(turn.caller.token, "可以问什么", f"help:{turn.conversation}")
    except Refused as error:
        raise error
    except MenzhenError:
        return SUGGESTED
    return [str(each) for each in told.get("suggestions") or told.get("options") or []][:4] or SUGGESTED
