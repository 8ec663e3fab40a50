"""Goes over the tokens of a question and fills a draft with what they say."""

import re
from dataclasses import dataclass, field
from typing import Any

from insight.interpretation import TimeRange
from insight.understand.draft import WHICH, Draft
from insight.understand.listed import read_dimensions, read_share
from insight.understand.measured import read_metrics, read_ranks
from insight.understand.scan import LIGHT, Token
from insight.understand.times import Times
from insight.understand.valued import read_values

PEOPLE = ("患者", "病人", "的人", "名患者", "位患者", "个病人")
RATED = ("率", "比", "比例")
WHOLE = ("全院", "整个医院", "全医院", "医院整体", "整院", "医院总体", "医院", "整体", "总体", "全院合计")
OTHERS = ("其他", "其它", "其余", "另外", "别", "旁", "同事", "兄弟")
MOSTLY = ("主要", "主要是", "集中在", "集中于", "主要集中在", "大多", "多半")
COUNTING = re.compile("多少|几[个位名]|人数|数量|总数|人次")
PIECES = ("多少个", "几个", "多少起", "几起", "几位", "几名", "几个了")
HANDING = ("发给我", "发我", "发送给我", "发到我", "发一份", "发一次", "给我发", "报给我", "推我", "发一下", "发一遍", "推给我", "发送",
           "发我一份", "发我一下", "发一份给我", "给我发一份", "给我发一下", "发我看看", "发出来")  # fmt: skip
"""Words of handing over, which make a subscription only where something says when."""
HOW_MANY = re.compile(r"多少|几(?:个|位|名|号)?(?:人|病人|患者)|(?:有|了)几[个位名](?!小时|钟头|月)")
EXTREME = ("最厉害", "最多", "最大", "最明显", "最严重", "最快", "最高", "最突出")
ASKING = ("怎么", "咋", "怎么都", "怎么又", "怎么还", "咋就", "怎样")
WAITING = ("候诊", "等候", "等待", "排队", "等号", "等叫号")
FLOW_WORDS = ("看病", "就医", "看完", "来看病", "来院")


