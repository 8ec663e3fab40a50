"""The words that the model must know: the project's own vocabulary, and everyday words for whatever else is said."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jieba
import yaml

ROOT = Path(__file__).resolve().parents[2]
PHRASES = Path(__file__).with_name("phrases.yml")
SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔"
    "钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤常温康施文牛樊葛"
    "邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝"
)
"""Surnames, the most common first."""
_HAN = re.compile(r"[\u4e00-\u9fff]+")


def load(path: Path) -> Any:
    """A YAML file of the project."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def han_strings(content: Any) -> Iterator[str]:
    """Every string of a YAML document that is all Chinese characters; mappings give keys too."""
    if isinstance(content, dict):
        for key, value in content.items():
            yield from han_strings(key)
            yield from han_strings(value)
    elif isinstance(content, list):
        for value in content:
            yield from han_strings(value)
    elif isinstance(content, str) and _HAN.fullmatch(content):
        yield content


def classes() -> dict[str, list[str]]:
    """Members of the slots that phrases.yml uses and that the project's vocabulary names."""
    folder = ROOT / "nlu_data" / "vocabulary"

    def terms(file: str, key: str) -> list[str]:
        found = []
        for term in load(folder / f"{file}.yml")[key]:
            found += [term["name"], *term.get("aliases", ()), *term.get("words", ())]
        return list(dict.fromkeys(word for word in found if _HAN.fullmatch(word)))

    triage = load(ROOT / "nlu_data" / "knowledge" / "triage.yml")
    complaints = [word for word in han_strings(triage) if 2 <= len(word) <= 6]
    symptoms = terms("body", "symptoms") + complaints
    simulated = load(ROOT / "simulator" / "hospital" / "data" / "departments.yml")
    departments = terms("departments", "departments") + [
        word for word in han_strings(simulated) if word.endswith(("科", "门诊", "中心"))
    ]
    return {
        "department": list(dict.fromkeys(departments)),
        "test": terms("lab_tests", "lab_tests"),
        "person": terms("persons", "persons"),
        "visit_type": terms("visit_types", "visit_types"),
        "symptom": list(dict.fromkeys(symptoms)),
        "body_part": terms("body", "body_parts"),
    }


def given_names() -> list[str]:
    """Given names of invented people."""
    content = load(ROOT / "simulator" / "hospital" / "data" / "names.yml")["given"]
    return [*content["M"], *content["F"]]


def red_flags() -> list[str]:
    """The ways of saying that something is an emergency."""
    content = load(ROOT / "nlu_data" / "red_flags.yml")
    found = [*han_strings(content["words"]), *content["sounds"]]
    return list(dict.fromkeys(word for word in found if _HAN.fullmatch(word)))


def own_words() -> list[str]:
    """Every word of the project's vocabulary, whole. Phrases of more than six characters are left to be split."""
    phrases = load(PHRASES)
    found: list[str] = []
    for words in [*classes().values(), *phrases["words"].values(), given_names(), red_flags()]:
        found += words
    for answers in phrases["answers"].values():
        found += [answer for answer in answers if _HAN.fullmatch(answer)]
    for file in ("hospital_info", "triage"):
        found += han_strings(load(ROOT / "nlu_data" / "knowledge" / f"{file}.yml"))
    found += [surname + title for surname in SURNAMES[:100] for title in ("医生", "大夫", "主任", "教授")]
    found += numerals()
    found += phrases["everyday"]
    return list(dict.fromkeys(word for word in found if len(word) <= 6 and _HAN.fullmatch(word)))


def numerals() -> list[str]:
    """Days, hours, months and ordinals as they are said."""
    ten = ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十"]
    days = [
        *ten,
        *("十" + one for one in ten[:9]),
        "二十",
        *("二十" + one for one in ten[:9]),
        "三十",
        "三十一",
    ]
    hours = ["两", *ten, "十一", "十二"]
    return [
        *(f"{one}号" for one in days),
        *(f"{one}点" for one in hours),
        *(f"{one}点半" for one in hours),
        *(f"{one}月" for one in [*ten, "十一", "十二"]),
        *(f"第{one}" for one in ten),
        *(f"第{one}个" for one in ten),
        *(
            f"{week}{one}"
            for week in ("周", "星期", "礼拜", "下周", "这周", "下下周", "本周")
            for one in "一二三四五六日"
        ),
        *(f"{one}楼" for one in ten),
        *[
            "今天",
            "明天",
            "后天",
            "大后天",
            "昨天",
            "前天",
            "星期天",
            "礼拜天",
            "周天",
            "一刻",
            "三刻",
            "零",
            "幺",
            "两",
            "百",
            "千",
            "万",
            "点",
            "半",
            "分钟",
            "小时",
        ],
    ]


def everyday_words(pairs: int, longer: int) -> dict[str, int]:
    """The most frequent words of jieba's list (MIT), of two characters and of three or four, with their counts."""
    jieba.setLogLevel(60)
    jieba.initialize()
    counted = [(n, w) for w, n in jieba.dt.FREQ.items() if n > 0 and len(w) > 1 and _HAN.fullmatch(w)]
    counted.sort(reverse=True)
    two = [(w, n) for n, w in counted if len(w) == 2][:pairs]
    more = [(w, n) for n, w in counted if len(w) in (3, 4)][:longer]
    return dict(two + more)


def characters() -> list[str]:
    """The 3,755 characters of GB 2312's first level: every text can be spelled with them."""
    codes = (bytes((row, cell)) for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF))
    return [one for one in (code.decode("gb2312", "ignore") for code in codes) if one]
