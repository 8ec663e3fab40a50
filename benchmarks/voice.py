"""Speech: how much of what is said is recognised, and how fast; on the model that is set."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import voice_accuracy
from common.settings import get

SETS = ("accuracy", "speed", "all")


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="menzhen bench voice", description=__doc__)
    parser.add_argument("--set", choices=SETS, default="all", help="what is measured (default: %(default)s)")
    parser.add_argument("--model", help="a model's name or folder, in place of the one that is set")
    parser.add_argument(
        "--voices", type=int, default=2, help="voices that say each text (default: %(default)s)"
    )
    parser.add_argument(
        "--noise", type=float, default=40.0, metavar="DB", help="white noise so far below speech"
    )
    parser.add_argument("--speech", type=Path, help="folder of recordings with clips.jsonl: human words too")
    parser.add_argument("--speakers", default="", help="only these of the folder, for instance s08,s13")
    parser.add_argument("--show", action="store_true", help="print what was recognised wrongly")
    parser.add_argument("--json", action="store_true", help="one JSON object, nothing else")
    options = parser.parse_args(argv)
    settings = get().model_copy(update={"voice_model": options.model} if options.model else {})
    found = {}
    if options.set in ("accuracy", "all"):
        speakers = [name for name in options.speakers.split(",") if name]
        show = (
            (lambda text: print(text, file=sys.stderr, flush=True)) if options.show else (lambda text: None)
        )
        found["accuracy"] = voice_accuracy.run(
            settings,
            voices=options.voices,
            decibels=options.noise,
            speech=options.speech,
            speakers=speakers,
            show=show,
        )
        if not options.json:
            for row in found["accuracy"]:
                print(voice_accuracy.line(row), flush=True)
    if options.set in ("speed", "all"):
        from benchmarks import voice_speed

        found["speed"] = voice_speed.run(options.model)
        if not options.json:
            print(json.dumps(found["speed"], ensure_ascii=False, indent=2))
    if options.json:
        print(json.dumps(found, ensure_ascii=False))
    return 0
