"""Numbers of a question that mean something: thresholds, percentiles and how many to list."""

import re
from dataclasses import dataclass
from typing import Literal

from chinese.numbers import parse_number
from insight.understand.lexicon import Term
from insight.understand.scan import Token

_N = r"(?:\d+(?:\.\d+)?|[零一二三四五六七八九十百两]+(?:点[零一二三四五六七八九]+)?)"
_VALUE = rf"(?:百分之{_N}|{_N}%|[一二两三四五六七八九]成半?|半个?(?:小时|钟头)|(?P<num>{_N})(?P<half>个半)?(?P<big>[千万亿](?:[一二三四五六七八九][百千]?(?![个位名家成点]))?)?)"
_UNIT = r"(?P<unit>个小时|小时|个钟头|钟头|分钟|刻钟|分|块钱|块|元|人次|人|例|次|笔|个|名|位|件|%)?"
_OVER = r"(?<![周期拜])一超过|超过了?|(?<![超看来去经通])过(?=[\d一二三四五六七八九十百半]|两[百千万亿])|(?<![爆击打突冲])破(?=[\d一二三四五六七八九十]|两[百千万亿])|大于等于|不低于|不少于|不小于|大于|高于|多于|长于|久于|至少|在?>=|>|高过|多过|超出|超|达到|不下于|突破|够|满"
_UNDER = r"小于等于|不超过|不高于|不大于|不多于|小于|低于|少于|短于|不足|不到|至多|最多不超过|<=|<|没到|没超过|未超过|未达到|没有超过|不满"
_BEFORE = re.compile(
    rf"(?P<op>{_UNDER}|{_OVER})\s*(?:了|等了?|等待了?|候诊|排了?)?\s*(?P<value>{_VALUE})\s*{_UNIT}(?:以上|以下|以内)?"
)
_AFTER = re.compile(
    rf"(?P<value>{_VALUE})\s*{_UNIT}\s*(?P<op>及以上|或以上|以上|及以下|或以下|以下|以内|之内|之上|之下|(?<=分钟)内|(?<=小时)内|(?<=钟头)内|(?<=刻钟)内)"
)
_STRICT = {">": (">",), "<": ("<",)}
_EQUAL = re.compile(
    r"不低于|不少于|不小于|至少|>=|大于等于|达到|不下于|够|满$|以上|之上|不超过|不高于|不大于|不多于|至多|<=|小于等于|没超过|未超过|没有超过|以内|之内|以下|之下|^内$"
)
_BETWEEN = re.compile(
    rf"(?:介于|在)?(?P<low>{_VALUE.replace('num', 'num1').replace('half', 'half1').replace('big', 'big1')})(?P<unit1>个小时|小时|个钟头|钟头|分钟|分|块|元)?"
    rf"\s*(?:到|至|和|-|~|—|－|～)\s*(?P<value>{_VALUE})\s*{_UNIT}(?P<between>之间)?"
)
_ROUND = re.compile(
    r"(?P<op>突破|冲破|破|(?<![超看来去经通])过|超过?|上|逾|满)了?(?P<n>十万|百万|千万|百|千|万|亿)(?![分米般\d])(?:个|元|块|人次|人|例|次|笔|件|号)?(?:大关)?"
)
_RUN = re.compile(
    r"(?:已经|已)?(?:连续|连着|接连|连)(?:了)?(?P<num>\d{1,2}|[一二三四五六七八九十两]{1,3})"
    r"(?P<unit>天|日|周|个?星期|个?礼拜|个?月|个?季度|年)(?:都|均|一直|持续|以上|内)?"
)
RUN_UNITS = {
    "天": "date", "日": "date", "周": "week", "星期": "week", "礼拜": "week", "月": "month", "季度": "quarter", "年": "year",
}  # fmt: skip
_DOUBLED = re.compile(r"翻(?:了)?(?:一)?(?:倍|番)")
_PLACE = re.compile(
    r"(?:排名?|排在|排到|名列|位列|位居|居)?(?P<side>倒数)?第(?P<num>\d{1,2}|[一二三四五六七八九十]{1,3})"
    r"(?P<how>高|多|长|久|大|慢|忙|贵|低|少|短|快|小|闲|好|差)?(?:名|位)?(?:的)?(?!季|周|个|月|天|次|诊|学|百|四分|年|期|届|批|版|步|环|分|[一二三四五六七八九十\d])"
)
_STANDING = re.compile(
    r"(?:能|可以|会)?(?:排名?|名次|位列|位居|排在|排行)(?:在)?(?:全院|医院|院内)?(?:的)?(?:第)?(?:几|多少)(?:名|位)?|第几名?位?|名次(?:是|怎么样|如何)?(?:多少)?|排名(?:是|怎么样|如何|多少)"
)
_THESE = re.compile(
    r"(?:上面|刚才|前面)?(?:这|那|上述|以上)(?:些|几|(?P<n>\d{1,2}|[两二三四五六七八九十]{1,3}))(?:个|位|家|间|名)?(?=科|医生|大夫|诊室|渠道|院区|诊间|专科)"
)
_TOP = re.compile(
    r"(?:排名|排在|排|名列|位列|居)?(?P<side>倒数前|倒数后|倒数|最后|末尾|垫底的|前|后|末|头(?=(?:\d{1,2}|[一二三四五六七八九十两几]{1,3})(?:[名位大家间种类强甲的科]|个(?![月半小星周季])|$))|top\s*|TOP\s*|Top\s*)(?P<num>\d{1,3}|[一二三四五六七八九十两]{1,3}|几)(?:个|名|位|大|家|间|种|类|强|甲)?"
)
_COUNTED = re.compile(
    r"(?P<num>\d{1,3}|[一二三四五六七八九十两]{1,3}|几)(?P<word>个|名|位|家|间|种|大|类|天|条)(?=[^半月小钟]|$)"
)
_HOW_MANY = re.compile(
    r"(?:不会?超过|不到|少于|低于|不低于|大于|超过|在)?(?:几|多少)个?(?:分钟|小时|钟头|刻钟)(?:以内|之内|内|以上|以下|之间)?"
)
_AVERAGE = re.compile(
    r"(?:(?P<over>高于|超过了?|大于|多于|长于|高过|超出)|(?P<under>低于|不到|少于|短于|小于|不及|低过|没到))"
    r"(?:(?:全院|医院|总体|整体|全部|各科室?|所有科室|科室)?的?平均(?:值|水平|数|线)?|全院|医院整体|总体水平|整体水平)"
    r"|比(?:全院|医院|总体|整体|全部|各科室?|所有科室|科室)?的?平均(?:值|水平|数|线)?(?:要|还|更|都)?"
    r"(?:(?P<over2>[高多长大慢久贵])|(?P<under2>[低少短快小]))(?!多少|几)(?:的|了)?"
)
_QUARTILE = re.compile(r"(?:(?P<high>上|第三|较大的?|高)|(?P<low>下|第一|较小的?|低))四分位(?:数|点|值)?")
_TENTHS = re.compile(r"(?:十|10)个?(?:病人|患者|人)(?:里|中|里面|当中|有)+(?P<n>[一二三四五六七八九1-9])个?")
_QUANTILE = re.compile(
    r"(?P<p>[pP]\s?(?P<a>\d{2}(?:\.\d)?)(?:分位数?|值)?)|(?P<b>\d{2})\s?%?\s?分位(?:数|值)?"
    r"|第?(?P<c>[一二三四五六七八九]十[一二三四五六七八九]?|\d{2})(?:百?分位数?|百分位数?|个百分位数?)|(?P<d>[一二三四五六七八九])成(?P<e>五)?(?:的?分位(?:数|值|点)?|(?=的?(?:患者|病人|人|就诊|人次|的|分位|候诊|等|$|是|在|都|多|要|能|以内|时)))"
    r"|百分之(?P<f>[一二三四五六七八九]十[一二三四五六七八九]?)(?=分位|的?(?:患者|病人|人))|(?P<g>\d{2})%(?=的?(?:患者|病人|人|分位))"
)


