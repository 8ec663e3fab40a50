"""Repair of recognised text: time for a sentence and for a new state, misheard names put right, right sentences left.

Misheard: each of the hospital's names with one or all of its characters replaced by others of the same sound, or (names
of three and more) one syllable by a usual confusion; heard as an answer to the question for it. Left: the project's own
training sentences, none misheard, in free speech. Times are processor time, of one core.
"""

import argparse
import json
import random
import re
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from bot.nlu.training import sentence_files
from chinese.calendar import SHANGHAI
from chinese.syllables import Syllable, readings, syllable_distance
from common.settings import ROOT
from voice.expect import FREE, Expectation
from voice.repair import Hypothesis, Vocabulary, repair

NLU_DATA = ROOT / "nlu_data"
NOW = datetime(2026, 11, 23, 9, tzinfo=SHANGHAI)
# Invented; with one pair of equal sound and one of usual confusion.
SURNAMES, GIVEN = (
    "王李张刘陈杨黄赵吴周徐孙朱马胡林",
    ("建国", "志远", "丽华", "敏", "海涛", "雪梅", "明哲", "芳"),
)
DOCTORS = tuple(surname + given for surname in SURNAMES for given in GIVEN)
# Sentences that are misheard on purpose, or in other languages.
MISHEARD_FILES = ("spoken", "families", "out_of_scope", "conversation", "small_talk")
ANSWERS = {
    "department": ("骨科", "耳 鼻 猴 科", "我 想 挂 小花 内科", "皮肤 科 的 号"),
    "doctor": ("王建国", "李 志 元 医生", "找 陈 丽 花", "哪个 医生 都 行"),
    "date_time": ("明天 上午", "下周三 下五 两点 一刻", "十一月 六号", "哪天 都 行"),
    "yes_no": ("是", "对 对 对", "再 说 一边", "不用 了"),
    "phone": ("幺 三 八 零 零 一 三 八 零 零 零", "一 三 九 三 个 零 一 二 三 四 五"),
    "identity": ("一 一 零 一 零 一 一 九 九 零 零 三 零 七 零 零 一 一",),
    "free": ("我 想 挂 明天 上午 骨科 王 建 国 医生 的 号", "我 妈 头疼 三 天 了 该 看 什么 科", "停车场 在 哪", "我 要 退 好"),
}  # fmt: skip


def run(*, rounds: int = 50, seed: int = 7) -> dict[str, Any]:
    """The figures. `rounds`: how often each sentence is timed."""
    words = vocabulary()
    found: dict[str, Any] = {"names": sum(map(len, words.names.values()))}
    found |= _times(words, rounds)
    found |= _misheard(words, random.Random(seed))
    return found | _left(words)


def vocabulary() -> Vocabulary:
    """The project's own words and invented doctors."""
    own = Vocabulary.read(NLU_DATA, NLU_DATA / "no-export.json")
    return Vocabulary.of({**own.names, "doctor": DOCTORS})


def _times(words: Vocabulary, rounds: int) -> dict[str, Any]:
    setups: list[float] = []
    each: dict[str, list[float]] = defaultdict(list)
    for kind, texts in ANSWERS.items():
        expectation = Expectation((kind,), kind, None)
        # The first state of a vocabulary reads the sounds of all names; the others are what a turn may cost.
        began = time.process_time()
        words.state(expectation)
        setups.append(time.process_time() - began)
        for text in texts:
            heard = [Hypothesis(text)]
            repair(heard, expectation, words, now=NOW)
            for turn in range(rounds):
                # Another moment each time, so that no answer is remembered.
                now = NOW.replace(microsecond=turn + 1)
                began = time.process_time()
                repair(heard, expectation, words, now=now)
                each[kind].append(time.process_time() - began)
    every = sorted(seconds for times in each.values() for seconds in times)
    return {
        "first_state_ms": _ms(setups[0]),
        "next_state_ms": _ms(max(setups[1:])),
        "sentence_p50_ms": _ms(statistics.median(every)),
        "sentence_p95_ms": _ms(every[int(len(every) * 0.95)]),
        "by_state_p50_ms": {kind: _ms(statistics.median(times)) for kind, times in each.items()},
    }


