"""Numbers of a question that mean something: thresholds, percentiles and how many to list."""

import re
from dataclasses import dataclass
from typing import Literal

from chinese.numbers import parse_number
from insight.understand.lexicon import Term
from insight.understand.scan import Token

_N = r"(?:\d+(?:\.\d+)?|[零一二三四五六七八九十百两]+(?:点[零一二三四五六七八九]+)?)"
_VALUE = rf"(?:百分之{_N}|{_N}%|[一二两三四五六七八九]成半?|半个?(?:小时|钟头)|(?P<num>{_N})(?P<half>个半)?(?P<big>[千万亿])?)"
_UNIT = r"(?P<unit>个小时|小时|个钟头|钟头|分钟|刻钟|分|块钱|块|元|人次|人|例|次|笔|个|名|位|件|%)?"
_OVER = r"(?<![周期拜])一超过|超过了?|(?<![超看来去经通])过(?=[\d一二三四五六七八九十百半])|大于等于|不低于|不少于|不小于|大于|高于|多于|长于|久于|至少|在?>=|>|高过|多过|超出|超|达到|不下于|突破|够|满"
_UNDER = r"小于等于|不超过|不高于|不大于|不多于|小于|低于|少于|短于|不足|不到|至多|最多不超过|<=|<|没到|没超过|未超过|未达到|没有超过|不满"
_BEFORE = re.compile(
    rf"(?P<op>{_UNDER}|{_OVER})\s*(?:了)?\s*(?P<value>{_VALUE})\s*{_UNIT}(?:以上|以下|以内)?"
)
_AFTER = re.compile(
    rf"(?P<value>{_VALUE})\s*{_UNIT}\s*(?P<op>及以上|或以上|以上|及以下|或以下|以下|以内|之内|之上|之下|(?<=分钟)内|(?<=小时)内|(?<=钟头)内|(?<=刻钟)内)"
)
_STRICT = {">": (">",), "<": ("<",)}
_EQUAL = re.compile(
    r"不低于|不少于|不小于|至少|>=|大于等于|达到|不下于|够|满$|以上|之上|不超过|不高于|不大于|不多于|至多|<=|小于等于|没超过|未超过|没有超过|以内|之内|以下|之下|^内$"
)
_TOP = re.compile(
    r"(?:排名|排在|排|名列|位列|居)?(?P<side>倒数前|倒数后|倒数|最后|末尾|垫底的|前|后|末|top\s*|TOP\s*|Top\s*)(?P<num>\d{1,3}|[一二三四五六七八九十两]{1,3}|几)(?:个|名|位|大|家|间|种|类|强|甲)?"
)
_COUNTED = re.compile(
    r"(?P<num>\d{1,3}|[一二三四五六七八九十两]{1,3}|几)(?P<word>个|名|位|家|间|种|大|类|天|条)(?=[^半月小钟]|$)"
)
_HOW_MANY = re.compile(
    r"(?:不会?超过|不到|少于|低于|不低于|大于|超过|在)?(?:几|多少)个?(?:分钟|小时|钟头|刻钟)(?:以内|之内|内|以上|以下|之间)?"
)
_AVERAGE = re.compile(
    r"(?:(?P<over>高于|超过了?|大于|多于|长于|高过|超出)|(?P<under>低于|不到|少于|短于|小于|不及|低过|没到))"
    r"(?:全院|医院|总体|整体|全部|各科室?|所有科室|科室)?的?平均(?:值|水平|数|线)?"
)
_QUARTILE = re.compile(r"(?:(?P<high>上|第三|较大的?|高)|(?P<low>下|第一|较小的?|低))四分位(?:数|点|值)?")
_TENTHS = re.compile(r"(?:十|10)个?(?:病人|患者|人)(?:里|中|里面|当中|有)+(?P<n>[一二三四五六七八九1-9])个?")
_QUANTILE = re.compile(
    r"(?P<p>[pP]\s?(?P<a>\d{2}(?:\.\d)?)(?:分位数?|值)?)|(?P<b>\d{2})\s?%?\s?分位(?:数|值)?"
    r"|第?(?P<c>[一二三四五六七八九]十[一二三四五六七八九]?|\d{2})(?:百?分位数?|百分位数?|个百分位数?)|(?P<d>[一二三四五六七八九])成(?P<e>五)?(?=的?(?:患者|病人|人|就诊|人次|的|分位|候诊|等|$|是|在|都|多|要|能|以内|时))"
    r"|百分之(?P<f>[一二三四五六七八九]十[一二三四五六七八九]?)(?=分位|的?(?:患者|病人|人))|(?P<g>\d{2})%(?=的?(?:患者|病人|人|分位))"
)


@dataclass(frozen=True, slots=True)
class Bound:
    """A threshold as said: `unit` in the question's word, `percent` where it was a share."""

    op: Literal[">", ">=", "<", "<="]
    value: float
    unit: str
    percent: bool
    average: bool = False
    """Against the average rather than a number: 高于平均的科室."""


def _number(text: str) -> float | None:
    found = parse_number(text)
    return float(found.value) if found else None


def _bound(hit: re.Match[str]) -> Bound | None:
    text, op, unit = hit["value"], hit["op"], hit["unit"] or ""
    percent = "百分之" in text or text.endswith("%") or "成" in text or unit == "%"
    if text.startswith("半"):
        value: float | None = 30.0
        unit = "分钟"
    elif percent:
        number = _number(text if unit != "%" else text + "%")
        value = number
    else:
        number = _number(hit["num"] or text)
        big = {"千": 1e3, "万": 1e4, "亿": 1e8}.get(hit["big"] or "", 1)
        value = None if number is None else (number + (0.5 if hit["half"] else 0)) * big
        if value is not None and unit in ("个小时", "小时", "个钟头", "钟头"):
            value, unit = value * 60, "分钟"
        elif value is not None and unit == "刻钟":
            value, unit = value * 15, "分钟"
    if value is None:
        return None
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
    for pattern in (_BEFORE, _AFTER):
        for hit in pattern.finditer(text):
            bound = _bound(hit)
            if bound:
                out.append(_token(hit, "bound", bound))
    out += [_token(hit, "how_long", None) for hit in _HOW_MANY.finditer(text)]
    for hit in _AVERAGE.finditer(text):
        out.append(_token(hit, "bound", Bound(">" if hit["over"] else "<", 0.0, "", False, average=True)))
    for hit in _TOP.finditer(text):
        count = 3 if hit["num"] == "几" else _number(hit["num"])
        if count:
            side = hit["side"].strip().lower()
            out.append(_token(hit, "top", (int(count), "last" if side not in ("前", "top") else "first")))
    for hit in _COUNTED.finditer(text):
        count = 3 if hit["num"] == "几" else _number(hit["num"])
        if count:
            out.append(_token(hit, "counted", (int(count), hit["word"])))
    return out


def _token(hit: re.Match[str], kind: str, value: object) -> Token:
    return Token(hit.start(), hit.end(), hit.group(), (Term(kind, value, hit.group()),))