PLACES = {
    "高": "desc", "多": "desc", "大": "desc", "忙": "busy", "贵": "costly", "低": "asc", "少": "asc", "小": "asc", "闲": "idle",
    "长": "long", "久": "long", "慢": "slow", "短": "short", "快": "fast", "好": "best", "差": "worst",
}  # fmt: skip
"""第二高 ranks as 最高 does."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A threshold as said: `unit` in the question's word, `percent` where it was a share."""

    op: Literal[">", ">=", "<", "<="]
    value: float
    unit: str
    percent: bool
    upper: float | None = None
    """The other end of a stretch: 20到30分钟. Both ends belong to it."""
    average: bool = False
    """Against the average rather than a number: 高于平均的科室."""


def _number(text: str) -> float | None:
    found = parse_number(text)
    return float(found.value) if found else None


def _amount(text: str, unit: str) -> tuple[float, str, bool] | None:
    """(value, unit, whether it is a share) of 半小时, 两成, 3.5万元, 一个半小时; hours and quarters in minutes."""
    percent = "百分之" in text or text.endswith("%") or "成" in text or unit == "%"
    if text.startswith("半"):
        return 30.0, "分钟", False
    if percent:
        number = _number(text + "%" if unit == "%" and not text.endswith("%") else text)
        return None if number is None else (number, unit, True)
    half, bare = text.endswith("个半"), text.removesuffix("个半")
    big = {"千": 1e3, "万": 1e4, "亿": 1e8}.get(bare[-1], 1)
    number = _number(bare[:-1] if big > 1 else bare)
    if number is None:
        return None
    value = (number + (0.5 if half else 0)) * big
    if unit in ("个小时", "小时", "个钟头", "钟头"):
        return value * 60, "分钟", False
    return (value * 15, "分钟", False) if unit == "刻钟" else (value, unit, False)


