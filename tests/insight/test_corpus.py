"""Each question of the corpus is taken to mean what the corpus says."""

from pathlib import Path

import pytest

from insight import corpus
from insight.catalogue import Catalogue
from insight.errors import CatalogueError


def test_every_question_is_understood_as_written(catalogue: Catalogue) -> None:
    assert corpus.failures(corpus.load(), catalogue) == []


def test_corpus_is_large_enough_to_mean_something() -> None:
    talks = corpus.load().talks
    assert sum(len(talk.turns) for talk in talks) >= 400
    assert {turn.answer for talk in talks for turn in talk.turns} == {
        "answered",
        "clarify",
        "refused",
        "forbidden",
    }


def test_a_wrong_expectation_is_reported_with_the_difference(tmp_path: Path, catalogue: Catalogue) -> None:
    path = tmp_path / "questions.yml"
    path.write_text(
        "now: 2026-11-22T09:00:00+08:00\nhospital: {department: [内科]}\ndoctors: {内科: []}\nrooms: {内科: []}\n"
        "questions:\n  - {ask: 昨天门诊量, means: {metric: revenue}}\n",
        encoding="utf-8",
    )
    (line,) = corpus.failures(corpus.load(path), catalogue)
    assert "昨天门诊量" in line and "revenue" in line


def test_a_broken_corpus_says_what_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "questions.yml"
    path.write_text("now: 2026-11-22T09:00:00+08:00\n", encoding="utf-8")
    with pytest.raises(CatalogueError, match="hospital"):
        corpus.load(path)
