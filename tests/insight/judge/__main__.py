"""`python -m tests.insight.judge [FILE…]`: judges on the invented town, or on records and facts of one's own."""

import argparse
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from insight.engine import Insight
from insight.interpretation import SHANGHAI
from insight.records.importing import import_csv
from insight.records.store import Store

from ..hospital import write_csv
from . import town
from .judge import Judge, read
from .reference import Reference, load

HERE = Path(__file__).parent
SEED = 23


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "files", nargs="*", type=Path, help="default: the sets beside this file, not the blind ones"
    )
    parser.add_argument(
        "--set", action="append", default=[], help="a set by its name, also a blind one: first, a, b"
    )
    parser.add_argument("--seed", type=int, help="of the town; default: the seed that a set names, or 23")
    parser.add_argument("--records", type=Path, help="a CSV of visits up to 2026-11-22T10:30")
    parser.add_argument("--facts", type=Path, help="JSON of what is hidden in --records")
    parser.add_argument(
        "--totals", action="store_true", help="counts by kind, which tell nothing of the questions"
    )
    parser.add_argument("-v", action="store_true", help="also each answer that is not right, in groups")
    parser.add_argument(
        "--out", type=Path, help="folder for NAME.totals.txt (no questions) and NAME.json (all marks)"
    )
    options = parser.parse_args()
    if options.records and not options.facts:
        parser.error("--records needs --facts")
    files = options.files + [named(name, parser) for name in options.set] or sorted(HERE.glob("*.yml"))
    wanted: dict[int, list[Path]] = {}
    for file in files:
        wanted.setdefault(options.seed or read(file).get("seed", SEED), []).append(file)
    for seed, group in wanted.items():
        with judging(seed, options.records, options.facts) as judge:
            for file in group:
                score = judge.judge(file)
                print(f"{file.stem}: {score.totals() if options.totals or options.v else score.line()}")
                if options.v:
                    print(score.failures())
                if options.out:
                    score.write(options.out, file.stem)


def named(name: str, parser: argparse.ArgumentParser) -> Path:
    for path in (HERE / f"{name}.yml", HERE / "blind" / f"{name}.yml"):
        if path.exists():
            return path
    parser.error(f"no set {name}")


@contextmanager
def judging(seed: int, records: Path | None, facts_file: Path | None) -> Iterator[Judge]:
    """A judge over the town of a seed, or over records of one's own."""
    with tempfile.TemporaryDirectory() as folder:
        facts: dict[str, Any]
        if records and facts_file:
            path, facts = records, json.loads(facts_file.read_text(encoding="utf-8"))
        else:
            made = town.Town(seed)
            path, facts = write_csv(Path(folder) / "visits.csv", made.rows()), made.facts()
        store = Store(str(Path(folder) / "visits.duckdb"))
        import_csv(store, path, town.NOW.replace(tzinfo=SHANGHAI))
        yield Judge(Insight(store), Reference(load(path), town.NOW), facts, town.NOW)
        store.close()


if __name__ == "__main__":
    main()