def _between(hit: re.Match[str]) -> Bound | None:
    """介于20到30分钟; without a unit or 之间 two numbers are a time or anything else."""
    unit = hit["unit"] or hit["unit1"] or ""
    if not (
        unit
        or hit["between"]
        or hit["value"].startswith(("百分", "半"))
        or hit["value"].endswith(("%", "成"))
    ):
        return None
    low, high = _amount(hit["low"], hit["unit1"] or unit), _amount(hit["value"], unit)
    if low is None or high is None or low[0] >= high[0]:
        return None
    return Bound(">=", low[0], high[1], high[2] or low[2], upper=high[0])


def _bound(hit: re.Match[str]) -> Bound | None:
    op = hit["op"]
    amount = _amount(hit["value"], hit["unit"] or "")
    if amount is None:
        return None
    value, unit, percent = amount
    under = bool(re.fullmatch(_UNDER, op)) or "下" in op and op != "不下于" or "内" in op
    sign = ("<" if under else ">") + ("=" if _EQUAL.search(op) else "")
    return Bound(sign, value, unit, percent)  # type: ignore[arg-type]


def _tokens(pattern: re.Pattern[str], text: str, kind: str) -> list[tuple[re.Match[str], str]]:
    return [(hit, kind) for hit in pattern.finditer(text)]


