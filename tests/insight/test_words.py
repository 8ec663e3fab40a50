"""Each way of saying a metric that the catalogue lists means that metric wherever it stands in a question."""

from functools import cache
from typing import Any

import pytest

from insight import corpus
from insight.catalogue import get

PLACES = ("上周{word}", "上周各科室{word}", "哪个科室上周{word}{most}", "上周{word}{least}的科室", "内科上周的{word}", "上周{word}环比",
          "东院和本部上周{word}对比", "上周{word}的走势")  # fmt: skip
COUNTED = "多少几有…"
"""Words with these are questions by themselves."""


@cache
def asked() -> tuple[corpus.Corpus, Any]:
    known = corpus.load()
    return known, corpus.understander(known, get())


@pytest.mark.parametrize(
    "key", [m.key for m in get().metrics.values() if not m.realtime and m.key != "stage_minutes"]
)
def test_a_metrics_words_mean_it_everywhere(key: str) -> None:
    known, machine = asked()
    metric = get().metrics[key]
    most, least = ("最长", "最短") if metric.is_duration else ("最高", "最低")
    other = []
    for word in (metric.name, *metric.words):
        if set(word) & set(COUNTED):
            continue
        for place in PLACES:
            question = place.format(word=word, most=most, least=least)
            got = machine.understand(question, known.now)
            if got.interpretation is None or got.interpretation.metric != key:
                other.append(question)
    assert other == []
