"""`python -m tests.insight.judge [FILE…]`: judges on the invented town, or on records and facts of one's own."""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from insight.engine import Insight
from insight.interpretation import SHANGHAI
from insight.records.importing import import_csv
from insight.records.store import Store

from ..hospital import write_csv
from . import town
from .judge import Judge
from .reference import Reference, load

HERE = Path(__file__).parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, default=sorted(HERE.glob("*.yml")))
    parser.add_argument("--seed", type=int, default=23)
    parser.add_argument("--records", type=Path, help="a CSV of visits up to 2026-11-22T10:30")
    parser.add_argument("--facts", type=Path, help="JSON of what is hidden in --records")
    parser.add_argument("-v", action="store_true", help="show each answer that is not right")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        facts: dict[str, Any]
        if options.records:
            path, facts = options.records, json.loads(options.facts.read_text(encoding="utf-8"))
        else:
            made = town.Town(options.seed)
            path, facts = write_csv(Path(folder) / "visits.csv", made.rows()), made.facts()
        store = Store(str(Path(folder) / "visits.duckdb"))
        import_csv(store, path, town.NOW.replace(tzinfo=SHANGHAI))
        judge = Judge(Insight(store), Reference(load(path), town.NOW), facts, town.NOW)
        for file in options.files:
            score = judge.judge(file)
            print(f"{file.stem}: {score.line()}")
            for mark in score.marks if options.v else []:
                if mark.verdict != "right":
                    print(f"  {mark.verdict:8}{mark.ask}\n          {mark.why}")
        store.close()


if __name__ == "__main__":
    main()
