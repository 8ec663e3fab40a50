"""The project's own sentences as they are spoken: from nlu_data/ and from phrases.yml, slots filled with made values."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator

from chinese import spoken
from voice.training import vocabulary

DIGITS = "零一二三四五六七八九"
_SLOT = re.compile(r"\{(\w+)\}")
_EXAMPLE = re.compile(r"^\s*-\s+(.*\S)\s*$")
_NUMBER = re.compile(r"\d+(?:[.:：]\d+)?")
_HAN_ONLY = re.compile(r"[\u4e00-\u9fff]{1,40}")
_SILENT = re.compile(r"[\s，。？！、；：,.?!;:~～…—“”\"'（）()《》]+")
# Sentences with the misspellings of typing and recognising: good for understanding, wrong for a language model.
_MISSPELT = ("spoken.yml",)


def cardinal(number: int) -> str:
    """0–9999 as figures are read out: 12 → 十二, 150 → 一百五十, 2005 → 二千零五."""
    return spoken.cardinal(number, two="二")


def spoken_form(text: str) -> str:
    """Text as it is said, all Chinese characters; empty where that cannot be told (Latin letters, odd signs)."""

    def number(match: re.Match[str]) -> str:
        said = match[0]
        following = text[match.end() : match.end() + 1]
        if ":" in said or "：" in said:
            hour, minute = re.split("[:：]", said)
            return cardinal(int(hour)) + "点" + (cardinal(int(minute)) + "分" if int(minute) else "")
        if "." in said:
            whole, part = said.split(".")
            return (
                cardinal(int(whole)) + "点" + "".join(DIGITS[int(d)] for d in part) if len(whole) < 5 else ""
            )
        if len(said) > 4 or said.startswith("0") or (len(said) == 4 and following == "年"):
            return "".join(DIGITS[int(d)] for d in said)
        return cardinal(int(said))

    said = _SILENT.sub("", _NUMBER.sub(number, text))
    return said if _HAN_ONLY.fullmatch(said) else ""


def written() -> list[str]:
    """The training sentences of nlu_data/, as they are said."""
    found = []
    for path in sorted((vocabulary.ROOT / "nlu_data").glob("*.yml")):
        if path.name in _MISSPELT or path.name == "red_flags.yml":
            continue
        for line in path.read_text(encoding="utf-8").splitlines():
            match = _EXAMPLE.match(line)
            if match and "intent:" not in line:
                found.append(spoken_form(match[1]))
    return list(dict.fromkeys(text for text in found if text))


def said() -> list[str]:
    """Sentences of phrases.yml that have no slots: how people really talk at a desk."""
    return [spoken_form(text) for text in vocabulary.load(vocabulary.PHRASES)["said"]]


class Speaker:
    """Fills templates. The same seed gives the same sentences."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        phrases = vocabulary.load(vocabulary.PHRASES)
        self.words: dict[str, list[str]] = phrases["words"] | vocabulary.classes()
        self.words["symptom"] = self.words["symptom"] + vocabulary.red_flags()
        self.answers: dict[str, list[str]] = phrases["answers"]
        self.templates: list[str] = phrases["sentences"]
        self.given = vocabulary.given_names()
        self.made: dict[str, Callable[[], str]] = {
            "surname": self._surname,
            "name": self.name,
            "day": self._day,
            "date": self._date,
            "time": self._time,
            "count": lambda: cardinal(
                self.random.choice((self.random.randint(1, 12), self.random.randint(1, 200)))
            ),
            "digits": lambda: self._digits(self.random.randint(2, 6)),
            "phone": lambda: "一" + self._digits(10).replace("一", self.random.choice("一幺")),
            "card": lambda: self._digits(self.random.randint(8, 12)),
            "money": lambda: (
                cardinal(self.random.randint(5, 3000)) + self.random.choice(("块", "元", "块钱"))
            ),
            "age": lambda: cardinal(self.random.randint(1, 95)) + "岁",
        }

    def sentence(self) -> str:
        """One sentence of the front desk."""
        return self._filled(self.random.choice(self.templates))

    def answer(self) -> str:
        """One short answer or command, each kind as often as the others."""
        return self._filled(self.random.choice(self.answers[self.random.choice(list(self.answers))]))

    def all_answers(self) -> Iterator[str]:
        """Every answer that has no slot."""
        for answers in self.answers.values():
            yield from (answer for answer in answers if "{" not in answer)

    def _filled(self, template: str) -> str:
        return spoken_form(_SLOT.sub(lambda match: self._value(match[1]), template))

    def _value(self, slot: str) -> str:
        made = self.made.get(slot)
        return made() if made else self.random.choice(self.words[slot])

    def _surname(self) -> str:
        # The more common, the more often, but none left out.
        return vocabulary.SURNAMES[int(len(vocabulary.SURNAMES) * self.random.random() ** 1.7)]

    def name(self) -> str:
        """A name that somebody in China may have."""
        return self._surname() + self.random.choice(self.given)

    def _digits(self, count: int) -> str:
        return "".join(self.random.choice(DIGITS) for _ in range(count))

    def _day(self) -> str:
        week = self.random.choice(
            ("周", "星期", "礼拜", "下周", "这周", "本周", "下星期", "下礼拜", "下下周")
        )
        near = self.random.choice(
            [
                "今天",
                "明天",
                "后天",
                "大后天",
                "今天",
                "明天",
                "后天",
                "明天",
                "下个月",
                "下周",
                "周末",
                "这周末",
                "月底",
                "元旦",
                "春节",
                "国庆节",
            ]
        )
        return self.random.choice(
            (near, week + self.random.choice("一二三四五六日" + ("天" if "周" not in week else "")))
        )

    def _date(self) -> str:
        day = cardinal(self.random.randint(1, 31)) + self.random.choice("号号日")
        return (
            self.random.choice(("", cardinal(self.random.randint(1, 12)) + "月", "这个月", "下个月", "本月"))
            + day
        )

    def _time(self) -> str:
        hour = self.random.choice(
            ["两", "一", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二"]
        )
        return (
            hour
            + "点"
            + self.random.choice(
                ("", "", "", "半", "半", "一刻", "三刻", "十分", "二十", "四十", "五十分", "左右", "钟", "多")
            )
        )
