"""Numbers as they are written and said: 三千五, 两成, 百分之五, 3.5万, 第二个, 幺三八.

Conversion happens per value, never over a whole sentence: 等一下, 星期三 and 五官科 are no numbers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from chinese.numerals import (
    DIGITS,
    NEIGHBOURS,
    NUMERALS,
    ONE_TO_NINE,
    SECTIONS,
    UNITS,
    neighbour_range,
    parse_cardinal,
)
from chinese.text import fold

Kind = Literal["cardinal", "percent", "fraction", "range", "ordinal", "digits"]

_CN, _PLAIN = NUMERALS, ONE_TO_NINE
_VALUE = rf"(?:\d+(?:,\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?|[{_CN}]+(?:点[{_CN}]+)?)"
_ARABIC_UNIT = r"(?:[十百千]?[万亿]|[百千])?"

NUMBER = re.compile(
    rf"(?P<percent>(?P<base>百|千|万)分之(?P<pv>[负-]?{_VALUE}))|(?P<all>百分百)"
    rf"|(?P<fraction>(?P<den>[{_CN}\d]+)分之(?P<num>[{_CN}\d]+))"
    rf"|(?P<mixed>\d+[亿万千](?:\d{{1,4}}(?:[十百千]万|[万千百十])){{1,3}}(?:[{_PLAIN}\d](?![\d.]))?)"
    rf"|(?P<arabic>(?:(?<![\d.])[+-])?(?:\d+(?:,\d{{3}})+|\d+)(?:\.\d+)?)\s?(?:(?P<sign>[%‰])|(?P<au>{_ARABIC_UNIT})(?P<atail>[\d{_PLAIN}]?)(?P<ahalf>半?))"
    rf"|(?P<cheng>{NEIGHBOURS}|[{_PLAIN}两十])成(?P<ctail>[{_PLAIN}半]?)"
    rf"|(?P<half>一半|半)"
    rf"|(?P<chinese>负?[{_CN}俩仨]+(?:点[零〇{_PLAIN}]+[百千]?[万亿]?)?)(?:个(?P<chalf>半))?"
)

# Words whose numerals do not count anything.
_WORDS = """
一下 一些 一样 一起 一直 一般 一定 一会 一阵 一点 一旦 一边 一共 一向 一律 一切 一致 一并 统一 唯一 万一 专一
百日咳 五官科 二维码 三甲 二甲 二尖瓣 三尖瓣 三叉神经 四肢 五脏 六腑 十二指肠 三九 六味 九价 四价
十分疼 十分痛 十分难受 十分严重 十分感谢 十分不 三高 千万别 千万不 半天 半夜 半身 半路 大半 多半
"""
_NO_NUMBER = re.compile("|".join(sorted(_WORDS.split(), key=len, reverse=True)))
_BEFORE = frozenset("周期拜第几")
# 老百姓, 数十, 上百 and 三十好几 say no number.
_VAGUE_BEFORE = re.compile(r"数(?=[十百千万])|[上成](?=[百千万])")
_VAGUE_AFTER = re.compile(r"好?几|[来多余]|个[来多]")
_BARE_UNIT = frozenset("百千万亿佰仟")


@dataclass(frozen=True, slots=True)
class Number:
    """A number found in a text: `value`, and for a range (二十三四) also the upper bound `high`.

    `begin` and `finish` are character offsets; rates and percentages are fractions (两成 is 0.2).
    """

    value: int | float
    text: str
    begin: int
    finish: int
    kind: Kind = "cardinal"
    high: int | float | None = None


def find_numbers(text: str) -> list[Number]:
    """All quantities of the text, left to right, never overlapping; ordinals, weekdays and set words are none."""
    folded = fold(text)
    blocked = _blocked(folded)
    found: list[Number] = []
    for hit in NUMBER.finditer(folded):
        begin, finish = hit.span()
        if any(begin < stop and start < finish for start, stop in blocked):
            continue
        if begin and folded[begin - 1] in _BEFORE:
            continue
        if hit[0] in _BARE_UNIT or _VAGUE_AFTER.match(folded, finish):
            continue
        if begin and _VAGUE_BEFORE.match(folded, begin - 1):
            continue
        number = _build(hit, text)
        if number is not None:
            found.append(number)
    return found


def parse_number(text: str) -> Number | None:
    """The text as one number (surrounding blanks and a trailing 个 ignored), or None."""
    folded = fold(text).strip()
    trimmed = folded.removesuffix("个") if not folded.endswith("几个") else folded
    hit = NUMBER.fullmatch(trimmed)
    return _build(hit, trimmed) if hit else None


def _blocked(folded: str) -> list[tuple[int, int]]:
    return [hit.span() for hit in _NO_NUMBER.finditer(folded)]


def _build(hit: re.Match[str], text: str) -> Number | None:
    value: int | float | None
    high: int | float | None = None
    kind: Kind = "cardinal"
    if hit["percent"]:
        part = _number_of(hit["pv"].replace("负", "-"))
        value, kind = (None if part is None else _tidy(part / _BASES[hit["base"]])), "percent"
    elif hit["fraction"]:
        below, above = _number_of(hit["den"]), _number_of(hit["num"])
        value, kind = (above / below if below and above is not None else None), "fraction"
    elif hit["all"]:
        value, kind = 1, "percent"
    elif hit["mixed"]:
        value = _mixed(hit["mixed"])
    elif hit["arabic"]:
        value, kind = _arabic(hit)
    elif hit["cheng"]:
        value, high, kind = *_tenths(hit["cheng"], hit["ctail"]), "percent"
    elif hit["half"]:
        value, kind = 0.5, "fraction"
    else:
        value = parse_cardinal(hit["chinese"])
        if near := neighbour_range(hit["chinese"]):
            value, high = near
            kind = "range"
        elif value is not None and hit["chalf"]:
            value += 0.5
    if value is None:
        return None
    return Number(value, text[hit.start() : hit.end()], hit.start(), hit.end(), kind, high)


def _tenths(digits: str, tail: str) -> tuple[int | float, int | float | None]:
    """三成五 → 0.35, 七八成 → 0.7 to 0.8."""
    more = 0.05 if tail == "半" else DIGITS.get(tail, 0) / 100
    low, *rest = (_tidy((10 if digit == "十" else DIGITS[digit]) / 10 + more) for digit in digits)
    return low, rest[0] if rest else None


def _mixed(text: str) -> int:
    """3万5千 → 35000, 2千5百万 → 25000000, 1万2千5 → 12500."""
    total = section = 0
    last = 1
    for count, units in _MIXED_PIECE.findall(text):
        number = int(count) if count.isdigit() else DIGITS[count]
        if not units:
            section += number * (last // 10 if last >= 100 else 1)
        for unit in units:
            last = UNITS.get(unit) or SECTIONS[unit]
            number *= UNITS.get(unit, 1)
        section += number if units else 0
        if units and units[-1] in SECTIONS:
            total, section = total + section * last, 0
    return total + section


_MIXED_PIECE = re.compile(rf"(\d+|[{_PLAIN}])([十百千万亿]*)")
_BASES = {"百": 100, "千": 1000, "万": 10000}
_SCALE = {"": 1, "百": 100, "千": 1000, "万": 10**4, "十万": 10**5, "百万": 10**6, "千万": 10**7}
_SCALE |= {"亿": 10**8, "十亿": 10**9, "百亿": 10**10, "千亿": 10**11}


def _arabic(hit: re.Match[str]) -> tuple[int | float | None, Kind]:
    plain = hit["arabic"].replace(",", "")
    value: int | float = float(plain) if "." in plain else int(plain)
    if hit["sign"]:
        return _tidy(value / (100 if hit["sign"] == "%" else 1000)), "percent"
    unit, tail = hit["au"] or "", hit["atail"]
    if unit not in _SCALE or (tail and not unit):
        return None, "cardinal"
    scale = _SCALE[unit]
    value = _tidy(value * scale)
    if tail:
        value += int(tail if tail.isdigit() and tail.isascii() else DIGITS[tail]) * (scale // 10)
    if hit["ahalf"]:
        value += scale / 2 if unit else 0.5
    return _tidy(value), "cardinal"


def _tidy(value: int | float) -> int | float:
    """Whole values as int, others without the dust of binary fractions."""
    rounded = round(value, 10)
    return int(rounded) if rounded == int(rounded) and abs(rounded) >= 1 else rounded


def _number_of(text: str) -> int | float | None:
    plain = text.replace(",", "")
    if re.fullmatch(r"-?\d+(?:\.\d+)?", plain):
        return float(plain) if "." in plain else int(plain)
    return parse_cardinal(text.replace("-", "负"))


_ORDINAL = re.compile(
    rf"(?P<last>倒数第(?P<ln>[{_CN}]+|\d+)|最后(?!\d)(?P<lone>一)?(?=[个位条项家次名天号])|最末|末尾)"
    rf"|第(?P<n>[{_CN}]+|\d+)|(?P<first>首(?=[个位条项家])|头一(?=[个位条项家次]))"
)
_CLASSIFIER = re.compile(r"[个位条项家种份名号次]?")


def find_ordinals(text: str) -> list[Number]:
    """第二个 → 2, 第三 → 3, 头一个 → 1, 最后一个 → -1, 倒数第二个 → -2, with their places."""
    folded = fold(text)
    found: list[Number] = []
    for hit in _ORDINAL.finditer(folded):
        if hit["last"]:
            count = _number_of(hit["ln"]) if hit["ln"] else 1
            value = -count if count else None
        else:
            value = 1 if hit["first"] else _number_of(hit["n"])
        if value is None:
            continue
        classifier = _CLASSIFIER.match(folded, hit.end())
        finish = classifier.end() if classifier else hit.end()
        found.append(Number(int(value), text[hit.start() : finish], hit.start(), finish, "ordinal"))
    return found


def parse_ordinal(text: str) -> int | None:
    """The only ordinal of the text, from the end where negative; None where there is none or several."""
    found = find_ordinals(text)
    return int(found[0].value) if len(found) == 1 else None


_SPOKEN = re.compile(
    r"[零〇○一二两三四五六七八九幺洞拐壹贰叁肆伍陆柒捌玖\dXx][零〇○一二两三四五六七八九幺洞拐壹贰叁肆伍陆柒捌玖\dXx \-.]*"
)


def digits_of(text: str) -> str | None:
    """A digit string as it is dictated: 幺三八 零零一二 → "1380012"; None where the text holds anything else."""
    folded = fold(text).strip()
    return spoken_to_digits(folded) if folded and _SPOKEN.fullmatch(folded) else None


def spoken_to_digits(folded: str) -> str:
    """Digit characters of a text that `fold` has passed over, in ASCII; blanks, dashes and dots left out."""
    return "".join(
        str(DIGITS[char]) if char in DIGITS else char.upper() for char in folded if char not in " -."
    )
