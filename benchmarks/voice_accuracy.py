"""How much is recognised: answers in the state's own grammar, what is outside of it, free sentences, human words.

Speech is made by espeak-ng in voices that the training never hears, in a room as quiet as is asked for; texts are those of
voice_texts.yml, which are kept out of the training. Human words come from a folder with clips.jsonl.
"""

import json
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import vosk

from benchmarks._voice_rows import Row
from common.settings import Settings
from voice import models
from voice.expect import Expectation, phrases
from voice.hospital import Hospital
from voice.recognise.grammar import Grammar, Lexicon, build
from voice.training.clips import RATE, Clip, Samples, read_folder
from voice.training.espeak import HELD_OUT, Espeak
from voice.training.pronounce import spoken
from voice.training.vocabulary import load

TEXTS = Path(__file__).with_name("voice_texts.yml")
Show = Callable[[str], None]
# Beside the recorded words in the grammar of human words: everyday and hospital words, some of them close in sound.
OTHERS = [
    "医院",
    "医生",
    "大夫",
    "护士",
    "病人",
    "挂号",
    "预约",
    "取消",
    "退号",
    "改约",
    "缴费",
    "报告",
    "检查",
    "化验",
    "处方",
    "药房",
    "急诊",
    "门诊",
    "住院",
    "出院",
    "手术",
    "内科",
    "外科",
    "儿科",
    "妇科",
    "骨科",
    "眼科",
    "牙科",
    "皮肤",
    "口腔",
    "神经",
    "呼吸",
    "消化",
    "心脏",
    "头疼",
    "发烧",
    "咳嗽",
    "头晕",
    "恶心",
    "胸闷",
    "失眠",
    "过敏",
    "上午",
    "下午",
    "今天",
    "明天",
    "后天",
    "星期",
    "时间",
    "地方",
    "电话",
    "号码",
    "名字",
    "身份",
    "老师",
    "学生",
    "朋友",
    "孩子",
    "父母",
    "先生",
    "太太",
    "家里",
    "公司",
    "学校",
    "商店",
    "银行",
    "车站",
    "机场",
    "公园",
    "电影",
    "音乐",
    "天气",
    "吃饭",
    "喝水",
    "睡觉",
    "走路",
    "开车",
    "工作",
    "学习",
    "休息",
    "问题",
    "回答",
    "知道",
    "认识",
    "喜欢",
    "可以",
    "需要",
    "帮助",
    "谢谢",
    "再见",
    "对不起",
    "没关系",
    "多少",
    "什么",
    "哪里",
    "怎么",
    "为什么",
    "南京",
    "广州",
    "杭州",
]


@dataclass(frozen=True)
class Said:
    """What was said, and what was recognised: words with blanks."""

    text: str
    heard: str

    @property
    def plain(self) -> str:
        return self.heard.replace(" ", "").replace("[unk]", "")

    @property
    def exact(self) -> bool:
        return self.heard.replace(" ", "") == self.text


class Ear:
    """One model, one recogniser for each grammar: what a session does, without the service around it."""

    def __init__(self, settings: Settings) -> None:
        vosk.SetLogLevel(-1)
        self.model = vosk.Model(str(models.find(settings)))
        self.recognisers: dict[str, Any] = {}
        self.lexicon = Lexicon(lambda word: self.model.vosk_model_find_word(word) >= 0)

    def hear(self, samples: Samples, grammar: Grammar | None) -> str:
        """The text, blanks between words; without a grammar by the model's own language model."""
        phrases_allowed = [grammar.json] if grammar else []
        key = phrases_allowed[0] if phrases_allowed else ""
        if key not in self.recognisers:
            # A final result leaves it as new; a large grammar takes longer to compile than a clip to hear.
            self.recognisers[key] = vosk.KaldiRecognizer(self.model, RATE, *phrases_allowed)
        recogniser = self.recognisers[key]
        data = np.clip(samples, -32768, 32767).astype("<i2").tobytes()
        parts = []
        for start in range(0, len(data), 6400):
            if recogniser.AcceptWaveform(data[start : start + 6400]):
                parts.append(json.loads(recogniser.Result())["text"])
        parts.append(json.loads(recogniser.FinalResult())["text"])
        return " ".join(part for part in parts if part)


class Mouth:
    """The voices that training never heard: each text in `voices` of them, white noise `decibels` below it."""

    def __init__(self, voices: int, decibels: float, seed: int = 9) -> None:
        self.voices, self.decibels = voices, decibels
        self.engine, self.random = Espeak(), random.Random(seed)
        self.noise = np.random.default_rng(seed)

    def say(self, text: str) -> Iterable[Samples]:
        for voice in self.random.sample(HELD_OUT, self.voices):
            samples = self.engine.say(
                spoken(text), voice, speed=self.random.randint(140, 200), pitch=self.random.randint(35, 65)
            )
            yield framed(samples, self.noise, self.decibels)


