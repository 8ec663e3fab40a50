"""Speech: how much of what is said is understood, bookings by voice, speed beside a yardstick; on the model that is set.

Each row is printed as soon as it is measured. The whole takes about nine minutes on two idle cores, `--quick` two.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import voice_accuracy, voice_names
from benchmarks._voice_rows import Printer
from common.settings import get

SETS = ("accuracy", "names", "speed", "yardstick", "task", "all")


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="menzhen bench voice", description=__doc__)
    parser.add_argument("--set", choices=SETS, default="all", help="what is measured (default: %(default)s)")
    parser.add_argument("--model", help="a model's name or folder, in place of the one that is set")
    parser.add_argument("--quick", action="store_true", help="a part of everything, in two minutes")
    parser.add_argument(
        "--voices", type=int, default=2, help="voices that say each text (default: %(default)s)"
    )
    parser.add_argument(
        "--noise", type=float, default=40.0, metavar="DB", help="white noise so far below speech"
    )
    parser.add_argument("--speech", type=Path, help="folder of recordings with clips.jsonl: human words too")
    parser.add_argument("--speakers", default="", help="only these of the folder, for instance s08,s13")
    parser.add_argument("--show", action="store_true", help="print what was recognised wrongly")
    parser.add_argument("--json", action="store_true", help="one JSON array of all rows, nothing else")
    options = parser.parse_args(argv)
    printer = Printer(quiet=options.json)

    def wanted(name: str) -> bool:
        return options.set in (name, "all")

    def show(text: str) -> None:
        if options.show:
            print(text, file=sys.stderr, flush=True)

    settings = get().model_copy(update={"voice_model": options.model} if options.model else {})
    quick = options.quick
    if wanted("accuracy"):
        voices, part = (1, 4) if quick else (options.voices, 1)
        printer.section(
            f"accuracy, noise of {options.noise:g} dB",
            "20 seconds" if quick else "two minutes",
            lambda: voice_accuracy.rows(
                settings,
                voices=voices,
                decibels=options.noise,
                part=part,
                speech=options.speech,
                speakers=[name for name in options.speakers.split(",") if name],
                show=show,
            ),
        )
    if wanted("names"):
        voices = 1 if quick else voice_names.VOICES
        printer.section(
            "doctors' names",
            "10 seconds" if quick else "half a minute",
            lambda: voice_names.rows(settings, voices=voices, decibels=options.noise, show=show),
        )
    if wanted("yardstick"):
        from benchmarks import _voice_yardstick

        printer.section(
            "beside a network and a decoder of the reference's sizes",
            "half a minute" if quick else "one minute",
            lambda: _voice_yardstick.rows(settings, rounds=1 if quick else 3),
        )
    if wanted("speed"):
        from benchmarks import voice_speed

        at_once = (voice_speed.MANY,) if quick else voice_speed.AT_ONCE
        printer.section(
            "speed",
            "40 seconds" if quick else voice_speed.EXPECTED,
            lambda: voice_speed.rows(options.model, at_once=at_once, rounds=1 if quick else 3),
        )
    if wanted("task"):
        from benchmarks import voice_task

        printer.section(
            "bookings by voice",
            "one minute" if quick else "three minutes",
            lambda: voice_task.rows(6 if quick else 60, model=options.model),
        )
    if options.json:
        print(printer.as_json())
    return 0
