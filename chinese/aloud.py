"""A written sentence as it is said: 11月6日 8:30 in 302诊室, 23.50元, 拨打120. Values in words are `chinese.spoken`.

What is converted leaves no Arabic digit, so that no reader, of whatever make, can say 302诊室 as a quantity.
The rules run in order over the whole text; what one has converted no later one can match.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from chinese.spoken import LARGEST, cardinal, clock, counted, day, digits, money, number, year_said

Say = Callable[[re.Match[str]], str]

_WIDE = {
    code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))
}
_HAN = "一-鿿"
_N = r"\d+(?:,\d{3})*(?:\.\d+)?"
_TO = r"\s*(?:[-–—~～]|至|到)\s*"
_DATE_TO = r"\s?[-/.年]\s?(?P<m>\d{1,2})\s?[-/.月]\s?(?P<d>\d{1,2})(?!\d)[日号]?"
_ISO_TIME = r"(?:[T ]+(?P<h>\d{1,2}):(?P<min>\d{2})(?::\d{2})?(?:\.\d+)?(?:[+-]\d{2}:\d{2}|Z)?)?"
_PART = r"(?P<part>(?:上午|中午|下午|晚上|早上|凌晨|傍晚)?)\s*"
_CLOCK = r"(?<![\d:.])(?P<h>\d{1,2})[:：](?P<min>\d{2})"
_PHONES = r"0\d{2,3}-\d{7,8}|1[3-9]\d-?\d{4}-?\d{4}|[48]00-?\d{3}-?\d{4}|\d{17}[\dXx]"
_CALL = "拨打|拨|打|呼叫|(?:电话|热线|分机)[是为：:]*"
_CODED = "凭证号|凭证码|取号码|验证码|编号|单号|订单号|流水号|卡号|尾号|病历号|就诊号|代码"
_ROOM = "诊室|诊间|室|病房|房|床|窗口"
_UNITS = {
    **{"mmHg": "毫米汞柱", "mmol/L": "毫摩尔每升", "umol/L": "微摩尔每升", "μmol/L": "微摩尔每升"},
    **{"g/L": "克每升", "mg/L": "毫克每升", "U/L": "单位每升", "mg": "毫克", "μg": "微克", "ug": "微克"},
    **{"ml": "毫升", "mL": "毫升", "kg": "公斤", "km": "公里", "cm": "厘米", "mm": "毫米"},
    **{"g": "克", "m": "米", "L": "升", "min": "分钟", "h": "小时", "℃": "度", "°C": "度", "°": "度"},
}
_UNIT = "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True))
_SYMBOLS = {"≥": "大于等于", "≤": "小于等于", ">": "大于", "<": "小于", "±": "正负", "×": "乘", "=": "等于"}
_MEASURES = frozenset(
    "个位人条项家种份名次张天周年小秒块元毛点倍瓶片粒支盒袋针斤公克毫厘米万亿千百步台间部辆件套"
)
"""What 2 counts as 两; before all else (二楼, 二号, 二月) it is 二."""


def _full_date(hit: re.Match[str]) -> str:
    when = date(int(hit["y"]), int(hit["m"]), int(hit["d"]))
    time = "，" + clock(int(hit["h"]), int(hit["min"])) if hit["h"] else ""
    return f"{year_said(when.year)}年{day(when, weekday=False)}{time}"


def _month_day(hit: re.Match[str]) -> str:
    # Any leap year: the 29th of February is a day.
    return day(date(2024, int(hit["m"]), int(hit["d"])), weekday=False)


def _year(hit: re.Match[str]) -> str:
    return year_said(int(hit["y"]))


def _time(hit: re.Match[str]) -> str:
    return hit["part"] + clock(int(hit["h"]), int(hit["min"]), part=not hit["part"])


def _time_span(hit: re.Match[str]) -> str:
    first, last = int(hit["h"]), int(hit["h2"])
    begin = hit["part"] + clock(first, int(hit["min"]), part=not hit["part"])
    # 下午两点到两点半, but 上午十一点半到下午一点.
    same = (first < 13) == (last < 13) and (first < 18) == (last < 18)
    return f"{begin}到{clock(last, int(hit['min2']), part=not same)}"


def _digits(hit: re.Match[str]) -> str:
    return digits(hit["n"])


def _called(hit: re.Match[str]) -> str:
    return hit["verb"] + digits(hit["n"])


def _coded(hit: re.Match[str]) -> str:
    return hit["what"] + hit["is"].strip() + digits(hit["n"])


def _masked(hit: re.Match[str]) -> str:
    return "尾号" + digits(hit["n"])


def _amount(hit: re.Match[str]) -> str:
    whole, _, part = hit["n"].replace(",", "").partition(".")
    if len(part) > 2 or int(whole) >= LARGEST:
        return number(hit["n"]) + "元"
    return money(int(whole) * 100 + int(part.ljust(2, "0")))


def _percent(hit: re.Match[str]) -> str:
    return f"{'百' if hit['sign'] == '%' else '千'}分之{number(hit['n'])}"


def _measured(hit: re.Match[str]) -> str:
    return ("两" if hit["n"] == "2" else number(hit["n"])) + _UNITS[hit["u"]]


def _range(hit: re.Match[str]) -> str:
    return f"{number(hit['a'])}到{number(hit['b'])}"


def _fraction(hit: re.Match[str]) -> str:
    above, below = int(hit["a"]), int(hit["b"])
    if 0 < above < below:
        return f"{cardinal(below)}分之{cardinal(above)}"
    return f"{cardinal(above)}比{cardinal(below)}"


def _plain(hit: re.Match[str]) -> str:
    run = hit[0]
    bare = run.lstrip("-")
    # Nobody counts to seven places, and no count begins with a nought: these are codes.
    if bare.isdigit() and (len(bare) >= 7 or (len(bare) > 1 and bare[0] == "0")):
        return digits(bare)
    after, before = hit.string[hit.end() :].lstrip()[:1], hit.string[: hit.start()].rstrip()[-1:]
    return counted(2) if run == "2" and after in _MEASURES and before != "第" else number(run)


def _rule(pattern: str, say: Say) -> tuple[re.Pattern[str], Say]:
    def safely(hit: re.Match[str]) -> str:
        # What cannot be meant so (13:75, a twentieth month) stays for the rules after it.
        try:
            return say(hit)
        except ValueError:
            return hit[0]

    return re.compile(pattern, re.ASCII), safely


_RULES = (
    _rule(rf"https?://[^\s{_HAN}，。！？；]+", lambda hit: ""),
    _rule(rf"(?<!\d)(?P<y>\d{{4}}){_DATE_TO}{_ISO_TIME}", _full_date),
    _rule(r"(?<!\d)(?P<m>\d{1,2})\s?月\s?(?P<d>\d{1,2})\s?[日号]", _month_day),
    _rule(r"(?<!\d)(?P<y>[12]\d{3})\s?(?=年)", _year),
    _rule(rf"{_PART}{_CLOCK}{_TO}(?P<h2>\d{{1,2}})[:：](?P<min2>\d{{2}})(?![\d:])", _time_span),
    _rule(rf"{_PART}{_CLOCK}(?::\d{{2}})?(?![\d:])", _time),
    _rule(r"\d*\*+(?P<n>\d{2,}[Xx]?)", _masked),
    _rule(rf"(?<![\d.-])(?P<n>{_PHONES})(?!\d)", _digits),
    _rule(rf"(?P<verb>{_CALL})\s*(?P<n>\d{{3,}}(?:-\d+)*)(?![\d.:])", _called),
    _rule(r"(?<![\d.])(?P<n>110|119|120|122)(?=\s*(?:急救|报警|电话|救护车|火警))", _digits),
    _rule(rf"(?P<what>{_CODED})(?P<is>[是为：:\s]*)(?P<n>[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*)", _coded),
    _rule(rf"[¥￥]\s*(?P<n>{_N})", _amount),
    _rule(rf"(?<![\d.])(?P<n>{_N})\s*(?:元|块钱|块)", _amount),
    _rule(rf"(?P<n>{_N})\s*(?P<sign>[%‰])", _percent),
    _rule(rf"(?P<n>{_N})\s*(?P<u>{_UNIT})(?![A-Za-z0-9/])", _measured),
    # Letters and at least three digits are a code: A1023, V12-034.
    _rule(
        r"(?<![A-Za-z0-9])(?P<n>(?=[A-Za-z0-9-]*[A-Za-z])(?=(?:[A-Za-z-]*\d){3})[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*)",
        _digits,
    ),
    _rule(rf"(?<![\d.])(?P<n>\d{{3,4}})(?=号?(?:{_ROOM}))", _digits),
    _rule(rf"(?<![\d.])(?P<a>{_N}){_TO}(?P<b>{_N})(?![\d.-])", _range),
    _rule(r"(?<![\d./])(?P<a>\d{1,4})/(?P<b>\d{1,4})(?![\d./])", _fraction),
    _rule(rf"(?:(?<![\w{_HAN}.-])-)?{_N}", _plain),
)

_SURNAME_ONLY = re.compile(rf"(?<=[{_HAN}])[*＊]+")
_DASH = re.compile(rf"\s*(?:[–—－-]{{1,2}}|[～~]|…+)\s*(?=[{_HAN}])")
# 说“继续”: a breath before what is quoted.
_QUOTED = re.compile(r"(?<=[说如叫：])[“「]")
# 九点（五十元）吗, 明天（二十四号）的: no breath before a word that cannot stand alone.
_PARTICLE_AFTER = re.compile(
    r"\s*[)）]\s*(?=的(?![确士])|[吗呢吧么](?:[。！？!?，]|$))|[，,]\s*(?=吗(?:[。！？!?，]|$))"
)
_NOT_SAID = re.compile(r"[“”\"'‘’「」『』《》【】\[\]{}#*＊_~`|^·•●■※☆★→←↑↓\\]+")
_BLANK = re.compile(rf"(?<=[{_HAN}，。！？；、])\s+|\s+(?=[{_HAN}，。！？；、])")
# Marks that meet: the stronger one stays.
_WEAK_BEFORE_STRONG = re.compile(
    r"[，、：:,]+(?=[。！？；!?])|(?<=[。！？；!?])[，、。；：,]+|^[，、。：；,\s]+"
)
_WEAK_TWICE = re.compile(r"([，、：])[，、：,]+")


def aloud(text: str) -> str:
    """The text as it is to be said: no Arabic digits, no marks that a reader would spell, sentences kept.

    11月6日 8:30 → 十一月六号八点半, 23.50元 → 二十三块五, 拨打120 → 拨打幺二零, 302诊室 → 三零二诊室, 张* → 张某.
    """
    text = text.translate(_WIDE)
    for pattern, say in _RULES:
        text = pattern.sub(say, text)
    for symbol, word in _SYMBOLS.items():
        text = text.replace(symbol, word)
    text = _SURNAME_ONLY.sub("某", text)
    text = _DASH.sub("，", re.sub(r"\s*[()（）]\s*", "，", _PARTICLE_AFTER.sub("", text)))
    text = _QUOTED.sub("，", text.replace("”“", "”、“"))
    text = _NOT_SAID.sub("", text.replace("\n", "。"))
    text = _BLANK.sub("", re.sub(r"\s+", " ", text))
    return _WEAK_TWICE.sub(r"\1", _WEAK_BEFORE_STRONG.sub("", text)).strip()
