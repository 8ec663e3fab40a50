"""The cost of [unk]: human words refused and wrongly accepted at several costs, to choose `Costs.unknown_unit` by.

For each cost the decoding graph is compiled anew with the grammar's words only (OpenFst's programs are needed). Choose on
speakers that training heard or on a part of those kept out, report on others.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks._voice_rows import Printer, Row
from benchmarks.voice_accuracy import OTHERS, Ear, human
from common.settings import Settings, get
from voice import models
from voice.training import graph
from voice.training.clips import read_folder
from voice.training.units import Units

COSTS = (1.5, 2.0, 2.5, 3.0)


def rows(
    settings: Settings, speech: Path, speakers: Sequence[str], costs: Sequence[float], *, part: int = 1
) -> Iterator[Row]:
    """A row for each cost. `part`: only every so many-th clip."""
    folder = models.find(settings)
    units = Units((folder / "am" / "units.txt").read_text(encoding="utf-8").split())
    clips = list(
        read_folder(
            speech, lambda row: bool(row.get("text")) and (not speakers or row["speaker"] in speakers)
        )
    )[::part]
    words = sorted({clip.text for clip in clips})
    for cost in costs:
        with tempfile.TemporaryDirectory() as name:
            model = Path(name) / "model"
            shutil.copytree(folder / "am", model / "am")
            graph.build(
                units,
                model,
                lambda text: None,
                costs=replace(graph.COSTS, unknown_unit=cost),
                only=[*words, *OTHERS],
            )
            within, without = human(
                Ear(settings.model_copy(update={"voice_model": str(model)})), clips, lambda text: None
            )
        yield {
            "key": "unknown",
            "set": f"{cost:g} a unit",
            "clips": len(clips),
            **{figure: within[figure] for figure in ("exact", "refused")},
            "accepted": without["accepted"],
        }


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="menzhen bench voice_unknown", description=__doc__)
    parser.add_argument("--speech", type=Path, required=True, help="folder of recordings with clips.jsonl")
    parser.add_argument("--speakers", default="", help="only these of the folder, for instance s01,s02")
    parser.add_argument("--costs", type=float, nargs="+", default=list(COSTS))
    parser.add_argument("--part", type=int, default=1, help="every so many-th clip")
    parser.add_argument("--model", help="a model's name or folder, in place of the one that is set")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    settings = get().model_copy(update={"voice_model": options.model} if options.model else {})
    speakers = [name for name in options.speakers.split(",") if name]
    printer = Printer(quiet=options.json)
    printer.section(
        "cost of [unk]",
        "half a minute each for 500 clips",
        lambda: rows(settings, options.speech, speakers, options.costs, part=options.part),
    )
    if options.json:
        print(printer.as_json())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
