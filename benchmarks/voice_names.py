"""Doctors' names by voice, recognised and repaired: understood, asked for again, or taken for another doctor.

Twenty invented doctors in voices that training never heard: named among the five that are shown, named where any doctor
of the hospital may be meant, and called by surname and title among the five.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from benchmarks._voice_rows import Printer, Row
from benchmarks.voice_accuracy import Mouth
from common.settings import Settings, get
from voice import models
from voice.expect import Expectation, Option, phrases
from voice.hospital import Hospital
from voice.recognise.hearing import WHOLE, meant
from voice.recognise.model import Model
from voice.recognise.session import Recogniser
from voice.repair import Heard, Vocabulary
from voice.repair.words import TITLES
from voice.training.clips import Samples

VOICES = 3
SHOWN = 5
# Four lists as a clinic may show them; within one list a surname is a doctor's own.
DOCTORS = (
    "王建国", "李秀英", "陈志强", "赵敏", "刘海燕",
    "张伟", "黄丽萍", "周文斌", "吴桂兰", "徐晓东",
    "孙玉梅", "马超", "胡雪琴", "郭振华", "林芳",
    "何佳怡", "高鹏飞", "罗春生", "郑淑珍", "梁宇轩",
)  # fmt: skip


def rows(
    settings: Settings,
    *,
    voices: int = VOICES,
    decibels: float = 40.0,
    show: Callable[[str], None] = lambda text: None,
) -> Iterator[Row]:
    """Shares of what was said: `right` (of it `read_back` before it counts), `asked_again`, `wrong` (another doctor,
    taken as certain), `wrong_read_back` (another, but read back, so that the patient says no)."""
    model, mouth = Model.load(models.find(settings)), Mouth(voices, decibels)
    words = Vocabulary.of({**Hospital(settings).words().names, "doctor": DOCTORS})
    lists = [DOCTORS[place : place + SHOWN] for place in range(0, len(DOCTORS), SHOWN)]
    anybody = Expectation(("doctor",), "doctor", None)
    named = [(shown(five), name, name) for five in lists for name in five]
    called = [(shown(five), name, name[0] + "医生") for five in lists for name in five]
    for key, title, cases in (
        ("names", f"named among {SHOWN} shown", named),
        ("names_called", f"surname and title among {SHOWN} shown", called),
        ("names_any", f"named among the hospital's {len(DOCTORS)}", [(anybody, n, n) for n in DOCTORS]),
    ):
        tally: Counter[str] = Counter()
        for expectation, name, said in cases:
            for samples in mouth.say(said):
                heard = hear(model, samples, expectation, words)
                outcome = judged(heard, name, expectation)
                tally[outcome] += 1
                if outcome not in ("right", "right_read_back"):
                    show(f"{title}: {said} → {heard.text} ({heard.raw}) {outcome}")
        count = sum(tally.values())
        yield {
            "key": key,
            "set": f"doctors {title}",
            "clips": count,
            "right": (tally["right"] + tally["right_read_back"]) / count,
            "read_back": round(tally["right_read_back"] / count, 3),
            "asked_again": tally["asked_again"] / count,
            "wrong": tally["wrong"] / count,
            "wrong_read_back": round(tally["wrong_read_back"] / count, 3),
        }


def shown(doctors: Sequence[str]) -> Expectation:
    """The state in which these are shown."""
    options = tuple(Option(name, f"{name} 主任医师", (name, name[0] + "医生")) for name in doctors)
    return Expectation(("choice",), "slot", "book_appointment", options)


def hear(model: Model, samples: Samples, expectation: Expectation, words: Vocabulary) -> Heard:
    """As a recording is transcribed."""
    recogniser = Recogniser(model, rules=WHOLE)
    recogniser.listen_for(phrases(expectation, words))
    recogniser.feed(np.clip(samples, -32768, 32767).astype("<i2").tobytes())
    return meant(recogniser.finish(), expectation, words)


def judged(heard: Heard, name: str, expectation: Expectation) -> str:
    """What the text means to the assistant: a whole name, or a surname with a title where one of those shown has it."""
    doctors = [option.id for option in expectation.options] or list(DOCTORS)
    found = {doctor for doctor in doctors if doctor in heard.text}
    if not found:
        found = {doctor for doctor in doctors if any(doctor[0] + title in heard.text for title in TITLES)}
    if len(found) != 1:
        return "asked_again"
    return ("right" if found == {name} else "wrong") + ("_read_back" if heard.uncertain else "")


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="menzhen bench voice_names", description=__doc__)
    parser.add_argument("--model", help="a model's name or folder, in place of the one that is set")
    parser.add_argument("--voices", type=int, default=VOICES)
    parser.add_argument(
        "--noise", type=float, default=40.0, metavar="DB", help="white noise so far below speech"
    )
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    settings = get().model_copy(update={"voice_model": options.model} if options.model else {})
    printer = Printer(quiet=options.json)
    printer.section(
        "doctors' names",
        "half a minute",
        lambda: rows(
            settings,
            voices=options.voices,
            decibels=options.noise,
            show=lambda text: print(text, file=sys.stderr, flush=True),
        ),
    )
    if options.json:
        print(printer.as_json())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
