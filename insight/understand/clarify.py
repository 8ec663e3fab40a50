"""Up to three readings to choose from, each a question that would be answered as it stands."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from insight.catalogue import Catalogue
from insight.understand.draft import Draft
from insight.understand.lexicon import Term
from insight.understand.scan import Token

_HELP = re.compile(
    r"(?:你|您|我|咱们?|我们|这里|这儿|系统|机器人|助手)?(?:都|还|到底|究竟)?(?:能|可以|会|支持|能够|可)(?:帮我|帮忙|给我|跟你|向你)?"
    r"(?:问|查|查询|回答|做|干|看|看到|统计|分析|提供|告诉我)(?:到|出)?(?:你|您)?(?:一?些|点儿?)?"
    r"(?:什么|啥|嘛|哪些|哪几[种类个]|什么样的|哪方面的?|哪些方面的?)(?:问题|指标|数据|内容|东西|事情?|功能|信息|类型的?问题|报表)?"
    r"|(?:都|还)?有(?:些)?(?:什么|啥|哪些|哪几[种类个])(?:样的)?(?:问题|指标|数据|内容|东西|功能|信息)?(?:是)?(?:我|我们)?(?:可以|能够?|会)"
    r"(?:问|查询?|看|回答|做)(?:到|出)?(?:你|您)?的?"
    r"|(?:我|我们)?(?:可以|能够?)(?:问|查询?|看)(?:你|您)?的(?:问题|指标|数据|内容|东西)?(?:都|一共|还)?(?:有|是)(?:什么|啥|哪些|哪几[种类个])"
)

SUGGESTED = ("visits", "wait_minutes", "satisfaction", "revenue", "no_show_rate", "flow_minutes")
DURATIONS = ("wait_minutes", "flow_minutes", "consult_minutes")
EXAMPLES = (
    "昨天门诊量是多少",
    "上周候诊最长的三个科室",
    "昨天哪个科室流程最快",
    "上个月各渠道挂号量占比",
    "上周门诊量环比",
    "本月每天门诊收入走势",
    "上个月满意度低于4的科室",
    "上周候诊超过30分钟的占比",
    "上周候诊时长分布",
    "上个月瓶颈在哪个环节",
    "上周候诊时间有没有异常",
    "下周一几点最忙",
)


def time_words(draft: Draft, catalogue: Catalogue) -> str:
    if draft.ranges:
        return "、".join(r.text for r in draft.ranges)
    return "今天" if draft.now else f"近{catalogue.default_days}天"


def filter_words(draft: Draft) -> str:
    words = []
    for name, values in (draft.values or {}).items():
        if name in ("hour", "weekday", "day"):
            continue
        words.append(
            "和".join(("初诊" if v else "复诊") if name == "first_visit" else str(v) for v in values)
        )
    return "".join(words)


def options(need: str, draft: Draft, catalogue: Catalogue, allowed: Sequence[str]) -> list[str]:
    """What the question may have meant; `allowed` are the metrics that the asker may see."""
    time, who = time_words(draft, catalogue), filter_words(draft)
    name = {key: metric.name for key, metric in catalogue.metrics.items()}
    metrics = [m for m in draft.metrics or () if m in name]
    dim = next((catalogue.dimensions[d].name for d, _ in draft.dims or () if d in catalogue.dimensions), "")
    made: Mapping[str, list[Any]] = {
        "money": ["revenue", "fee_per_visit", "drug_fee_per_visit"],
        "duration": list(DURATIONS),
        "per_head": ["fee_per_visit", "visits_per_doctor", "drug_fee_per_visit"],
        "metrics": metrics,
    }
    keys = [k for k in made.get(need, SUGGESTED) if k in allowed]
    if need == "count_of_rate" and metrics:
        return [f"{time}{who}{name[metrics[0]]}", f"{time}{who}挂号量", f"{time}{who}门诊量"]
    if need == "metrics" and len(metrics) == len(draft.ranges or ()) > 1:
        # 昨天门诊量和上周收入: two questions
        return [f"{r.text}{who}{name[m]}" for r, m in zip(draft.ranges or (), metrics, strict=True)]
    if need == "average" and metrics:
        each = "各" + dim if dim else ""
        return [
            f"{time}{who}{each}日均{name[metrics[0]]}",
            f"{time}{who}{each}人均接诊量",
            f"{time}{who}{each}{name[metrics[0]]}",
        ]
    if need in ("rank_dimension", "dimension") and metrics:
        best = "最高" if not catalogue.metrics[metrics[0]].is_duration else "最长"
        return [f"{time}{who}{name[metrics[0]]}{best}的{d}" for d in ("科室", "医生", "院区")]
    if need == "compare" and metrics:
        return [f"{time}{who}{name[metrics[0]]}环比", f"{time}{who}{name[metrics[0]]}同比"]
    if draft.rank or draft.top or draft.ranking:
        low = draft.rank in ("asc", "worst", "idle", "fast", "short", "cheap", "displeased", "deserted")
        word = dim or "科室"
        return [
            f"{time}{who}{name[k]}{('最短' if low else '最长') if catalogue.metrics[k].is_duration else ('最低' if low else '最高')}的{word}"
            for k in keys[:3]
        ]
    each = "各" + dim if dim else ""
    return [f"{time}{who}{each}{name[k]}" for k in keys[:3]]


_STOP = re.compile(
    r"(?:取消|退订|停掉|停止|关掉|关闭|删掉|删除|不要再发|别再发|别发|不用发)(?:掉|我的|这个|那个|了)?"
    r"(?:第[一二三四五六七八九十\d]{1,3}[个条项](?:的)?(?:订阅|提醒|推送|通知|告警)?|(?:全部|所有)(?:的)?(?:订阅|提醒|推送|通知|告警)(?:和提醒)?)"
    r"|(?:把)?(?:订阅|提醒|推送)(?:都|全都?|全部)(?:取消|停|退|关)(?:掉|了)?"
)


_STOP_ABOUT = re.compile(
    r"(?P<stop>取消|退订|停掉|停止|关掉|关闭|不要再发|别再发|别发|不用发|不用再发)(?:掉|了)?.{1,14}?(?P<tail>(?:的)?(?:订阅|提醒|推送|通知))了?$"
)


def asked_for(text: str) -> list[Token]:
    """Tokens where a question asks what can be asked (你能回答哪些问题), or wants to be sent something no more."""
    stop = _STOP.search(text)
    if stop:
        return [Token(stop.start(), stop.end(), stop.group(), (Term("unsubscribe", None, stop.group()),))]
    about = _STOP_ABOUT.search(text)
    if about:
        return [
            Token(*about.span(part), about[part], (Term("unsubscribe", None, about[part]),))
            for part in ("stop", "tail")
        ]
    hit = _HELP.search(text)
    if hit is None:
        return []
    return [Token(hit.start(), hit.end(), hit.group(), (Term("suggestions", None, hit.group()),))]