def _misheard(words: Vocabulary, chance: random.Random) -> dict[str, Any]:
    counts: dict[str, list[int]] = {"equal": [0, 0, 0], "confused": [0, 0, 0]}
    for kind in ("department", "doctor"):
        expectation = Expectation((kind,), kind, None)
        names = [
            name for name in words.names[kind] if len(name) > 1 and name.isalpha() and not name.isascii()
        ]
        for name in names:
            for how, heard in _hearings(name, chance):
                if heard in names:
                    continue
                text = repair([Hypothesis(" ".join(heard))], expectation, words, now=NOW).text
                tally = counts[how]
                tally[0] += 1
                tally[1] += text == name
                tally[2] += text not in (name, heard)
    return {
        f"misheard_{how}": {
            "cases": cases,
            "right": round(right / cases, 4),
            "wrong": round(wrong / cases, 4),
        }
        for how, (cases, right, wrong) in counts.items()
    }


def _hearings(name: str, chance: random.Random) -> Iterator[tuple[str, str]]:
    """Ways to hear a name wrongly: every character by its sound, one by its sound, one by a usual confusion."""
    alike = [_chars_of(readings(char)[0], 0.0) for char in name if readings(char)]
    if len(alike) != len(name):
        return
    yield "equal", "".join(chance.choice(chars) for chars in alike)
    place = chance.randrange(len(name))
    yield "equal", name[:place] + chance.choice(alike[place]) + name[place + 1 :]
    near = _chars_of(readings(name[place])[0], 0.25)
    if len(name) > 2 and near:
        yield "confused", name[:place] + chance.choice(near) + name[place + 1 :]


@lru_cache(maxsize=4096)
def _chars_of(sound: Syllable, apart: float) -> tuple[str, ...]:
    """Characters of the project's own sentences at this distance in sound."""
    found = [char for char, own in _sounds().items() if syllable_distance(own, sound) == apart]
    return tuple(sorted(found))


@lru_cache(maxsize=1)
def _sounds() -> dict[str, Syllable]:
    """Each character of the training sentences with its usual sound."""
    text = "".join(path.read_text(encoding="utf-8") for path in sentence_files(NLU_DATA))
    return {char: found[0] for char in sorted(set(text)) if (found := readings(char))}


def _left(words: Vocabulary) -> dict[str, Any]:
    sentences = _sentences()
    changed = sum(
        bool(repair([Hypothesis(sentence)], FREE, words, now=NOW).corrections) for sentence in sentences
    )
    return {"sentences": len(sentences), "sentences_changed": round(changed / len(sentences), 4)}


def _sentences() -> list[str]:
    found: list[str] = []
    for path in sentence_files(NLU_DATA):
        if path.stem in MISHEARD_FILES:
            continue
        lines = re.findall(r"^\s+- (?!intent)(.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
        found += [re.sub(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})", r"\1", line).strip() for line in lines]
    return found


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)


def main(argv: Sequence[str] | None = None) -> int:
    """Prints the figures."""
    arguments = argparse.ArgumentParser(prog="menzhen bench voice_repair", description=__doc__)
    arguments.add_argument("--rounds", type=int, default=50)
    arguments.add_argument("--json", action="store_true")
    options = arguments.parse_args(argv)
    found = run(rounds=options.rounds)
    if options.json:
        print(json.dumps(found, ensure_ascii=False))
        return 0
    print(
        f"{found['names']} names; first state {found['first_state_ms']} ms, another {found['next_state_ms']} ms"
    )
    print(f"a sentence: p50 {found['sentence_p50_ms']} ms, p95 {found['sentence_p95_ms']} ms")
    print("  " + ", ".join(f"{kind} {value}" for kind, value in found["by_state_p50_ms"].items()))
    for how, title in (("misheard_equal", "of equal sound"), ("misheard_confused", "by a usual confusion")):
        told = found[how]
        print(
            f"misheard {title}: {told['right']:.1%} of {told['cases']} put right, {told['wrong']:.1%} made another"
        )
    print(f"right sentences changed in free speech: {found['sentences_changed']:.2%} of {found['sentences']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