def read_quantities(text: str) -> list[Token]:
    """Tokens `quantile` (0–1), `bound` (Bound), `top` (n, order), `counted` (n) wherever they may stand."""
    out: list[Token] = []
    for hit in _QUANTILE.finditer(text):
        said = next(v for k, v in hit.groupdict().items() if v and k not in ("p", "e"))
        value = _number(said)
        if value is not None:
            q = value / 10 + (0.05 if hit["e"] else 0) if hit["d"] else value / 100
            out.append(_token(hit, "quantile", round(q, 4)))
    out += [_token(hit, "quantile", 0.75 if hit["high"] else 0.25) for hit in _QUARTILE.finditer(text)]
    for hit in _TENTHS.finditer(text):
        out.append(_token(hit, "quantile", round((_number(hit["n"]) or 0) / 10, 1)))
    for hit in _BETWEEN.finditer(text):
        bound = _between(hit)
        if bound:
            out.append(_token(hit, "bound", bound))
    for hit in _ROUND.finditer(text):
        value = _number(hit["n"] if len(hit["n"]) > 1 else "一" + hit["n"]) or 0
        out.append(
            _token(
                hit, "bound", Bound(">" if "过" in hit["op"] or "超" in hit["op"] else ">=", value, "", False)
            )
        )
    for hit in _DOUBLED.finditer(text):
        out.append(_token(hit, "bound", Bound(">=", 1.0, "翻倍", True)))
    for hit in _RUN.finditer(text):
        count = _number(hit["num"])
        if count and count > 1:
            out.append(_token(hit, "run", (int(count), RUN_UNITS[hit["unit"].removeprefix("个")])))
    out += [_token(hit, "standing", None) for hit in _STANDING.finditer(text)]
    out += [_token(hit, "these", None) for hit in _THESE.finditer(text)]
    for hit in _PLACE.finditer(text):
        count = _number(hit["num"])
        if count and (count > 1 or hit["how"]):
            side = "last" if hit["side"] else "first"
            out.append(_token(hit, "place", (int(count), PLACES.get(hit["how"] or "", side))))
    for pattern in (_BEFORE, _AFTER):
        for hit in pattern.finditer(text):
            bound = _bound(hit)
            if bound:
                out.append(_token(hit, "bound", bound))
    out += [_token(hit, "how_long", None) for hit in _HOW_MANY.finditer(text)]
    for hit in _AVERAGE.finditer(text):
        out.append(
            _token(
                hit, "bound", Bound(">" if hit["over"] or hit["over2"] else "<", 0.0, "", False, average=True)
            )
        )
    for hit in _TOP.finditer(text):
        count = 3 if hit["num"] == "几" else _number(hit["num"])
        if count:
            side = hit["side"].strip().lower()
            out.append(
                _token(hit, "top", (int(count), "last" if side not in ("前", "头", "top") else "first"))
            )
    for hit in _COUNTED.finditer(text):
        count = 3 if hit["num"] == "几" else _number(hit["num"])
        if count:
            out.append(_token(hit, "counted", (int(count), hit["word"])))
    return out


_ANOTHER = re.compile(
    rf"(?:那么?|再|换成|换做|换到|换|改成|改为|改到|调到|调成|放宽到|收紧到|提到|降到|要是|如果|是|按|看|以|就|呢|把|门槛|阈值|标准|线|[，,])*"
    rf"(?P<value>{_VALUE})\s*{_UNIT}(?:以上|的话|的|呢|吧|看看|呀|啊|怎么样|有哪些|有多少|又?有几个|还有吗)*[?？。]?"
)


def another_limit(text: str, limit: Bound | None) -> list[Token]:
    """A token `limit` where a whole question only names another value of the threshold talked about: 40分钟的呢."""
    hit = (
        _ANOTHER.fullmatch(text) if limit is not None and not limit.average and limit.upper is None else None
    )
    if hit is None or limit is None or "以上" in text:
        return []
    counted = hit["unit"] in ("个", "名", "位") and hit["unit"] != limit.unit
    plain = limit.percent and not re.search(r"[%成]|百分", hit["value"]) and hit["unit"] != "%"
    amount = _amount(hit["value"] + ("%" if plain else ""), hit["unit"] or "")
    if amount is None or counted:
        return []
    value, unit, percent = amount
    known = Bound(limit.op, value, unit or limit.unit, percent)
    start, end = hit.start("value"), max(hit.end("value"), hit.end("unit"))
    return [Token(start, end, text[start:end], (Term("limit", known, text[start:end]),))]


def _token(hit: re.Match[str], kind: str, value: object) -> Token:
    return Token(hit.start(), hit.end(), hit.group(), (Term(kind, value, hit.group()),))
