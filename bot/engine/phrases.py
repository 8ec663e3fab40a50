"""Turns of phrase that mean the same in every job: nonsense, 接着挂号, 还是不约了, 哪天都行, somebody merely mentioned."""

from __future__ import annotations

import re
from typing import Any

# Sounds and empty words alone: neither a yes nor small talk, whatever a classifier makes of them.
_BABBLE = re.compile(
    r"(?:[嗯哦啊呀嘛哈呃额哎唉嘿呵啦咦喔噢哇呜咪噜哩轰嘟哒吱嘎嗷咯喵汪咚哐吧呢]|叽里咕噜|叽|咕|那个|这个|啥|什么|然后|就是)+"
)
_ACKNOWLEDGED = re.compile(r"(?:嗯|哦|啊|噢|哈|好|呵|哎|唉)+[呀啦吧呢]?")
_MARKS = re.compile(r"[\s，,。.！!？?、~～…]+")

_RESUME = re.compile(
    r"(?:好的?|行|嗯|那|对|可以|我们|咱们|我要|我想|再|还是|先)*"
    r"(?P<how>继续|接着|回到|回去|返回|转回)(?P<job>.*?)[吧了啊呀。！!]*"
)
_EARLIER = re.compile(
    r"(?:刚才|刚刚|之前|前面|原来|上面|上一个)?(?:的|那个|那件事|没办完的|事情?|办|做|弄|说|来)*"
)
_GIVE_UP = re.compile(
    r"(?:不|别|甭)(?:想|要|用)?(?P<verb>预?约|挂|办|看|弄|搞|缴|交|退|改|查)(?:号)?了(?:$|[，,。！!吧啊呀哈])"
)
_AGAIN = re.compile(r"再试|重试|再来一次|重新试|试试")

_CHANGE_TO = re.compile(r"(?:换|改)(?:成|为|到|去|挂|看|一下|个)?|不要.{0,8}(?:要|挂|看)")
_MADE = re.compile(r"改约|改签|约好|已经|预约|挂好|挂了|原来|之前|上次")

_PAUSE = re.compile(
    r"(?:好的?|嗯|你|先)*(?:停(?:一?下|停|一停)?|等(?:一?下|一等|等|会儿?)|稍等(?:一?下)?|慢着|别(?:说|念|读)了|不要(?:说|念|读)了|安静)"
    r"(?:吧|啊)?"
)

_ANY_DAY = re.compile(
    r"(?:哪|随便|任|什么|啥)[^，,。]{0,2}(?:天|时候|日子|日期|时间)[^，,。]{0,2}(?:都|也)?(?:行|可以|成|好|没问题|无所谓)|"
    r"随便(?:哪|什么|啥)(?:天|时候|时间|日子)|(?:时间|日期|日子|哪天|几号)(?:不限|随意|无所谓|随便)|"
    r"(?:越快|越早|尽量早|最快)越?好|尽快|尽早"
)
_TOLD_ME = re.compile(
    r"(?:也|就|老|总|一直|非|硬)*(?:(?:说|讲|告诉|觉得)(?:让|叫|我|这|你们|可以|应该|该|得|挺|很|不错|来)|"
    r"让我|叫我|要我|逼|催|推荐|介绍|建议|提醒|陪我|送我|带我|劝|夸)"
)
_FOR_THEM = re.compile(r"他|她|老人家|老爷子|老太太")
_WITH_THEM = re.compile(r"(?:听|跟|和|同|由|被|按)$")
_HISTORY = re.compile(r"[^，,。；;！!？?]*(?:过|了|以来|开始|起)")
_PRESENT = frozenset(("现在", "目前", "如今", "刚才", "刚刚", "此刻", "最近", "近来"))
_FIGURES = re.compile(
    r"为什么|为何|为啥|怎么(?:会|这么|那么|回事|样)|原因|多少|哪个?(?:科|诊|医)|哪(?:天|些|几)|几个|最|比|趋势|同比|环比|占|率|量"
)
_SHIFT = re.compile(
    r"(?:再|还)?(?:要|想)?(?P<way>往后|推后|推迟|延后|延迟|晚|往前|提前|早)(?:推|挪|移|延|个)?(?P<count>[1-7一两二三四五六七])天"
)
_COUNTS = {
    word: number
    for number, words in enumerate(("一1", "二两2", "三3", "四4", "五5", "六6", "七7"), 1)
    for word in words
}


def babble(text: str) -> bool:
    """叽里咕噜, 哦哦这个嘛嘛嘛; not 嗯嗯 or 好吧."""
    plain = _MARKS.sub("", text)
    return len(plain) >= 4 and _BABBLE.fullmatch(plain) is not None and not _ACKNOWLEDGED.fullmatch(plain)


def resumes(text: str, name: str, *, generic: bool = True, opens: bool = False) -> bool:
    """Whether this asks to take up the job called `name` again: 继续, 好，接着挂, 回到挂号, 继续刚才的. `generic`: also
    without its name; `opens`: the sentence is one that opens this job (接着预约)."""
    hit = _RESUME.fullmatch(_MARKS.sub("", text))
    if hit is None:
        return False
    job = hit["job"].removeprefix("办").removeprefix("去")
    if job and (job in name or name in job or opens):
        return True
    named = hit["how"] in ("继续", "接着") or bool(hit["job"])
    return generic and named and _EARLIER.fullmatch(hit["job"]) is not None


def gives_up(text: str) -> str:
    """The verb of 我还是不约了, 先不挂了; empty where the sentence gives nothing up."""
    hit = _GIVE_UP.search(text)
    return hit["verb"] if hit and len(text) <= 20 else ""


def asks_again(text: str) -> bool:
    """再试一次, 重试."""
    return _AGAIN.search(text) is not None


def changes_to(text: str) -> bool:
    """我改主意了，换皮肤科; not 把约好的号改到后天, which is about what was done before."""
    return _CHANGE_TO.search(text) is not None and _MADE.search(text) is None


def pauses(text: str) -> bool:
    """停, 等一下, 别说了: be quiet and wait; nothing is given up."""
    return _PAUSE.fullmatch(_MARKS.sub("", text)) is not None


def any_day(text: str) -> bool:
    """哪天都行, 时间不限, 越快越好."""
    return _ANY_DAY.search(text) is not None


def asks_for_figures(text: str) -> bool:
    """What a manager means as a question, whatever it looks like: 为什么这么慢."""
    return _FIGURES.search(text) is not None


def mentioned(text: str, entity: dict[str, Any]) -> bool:
    """Whether a person is only talked of (我妈说让我来看看), not the one to be seen (我妈说她头疼)."""
    start, end = entity.get("start"), entity.get("end")
    if not isinstance(start, int) or not isinstance(end, int):
        return False
    after = text[end:]
    told = _TOLD_ME.match(after) or (_WITH_THEM.search(text[:start]) and not after.startswith("看"))
    return bool(told) and _FOR_THEM.search(after) is None


def history(text: str, entity: dict[str, Any]) -> bool:
    """Whether a time is told as something that was: 上周拍过片子."""
    end = entity.get("end")
    return isinstance(end, int) and _HISTORY.match(text[end:]) is not None


def present(entity: dict[str, Any]) -> bool:
    """现在, 最近: no day of its own beside another."""
    return str(entity.get("text")) in _PRESENT


def shift(text: str) -> int:
    """Days by which 再往后一天, 提前两天 moves what was said before; 0 where it is no such phrase."""
    hit = _SHIFT.fullmatch(text.strip("吧了的 "))
    if hit is None:
        return 0
    days = _COUNTS[hit["count"]]
    return -days if hit["way"] in ("往前", "提前", "早") else days
