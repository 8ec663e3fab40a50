"""Words, readings and sentences → the model folder: HCLr, Gr, word list, word boundaries, settings."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from voice.training import openfst, sentences, vocabulary
from voice.training.frontend import SETTINGS
from voice.training.kaldi import PLACES, SILENCE, phone
from voice.training.language import Segmenter, Trigram
from voice.training.lexicon import UNKNOWN, Costs, Lexicon
from voice.training.pronounce import readings
from voice.training.units import Units

MODEL_SETTINGS = """--min-active=20
--max-active=1500
--beam=11.0
--lattice-beam=5.0
--acoustic-scale=1.0
--frame-subsampling-factor=3
--endpoint.silence-phones=1
--endpoint.rule2.min-trailing-silence=0.8
--endpoint.rule3.min-trailing-silence=1.0
--endpoint.rule4.min-trailing-silence=2.0
"""
"""conf/model.conf. Old people pause: 0.8 s after what may be an end, not the usual 0.5."""
Report = Callable[[str], None]


@dataclass(frozen=True)
class Sizes:
    """How many everyday words there are, and how many made sentences the language model counts."""

    pairs: int = 15000
    longer: int = 1800
    sentences: int = 15000
    answers: int = 6000


MADE = 0.06
"""What a made sentence counts beside a written one."""
FULL = Sizes()
TINY = Sizes(pairs=50, longer=10, sentences=200, answers=100)


COSTS = Costs()


def words_of(sizes: Sizes) -> dict[str, float]:
    """The vocabulary with everyday counts: own words, everyday words, and all characters."""
    everyday = vocabulary.everyday_words(60000, 30000)
    own = vocabulary.own_words()
    common = [*vocabulary.everyday_words(sizes.pairs, sizes.longer)]
    speaker = sentences.Speaker(1)
    said = Counter(
        one for text in [*sentences.written(), *sentences.said(), *speaker.all_answers()] for one in text
    )
    alone = [*vocabulary.characters(), *said, *(one for word in own for one in word)]
    return {word: float(everyday.get(word, 0) + 1) for word in dict.fromkeys([*own, *common, *alone])}


def text_of(sizes: Sizes) -> list[tuple[str, float]]:
    """Sentences with their weights: those written by people count far more than those made from templates."""
    speaker = sentences.Speaker(23)
    found = [(text, 1.0) for text in [*sentences.written(), *sentences.said(), *speaker.all_answers()]]
    made = [speaker.sentence() for _ in range(sizes.sentences)]
    made += [speaker.answer() for _ in range(sizes.answers)]
    found += [(text, MADE) for text in [*made, *vocabulary.red_flags()]]
    return [(text, weight) for text, weight in found if text]


def build(
    units: Units,
    model: Path,
    report: Report,
    *,
    sizes: Sizes = FULL,
    costs: Costs = COSTS,
    only: Iterable[str] = (),
) -> None:
    """Writes graph/ and conf/ of the model folder. `only`: these words in place of the vocabulary, each a sentence, for
    who measures with grammars of them. Raises OpenFstError."""
    openfst.check()
    few = list(dict.fromkeys(only))
    counted = {word: 1.0 for word in [*few, *"".join(few)]} if few else words_of(sizes)
    own = set(vocabulary.own_words())
    said = {word: _numbers(word, units, word in own or len(word) == 1) for word in counted}
    vocabulary_words = [word for word in counted if said[word]]
    numbers = {word: place + 1 for place, word in enumerate([*vocabulary_words, UNKNOWN])}
    segmenter = Segmenter(_segment_counts(vocabulary_words, counted))
    sentences_of = [(word, 1.0) for word in few] if few else text_of(sizes)
    text = [(segmenter.split(sentence), weight) for sentence, weight in sentences_of]
    model_of_language = Trigram(
        ((words, weight) for words, weight in text if words),
        {word: counted[word] ** 0.75 for word in vocabulary_words},
        least=1.5 * MADE,
    )
    lexicon = Lexicon(numbers, said, units, costs)
    graph = model / "graph"
    (graph / "phones").mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        pairs = Path(name) / "pairs"
        (graph / "HCLr.fst").write_bytes(
            openfst.compiled(
                lexicon.text, order="olabel", kind="olabel_lookahead", folder=Path(name), pairs=pairs
            )
        )
        # The look-ahead numbers the words anew: everything else must use its numbers.
        renumbered = {int(old): int(new) for old, new in map(str.split, pairs.read_text().splitlines())}
        numbers = {word: renumbered[number] for word, number in numbers.items()}
        acceptor = model_of_language.acceptor(numbers)
        (graph / "Gr.fst").write_bytes(
            openfst.compiled(acceptor, order="ilabel", kind="const", folder=Path(name))
        )
    _write_lists(graph, numbers, units)
    conf = model / "conf"
    conf.mkdir(exist_ok=True)
    (conf / "fbank.conf").write_text(SETTINGS)
    (conf / "model.conf").write_text(MODEL_SETTINGS)
    grams = (
        len(model_of_language.one),
        sum(map(len, model_of_language.two.values())),
        sum(map(len, model_of_language.three.values())),
    )
    report(f"graph: {len(numbers)} words, {lexicon.states} states; {' + '.join(map(str, grams))} n-grams")


def _numbers(word: str, units: Units, all_readings: bool) -> list[list[int]]:
    """Everyday words have their usual reading only: the others are a third of the graph's size."""
    found = [units.numbers(reading) for reading in readings(word)[: None if all_readings else 1]]
    distinct = dict.fromkeys(tuple(one) for one in found if one)
    return [list(one) for one in distinct]


def _segment_counts(words: Iterable[str], counted: dict[str, float]) -> dict[str, float]:
    """A word of the project is preferred to its parts."""
    own = set(vocabulary.own_words())
    return {word: counted[word] + (2000.0 if word in own and len(word) > 1 else 0.0) for word in words}


def _write_lists(graph: Path, numbers: dict[str, int], units: Units) -> None:
    listed = sorted(numbers.items(), key=lambda pair: pair[1])
    text = "<eps> 0\n" + "".join(f"{word} {number}\n" for word, number in listed)
    (graph / "words.txt").write_text(text, encoding="utf-8")
    # One prefix tree without loops of words needs no disambiguation symbols; the file must be there.
    (graph / "disambig_tid.int").write_text("")
    boundaries = [f"{SILENCE} nonword"]
    for unit in range(1, units.written):
        boundaries += [f"{phone(unit, place)} {place}" for place in PLACES]
    (graph / "phones" / "word_boundary.int").write_text("\n".join(boundaries) + "\n")