@dataclass(slots=True)
class Reader:
    """Goes once over the tokens of a question and fills a draft."""

    text: str
    tokens: tuple[Token, ...]
    times: Times
    out: dict[str, Any] = field(default_factory=dict)
    used: list[tuple[str, str]] = field(default_factory=list)
    whole: bool = False
    own: str | None = None
    follow: bool = False
    flags: set[str] = field(default_factory=set)
    every_weekday: bool = False
    """星期一到星期日每天: the days of the week are listed, and leave nothing out."""
    left_out: set[int] = field(default_factory=set)
    """Ranges that are excluded: 去掉国庆假期."""

    def read(self) -> Draft:
        read_values(self)
        read_dimensions(self)
        read_metrics(self)
        for token in self.tokens:
            self._plain(token)
        read_ranks(self)
        self._pairs()
        self._times()
        read_share(self)
        if any(
            t.kind == "total" or t.kind == "filler" and t.text in ("一共", "总共", "共") for t in self.tokens
        ):
            self.out["together"] = True
        asked = any(how == WHICH for _, how in self.out.get("dims", ()))
        mostly = asked and any(t.text in MOSTLY for t in self.tokens)
        if mostly and not {"rank", "ranking", "kind", "bound"} & self.out.keys():
            self.out["ranking"] = "desc"
        return self.draft()

    def draft(self) -> Draft:
        """What has been read."""
        return Draft(**self.out)

    # -- everything that one word decides

    def _plain(self, token: Token) -> None:
        kind, value, out = token.kind, token.value, self.out
        if kind in ("rank", "ranking", "change_rank", "which_more", "direction", "adjective"):
            out.setdefault(kind, value)
            if token.text == "差":
                self.flags.add("poor")
            if kind == "adjective" and token.text[0] in "忙闲":
                out.setdefault("weak", "visits")
            if kind in ("which_more", "adjective") and (
                pace := next((c for c in "快慢长短久" if c in token.text), None)
            ):
                out["pace"] = pace
            self.use(token, {"rank": "最", "ranking": "排名", "change_rank": "变化排名"}.get(kind, "方向"))
        elif kind in ("yoy", "mom"):
            self.flags.add(kind)
            out["compare"] = kind
            self.use(token, "同比" if kind == "yoy" else "环比")
        elif kind in ("compare", "difference"):
            if out.get("compare") not in ("yoy", "mom"):
                out["compare"] = "difference" if kind == "difference" else out.get("compare", "ask")
            self.use(token, "对比")
        elif kind == "same_period":
            out["same_period"] = True
            self.use(token, "去年同期")
        elif kind in ("share", "share_all"):
            out["share"] = True
            if kind == "share_all":
                out["share_all"] = True
            self.use(token, "占比")
        elif kind in ("mean", "median", "maximum", "minimum"):
            name = {"mean": "mean", "median": "median", "maximum": "max", "minimum": "min"}[kind]
            if name != "mean" or "aggregation" not in out:
                out["aggregation"] = name
            self.use(token, f"汇总 {name}")
        elif kind == "quantile":
            out["aggregation"] = f"p{float(value) * 100:g}"
            self.use(token, f"{float(value) * 100:g} 分位")
        elif kind == "daily":
            out["aggregation"] = "daily"
            self.use(token, "日均")
        elif kind == "top":
            out["top"] = value
            self.use(token, "取前几")
        elif kind == "counted":
            self._counted(token)
        elif kind == "export":
            self.flags.add("export")
        elif kind in ("why", "bottleneck", "anomaly", "forecast", "distribution", "suggestions"):
            out.setdefault("kind", kind)
            self.use(token, kind)
        elif kind == "limit":
            out["bound"] = value
            self.flags.add("another_limit")
            self.use(token, "门槛")
        elif kind == "subscribe" and token.text in HANDING and self._handed():
            pass
        elif kind in ("alert", "subscribe", "unsubscribe", "list_subscriptions", "definition"):
            out["kind"] = {"subscribe": "subscription"}.get(kind, kind)
            self.use(token, kind)
        elif kind == "trend":
            out["trend"] = True
            self.use(token, "走势")
        elif kind == "chart":
            out["chart"] = value
            self.use(token, "图表")
        elif kind == "how_long":
            out["how_long"] = True
        elif kind == "weak_visits":
            out.setdefault("weak", "flow" if token.text in FLOW_WORDS else "visits")
        elif kind == "weak_wait":
            out["weak"] = "wait_minutes"
        elif kind in ("count_people", "count_visits"):
            rated = any(t.kind == "metric" and t.text.endswith(RATED) for t in self.tokens)
            if token.text in PEOPLE and rated and not COUNTING.search(self.text):
                return  # 患者爽约率: the people are only named
            if out.get("counted") != "visits":
                out["counted"] = "visits" if kind == "count_visits" else "patients"
        elif kind == "now":
            out["now"] = True
        elif kind in ("vague", "money_vague", "time_vague"):
            out.setdefault("vague", f"{kind}:{token.text}")
        elif kind == "whole":
            if token.text.startswith(OTHERS):
                self.flags.add("others" if "科" in token.text or "部门" in token.text else "other_doctors")
            self.whole = True
            if token.text in WHOLE:
                out["whole"] = True
            self.use(token, "全院")
        elif kind in ("own", "own_doctor"):
            self.own = kind
            self.use(token, "本人范围")
        elif kind == "pronoun":
            out["pronoun"] = value
            self.follow = True
        elif kind == "place":
            out.setdefault("place", value)
            self.use(token, "第几名")
        elif kind == "run":
            out["run"] = value
            self.use(token, "连续")
        elif kind == "standing":
            out["standing"] = True
            self.use(token, "排第几")
        elif kind == "these":
            out["these"] = True
            self.follow = True
            self.use(token, "上一个回答里的这些")
        elif kind in ("follow", "only"):
            self.follow = True
            if kind == "only":
                out["together"] = True
        elif kind in ("refuse_write", "refuse_topic", "time_unknown", "usual", "unclear"):
            self.flags.add(kind)

    def _pairs(self) -> None:
        """Two words that mean more together: 怎么少了 asks why, 下滑最厉害 ranks by change."""
        for one, two in zip(self.tokens, self.tokens[1:], strict=False):
            if one.kind == "direction" and two.text in EXTREME:
                self.out.pop("rank", None)
                self.out.setdefault("change_rank", one.value)
                self.out.pop("vague", None)
            elif one.text in ASKING and two.kind == "direction" and two.value in ("up", "down"):
                self.out.setdefault("kind", "why")
                self.use(one, "why")
        metric = any(t.kind == "metric" for t in self.tokens)
        if metric and not {"rank", "kind", "change_rank"} & self.out.keys():
            for token in self.tokens:
                if token.kind == "vague" and token.text in ("最厉害", "最严重", "最凶", "最夸张"):
                    self.out["rank"] = "desc"
                    self.use(token, "最")
        last = self.tokens[-1].text if self.tokens else ""
        if (
            "bound" in self.out
            and "kind" not in self.out
            and last in ("告诉我", "说一下", "报告", "报告一下")
        ):
            self.out["kind"] = "alert"
            self.use(self.tokens[-1], "alert")
        bare = any(
            t.kind == "metric" and t.value in ("no_show_rate", "cancel_rate") and not t.text.endswith(RATED)
            for t in self.tokens
        )
        if bare and any(t.kind == "filler" and t.text in PIECES for t in self.tokens):
            self.out.setdefault("counted", "visits")  # 退号的有多少个
        sudden = any(t.text in ("突然", "忽然", "骤然") for t in self.tokens)
        if (
            sudden
            and "kind" not in self.out
            and any(t.text in ("有没有", "有无", "是否", "是不是") for t in self.tokens)
        ):
            self.out["kind"] = "anomaly"
        counting = (
            HOW_MANY.search(self.text) is not None
            and "分钟" not in self.text
            and not {"how_long", "aggregation"} & self.out.keys()
        )
        if (
            self.out.get("now")
            and counting
            and any(t.kind == "metric" and t.text in WAITING for t in self.tokens)
        ):
            self.out.setdefault("counted", "visits")

    def _handed(self) -> bool:
        """Whether 发我 only asks for the answer (把上周门诊量发我): something is asked for, and no time to send it."""
        return not self.times.recurrence and any(t.kind == "metric" for t in self.tokens)

    def _counted(self, token: Token) -> None:
        count, word = token.value
        if word == "天":
            if {"rank"} & {t.kind for t in self.tokens}:
                self.out["dims"] = (*self.out.get("dims", ()), ("date", WHICH))
                self.out.setdefault("top", (count, "rank"))
        elif any(t.kind in ("rank", "change_rank") for t in self.tokens):
            self.out.setdefault("top", (count, "rank"))

    def _times(self) -> None:
        kept = tuple(r for place, r in enumerate(self.times.ranges) if place not in self.left_out)
        if self.left_out:
            self.out["without"] = tuple(
                r for place, r in enumerate(self.times.ranges) if place in self.left_out
            )
        if kept:
            self.out["ranges"] = kept
            for time in self.times.ranges:
                self.used.append((time.text, f"时间 {_said(time)}"))
        tokens = [t for t in self.tokens if t.kind not in LIGHT]
        for one, two in zip(tokens, tokens[1:], strict=False):
            if (
                two.kind == "time"
                and one.kind in ("both", "compare")
                and (one.kind == "compare" or self.out.get("compare"))
            ):
                self.out["against"] = True
        for name, values in self.times.filters.items():
            if name == "weekday" and self.every_weekday:
                continue
            if f"exclude_{name}" in self.flags:
                self.out.setdefault("exclude", {})[name] = values
            else:
                self.out.setdefault("values", {})[name] = values
        stretch = [t.text for t in self.tokens if t.kind in ("time_filter", "workday", "restday")]
        if stretch:
            self.out["stretch"] = "".join(stretch)
        if self.times.parts:
            self.out["parts"] = self.times.parts
            named = {"hour"} if self.times.parts[0][1] == "hour" else {"date", "weekday"}
            dims = tuple(d for d in self.out.get("dims", ()) if d[0] not in named or d[1] != WHICH)
            self.out.pop("dims", None)
            if dims:  # 上午和下午哪个时段: the two are the stretches asked about
                self.out["dims"] = dims
            self.out.pop("day_kind", None)
        if self.times.every:
            self.out["every"] = True
        if self.times.recurrence:
            self.out["schedule"] = self.times.recurrence
            self.out.setdefault("kind", "subscription")  # 每天八点给我报一下

    def use(self, token: Token, meaning: str) -> None:
        self.used.append((token.text, meaning))


def _said(time: TimeRange) -> str:
    start = time.start.strftime("%Y-%m-%d") if time.start else "…"
    end = time.end.strftime("%Y-%m-%d") if time.end else "…"
    return f"{start} 至 {end}（不含）"
