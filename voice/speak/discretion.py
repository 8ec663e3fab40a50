"""What of a sentence may be said where others listen: no results, no identity, no names of patients."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

LAB_TESTS = Path(__file__).resolve().parents[2] / "nlu_data" / "vocabulary" / "lab_tests.yml"
REPORT_ON_SCREEN = "您的报告在屏幕上，请看屏幕。"
URGENT_ON_SCREEN = "请马上看屏幕，上面有要紧的提示。"
ON_SCREEN = "有一些内容不便念出来，请看屏幕。"

_RESULT = re.compile(
    r"偏[高低]|[项标果示]异常|异常[^，。]{0,4}项|[阴阳]性|参考(?:范围|值|区间)|正常范围|需要尽快处理|诊断为|确诊"
    r"|报告(?:[^，。]{0,3}出来|里|一共|：)|结果(?:是|为|：)"
)
_URGENT = re.compile(r"尽快|马上|明显偏|立即")
_ABOUT_REPORTS = re.compile(r"报告|结果|化验单|检验单")
_IDENTITY = re.compile(
    r"(?<!\d)1[3-9]\d{9}(?!\d)|\d{17}[\dXx]|\d*\*+\d{2,}"
    r"|(?:凭证[号码]|取号码|验证码|身份证号?|证件号|病历号|就诊卡号?|卡号)[是为：:\s]*[A-Za-z\d]"
)
_MASKED = re.compile(r"[一-鿿]\s?[*＊]+(?:[（(][^）)]*[）)])?")


@lru_cache
def _tests() -> re.Pattern[str]:
    entries = yaml.safe_load(LAB_TESTS.read_text(encoding="utf-8"))["lab_tests"]
    names = {
        name for entry in entries for name in (entry["name"], *entry.get("aliases", ())) if len(name) > 1
    }
    return re.compile("|".join(sorted(map(re.escape, names), key=len, reverse=True)))


def about_results(sentence: str) -> bool:
    """Whether it tells of a result, or of which test a person had."""
    return bool(_RESULT.search(sentence) or (_ABOUT_REPORTS.search(sentence) and _tests().search(sentence)))


def names_of(messages: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """The patients' names that the cards of a reply show."""
    found = set()
    for message in messages:
        card = message.get("card") or {}
        found.add(str(card.get("patient") or ""))
        found |= {
            str(value) for label, value in card.get("lines") or () if label in ("就诊人", "姓名", "患者")
        }
        found |= {
            str(item.get("patient") or "") for item in card.get("items") or () if isinstance(item, Mapping)
        }
    bare = {re.sub(r"[（(].*", "", name).strip() for name in found}
    return frozenset(name for name in bare if len(name) > 1 and name != "本人")


def discreet(sentences: Iterable[str], names: frozenset[str]) -> list[str]:
    """The sentences that may be said aloud, without names; in place of the others that they are on the screen."""
    said: list[str] = []
    for sentence in sentences:
        if about_results(sentence):
            sentence = URGENT_ON_SCREEN if _URGENT.search(sentence) else REPORT_ON_SCREEN
        elif _IDENTITY.search(sentence):
            sentence = ON_SCREEN
        else:
            for name in names:
                sentence = sentence.replace(name, "")
            sentence = _MASKED.sub("", sentence)
        if sentence not in said:
            said.append(sentence)
    # The urgent one says already where to look.
    return [s for s in said if not (URGENT_ON_SCREEN in said and s in (REPORT_ON_SCREEN, ON_SCREEN))]
