"""What a network of the reference's size, and a decoder set as the reference's was, cost on this machine at this moment.

The reference is the feasibility study's model (0.76 M parameters, beam 13, 3,000 active states, lattice beam 6). Its
trained weights are not there. A network's cost does not depend on its weights, so one of exactly its layers with random
weights is timed alone, with a grammar of one word, where nothing is searched. The cost of a search depends on what the
network says, so the reference's settings are timed with our own network and graph, beside our settings: the difference
is the settings' alone. Network of the reference's size + search by the reference's settings is what such a model would
cost here. Times are processor time, both sides in turn, sentence by sentence.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import vosk

from benchmarks._voice_rows import Row
from benchmarks.voice_speed import PACKET, TURNS
from common.settings import Settings
from tests.voice.sounds import packets, say
from voice import models
from voice.expect import FREE, Expectation, phrases
from voice.hospital import Hospital
from voice.recognise.model import Model
from voice.recognise.session import Recogniser
from voice.training.kaldi import Component, Writer, write_nnet, write_transition_model
from voice.training.units import Units

MEL, HIDDEN, BOTTLENECK, DEPTH = 40, 256, 96, 6
"""The reference's sizes: 5-wide layer, 3-wide with stride 3, then `DEPTH` 3-wide at 30 ms, all but the last's first
skip-connected; low-rank but for the first."""
SETTINGS = {"min-active": "200", "max-active": "3000", "beam": "13.0", "lattice-beam": "6.0"}
ONE_WORD = '["骨科"]'


def rows(settings: Settings, *, rounds: int = 3) -> Iterator[Row]:
    """Two rows; none, but a word why, for a model that is not one of this project's."""
    folder = models.find(settings)
    units = folder / "am" / "units.txt"
    if not units.is_file() or not models.takes_grammar(folder):
        yield {"key": "yardstick", "set": f"{folder.name} is not built here: no yardstick of the same kind"}
        return
    with tempfile.TemporaryDirectory() as name:
        small, wide = Path(name) / "network", Path(name) / "settings"
        for copy in (small, wide):
            shutil.copytree(folder, copy)
        outputs = Units(units.read_text(encoding="utf-8").split()).written
        parameters = write_reference(small / "am" / "final.mdl", outputs)
        conf = wide / "conf" / "model.conf"
        text = conf.read_text()
        for option, value in SETTINGS.items():
            text = re.sub(rf"--{option}=.*", f"--{option}={value}", text)
        conf.write_text(text)
        clips = [(say(text), Expectation.of(expects)) for text, expects in TURNS]
        alone = in_turn([_alone(folder), _alone(small)], clips * rounds)
        yield {
            "key": "network",
            "set": "network alone (and features), × real time",
            "ours": alone[0],
            "of_reference_size": alone[1],
            "reference_parameters": parameters,
        }
        words = Hospital(settings).words()

        def searching(where: Path, free: bool) -> Hearing:
            recogniser = Recogniser(Model.load(where))

            def hear(clip: bytes, expectation: Expectation) -> None:
                recogniser.listen_for(phrases(FREE if free else expectation, words))
                for packet in packets(clip, PACKET):
                    recogniser.feed(packet)
                recogniser.finish()

            return hear

        hearings = [searching(where, free) for free in (False, True) for where in (folder, wide)]
        found = in_turn(hearings, clips * rounds)
        yield {
            "key": "search",
            "set": "our network in our settings and in the reference's, × real time",
            **dict(zip(("grammar", "grammar_reference", "free", "free_reference"), found, strict=True)),
        }


Hearing = Callable[[bytes, Expectation], None]


def in_turn(hearings: list[Hearing], clips: list[tuple[bytes, Expectation]]) -> list[float]:
    """Processor seconds for a second of sound, of each; they take turns at every clip."""
    spent = [0.0] * len(hearings)
    for clip, expectation in clips:
        for place, hear in enumerate(hearings):
            began = time.process_time()
            hear(clip, expectation)
            spent[place] += time.process_time() - began
    seconds = sum(len(clip) for clip, _ in clips) / 32_000
    return [round(each / seconds, 4) for each in spent]


def _alone(folder: Path) -> Hearing:
    vosk.SetLogLevel(-1)
    recogniser = vosk.KaldiRecognizer(vosk.Model(model_path=str(folder)), 16_000.0, ONE_WORD)

    def hear(clip: bytes, _: Expectation) -> None:
        for packet in packets(clip, PACKET):
            recogniser.AcceptWaveform(packet)
        recogniser.FinalResult()

    return hear


def write_reference(path: Path, outputs: int) -> int:
    """final.mdl of the reference's layers with random weights; returns its parameters."""
    chance = np.random.default_rng(1)
    components: list[Component] = []
    config = [f"input-node name=input dim={MEL}"]

    def add(component: Component, source: str) -> str:
        components.append(component)
        config.append(f"component-node name={component.name} component={component.name} input={source}")
        return component.name

    def affine(name: str, inputs: int, size: int, source: str) -> str:
        weights = chance.normal(0, inputs**-0.5, (size, inputs))
        return add(Component(name, "affine", weights=weights, bias=np.zeros(size)), source)

    def layer(name: str, inputs: int, source: str, *, narrow: bool = True) -> str:
        if narrow:
            source, inputs = affine(f"{name}.narrow", inputs, BOTTLENECK, source), BOTTLENECK
        node = affine(f"{name}.affine", inputs, HIDDEN, source)
        return add(Component(f"{name}.relu", "RectifiedLinearComponent", HIDDEN), node)

    def spliced(node: str, step: int, reach: int) -> str:
        offsets = (step * place for place in range(-reach, reach + 1))
        return "Append(" + ", ".join(f"Offset({node}, {o})" if o else node for o in offsets) + ")"

    scale = Component("normalise", "affine", weights=np.eye(MEL) / 4, bias=np.full(MEL, -3.0))
    node = layer("first", 5 * MEL, spliced(add(scale, "input"), 1, 2), narrow=False)
    node = layer("slow", 3 * HIDDEN, spliced(node, 1, 1))
    for number in range(DEPTH):
        deeper = layer(f"deep{number}", 3 * HIDDEN, spliced(node, 3, 1))
        node = f"Sum({node}, {deeper})" if number else deeper
    node = add(Component("posteriors", "LogSoftmaxComponent", outputs), affine("last", HIDDEN, outputs, node))
    config.append(f"output-node name=output input={node} objective=linear")
    writer = Writer()
    write_transition_model(writer, outputs)
    write_nnet(writer, components, config)
    path.write_bytes(writer.data)
    return sum(
        component.weights.size + len(component.weights)
        for component in components[1:]
        if component.weights is not None
    )
