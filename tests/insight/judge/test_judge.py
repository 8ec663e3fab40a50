"""The judge's questions over the invented town: what is right, what is asked back, what is wrong with confidence."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from insight.engine import Insight
from insight.interpretation import SHANGHAI
from insight.records.importing import import_csv
from insight.records.store import Store

from ..hospital import write_csv
from . import town
from .judge import Judge, differs
from .reference import Reference, load

# Hundreds of questions in one test: on a busy machine they take their time.
pytestmark = pytest.mark.timeout(900)
SETS = sorted(Path(__file__).parent.glob("*.yml"))


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judge]:
    folder = tmp_path_factory.mktemp("judge")
    made = town.Town(seed=23)
    path = write_csv(folder / "visits.csv", made.rows())
    store = Store(str(folder / "visits.duckdb"))
    import_csv(store, path, town.NOW.replace(tzinfo=SHANGHAI))
    yield Judge(Insight(store), Reference(load(path), town.NOW), made.facts(), town.NOW)
    store.close()


@pytest.mark.parametrize("path", SETS, ids=lambda path: path.stem)
def test_right_or_asked_back_and_hardly_ever_wrong(judge: Judge, path: Path) -> None:
    score = judge.judge(path)
    bad = "\n".join(f"{m.verdict} {m.ask}: {m.why}" for m in score.marks if m.verdict != "right")
    assert score.count("leak") == 0, bad
    assert score.count("wrong") <= 0.01 * len(score.marks), f"{score.line()}\n{bad}"
    assert score.count("right") >= 0.98 * len(score.marks), f"{score.line()}\n{bad}"


def test_the_judge_sees_a_wrong_number() -> None:
    gold = [{"department": "内科", "value": 10.0, "n": 5}, {"department": "外科", "value": 8.0, "n": 6}]
    assert differs(gold, [dict(row) for row in gold], ordered=True) is None
    assert differs(gold, [gold[1], gold[0]], ordered=False) is None
    assert differs(gold, [gold[1], gold[0]], ordered=True)
    assert differs(gold, [gold[0], gold[1] | {"value": 8.1}], ordered=False)
    assert differs(gold, gold[:1], ordered=False)