def framed(samples: Samples, noise: np.random.Generator, decibels: float) -> Samples:
    """With a third of a second before and half a second after, in noise at `decibels` below the speech."""
    whole = np.concatenate([np.zeros(RATE // 3, np.float32), samples, np.zeros(RATE // 2, np.float32)])
    level = float(np.sqrt(np.mean(samples**2))) * 10 ** (-decibels / 20)
    return (whole + noise.normal(0, max(level, 2.0), len(whole))).astype(np.float32)


def rows(
    settings: Settings,
    *,
    voices: int = 2,
    decibels: float = 40.0,
    part: int = 1,
    speech: Path | None = None,
    speakers: Sequence[str] = (),
    show: Show = lambda text: None,
) -> Iterator[Row]:
    """A row for each measurement, as soon as it is there. `speech`: a folder of recordings, `speakers` restricts it;
    `part`: only every so many-th text."""
    ear, mouth, texts = Ear(settings), Mouth(voices, decibels), load(TEXTS)
    names = Hospital(settings).words()
    said = {
        key: [{**state, "say": state["say"][::part]} for state in texts[key]]
        for key in ("answers", "outside")
    }
    yield answers(ear, mouth, said["answers"], names, show)
    yield outside(ear, mouth, said["outside"], names, show)
    if speech:
        clips = list(
            read_folder(
                speech, lambda row: bool(row.get("text")) and (not speakers or row.get("speaker") in speakers)
            )
        )
        yield from human(ear, clips[::part], show)
    yield free(ear, mouth, texts["free"][::part], show)


def _spoken_in_state(
    ear: Ear, mouth: Mouth, states: Iterable[dict[str, Any]], names: Any
) -> Iterable[tuple[Said, Grammar, str]]:
    for state in states:
        expectation = Expectation.of(state["expects"])
        grammar = build(phrases(expectation, names), ear.lexicon)
        for text in state["say"]:
            for samples in mouth.say(text):
                yield Said(text, ear.hear(samples, grammar)), grammar, "/".join(expectation.kinds)


def answers(ear: Ear, mouth: Mouth, states: Iterable[dict[str, Any]], names: Any, show: Show) -> Row:
    """Short answers: exactly recognised, and refused."""
    count = exact = refused = 0
    for said, grammar, kind in _spoken_in_state(ear, mouth, states, names):
        count += 1
        exact += said.exact
        refused += not said.plain
        if not said.exact:
            allowed = "" if grammar.allows(said.text) else "（语法里没有）"
            show(f"answers {kind}: {said.text}{allowed} → {said.heard}")
    return {
        "key": "answers",
        "set": "answers in the state's grammar, unseen voices",
        "clips": count,
        "exact": exact / count,
        "refused": refused / count,
    }


def outside(ear: Ear, mouth: Mouth, states: Iterable[dict[str, Any]], names: Any, show: Show) -> Row:
    """What the state's grammar does not hold: accepted is what passes for a whole phrase of it."""
    count = accepted = 0
    for said, grammar, kind in _spoken_in_state(ear, mouth, states, names):
        count += 1
        taken = bool(said.plain) and "[unk]" not in said.heard and grammar.allows(said.heard)
        accepted += taken
        if taken:
            show(f"outside {kind}: {said.text} → {said.heard}")
    return {
        "key": "outside",
        "set": "outside the state's grammar",
        "clips": count,
        "accepted": accepted / count,
    }


def free(ear: Ear, mouth: Mouth, sentences: Iterable[str], show: Show) -> Row:
    """Whole sentences by the model's own language model."""
    count = characters = errors = exact = 0
    for text in sentences:
        for samples in mouth.say(text):
            said = Said(text, ear.hear(samples, None))
            count += 1
            characters += len(text)
            errors += distance(said.plain, text)
            exact += said.exact
            if not said.exact:
                show(f"free: {text} → {said.heard}")
    return {
        "key": "free",
        "set": "free sentences, unseen voices and wording",
        "clips": count,
        "CER": errors / characters,
        "exact": exact / count,
    }


def human(ear: Ear, clips: Sequence[Clip], show: Show) -> list[Row]:
    """Recorded words: in a grammar that holds them, and in one that does not."""
    words = sorted({clip.text for clip in clips})
    others = [word for word in OTHERS if word not in words][: 111 - len(words)]
    within, without = build([*words, *others], ear.lexicon), build(others, ear.lexicon)
    noise = np.random.default_rng(4)
    exact = refused = accepted = 0
    for clip in clips:
        samples = framed(clip.samples, noise, 60.0)
        said = Said(clip.text, ear.hear(samples, within))
        exact += said.exact
        refused += not said.plain or "[unk]" in said.heard
        if not said.exact:
            show(f"human {clip.speaker}: {said.text} → {said.heard}")
        heard = ear.hear(samples, without)
        taken = bool(heard) and "[unk]" not in heard
        accepted += taken
        if taken:
            show(f"human, not in the grammar, {clip.speaker}: {clip.text} → {heard}")
    speakers = len({clip.speaker for clip in clips})
    title = f"human words, {speakers} speakers, {len(words) + len(others)}-word grammar"
    count = len(clips)
    return [
        {"key": "human", "set": title, "clips": count, "exact": exact / count, "refused": refused / count},
        {
            "key": "human_outside",
            "set": "the same, words not in the grammar",
            "clips": count,
            "accepted": accepted / count,
        },
    ]


def distance(one: str, other: str) -> int:
    """Levenshtein, in characters."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        diagonal, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (a != b))
    return row[-1]
