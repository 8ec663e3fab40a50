"""A tiny build of the whole: text to a folder that vosk loads. Where the training environment is there."""

import json
import os
import re
import subprocess
import wave
from pathlib import Path

import numpy as np
import pytest
import vosk

from cli.commands.voice import VOICE_PYTHON
from common.settings import ROOT
from voice.training import openfst
from voice.training.espeak import Espeak
from voice.training.openfst import OpenFstError
from voice.training.pronounce import spoken

SAID = ("骨科", "第二个", "取消")


def lacking() -> str:
    """What a build needs and is not there, with how to get it."""
    if not VOICE_PYTHON.exists():
        return "no .venv-voice: `./menzhen voice train --help` makes it"
    try:
        openfst.check()
    except OpenFstError:
        return f"no OpenFst: apt-get install {openfst.PACKAGES}"
    return ""


@pytest.fixture(scope="module")
def needed() -> None:
    if why := lacking():
        if "MENZHEN_REQUIRE_SERVICES" in os.environ:
            pytest.fail(why)
        pytest.skip(why)


def python(*command: str) -> subprocess.CompletedProcess[str]:
    """The training environment's interpreter."""
    return subprocess.run(
        [str(VOICE_PYTHON), *command], cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def recordings(tmp_path_factory) -> Path:
    """A folder of clips as a person would give it: words, and single syllables."""
    folder = tmp_path_factory.mktemp("speech")
    engine, rows = Espeak(), []
    for number in range(12):
        for text in (*SAID, "骨", "科"):
            file = f"{number}-{text}.wav"
            samples = engine.say(spoken(text), "m1", pitch=30 + 4 * number)
            with wave.open(str(folder / file), "wb") as out:
                out.setparams((1, 2, 16000, 0, "NONE", ""))
                out.writeframes(samples.astype("<i2").tobytes())
            row = {"file": file, "pinyin": " ".join(spoken(text)), "speaker": f"p{number % 3}"}
            rows.append(row | ({"text": text} if len(text) > 1 else {}))
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (folder / "clips.jsonl").write_text(lines, encoding="utf-8")
    return folder


@pytest.mark.timeout(600)
def test_a_tiny_build_gives_a_model_that_vosk_loads(needed, recordings, tmp_path):
    out = tmp_path / "tiny"
    command = (
        "-m",
        "voice.training",
        "--tiny",
        "--speech",
        str(recordings),
        "--hold-out",
        "p2",
        "--out",
        str(out),
    )
    done = python(*command)
    assert done.returncode == 0, done.stderr
    assert "24 words of 2 speakers" in done.stdout
    vosk.SetLogLevel(-1)
    model = vosk.Model(str(out))
    assert model.vosk_model_find_word("骨科") > 0
    recogniser = vosk.KaldiRecognizer(model, 16000, '["骨科", "[unk]"]')
    recogniser.AcceptWaveform(np.random.default_rng(1).normal(0, 300, 16000).astype("<i2").tobytes())
    assert "text" in json.loads(recogniser.FinalResult())
    again = python("-m", "voice.training", "--tiny", "--only-graph", "--out", str(out))
    assert again.returncode == 0, again.stderr
    # The network of a model folder will do, too: its words change, what it computes does not.
    other = tmp_path / "other"
    last = python("-m", "voice.training", "--tiny", "--only-graph", "--net", str(out), "--out", str(other))
    assert last.returncode == 0, last.stderr
    assert (other / "am" / "final.mdl").stat().st_size == (out / "am" / "final.mdl").stat().st_size
    assert vosk.Model(str(other)).vosk_model_find_word("骨科") > 0


@pytest.mark.timeout(600)
def test_the_shipped_model_goes_on_learning_from_a_hospitals_recordings(needed, recordings, tmp_path):
    out = tmp_path / "mine"
    shipped = ROOT / "voice" / "models" / "menzhen-small"
    done = python(
        "-m",
        "voice.training",
        *("--tiny", "--epochs", "1", "--continue", str(shipped)),
        *("--speech", str(recordings), "--out", str(out)),
    )
    assert done.returncode == 0, done.stderr
    cut = re.search(r"(\d+) cut from words", done.stdout)
    assert cut and int(cut[1]) > 30, done.stdout
    assert (out / "am" / "units.txt").read_text() == (shipped / "am" / "units.txt").read_text()
    vosk.SetLogLevel(-1)
    recogniser = vosk.KaldiRecognizer(
        vosk.Model(str(out)), 16000, '["骨科", "眼科", "第 二 个", "取消", "[unk]"]'
    )
    engine = Espeak()
    for text in SAID:
        samples = np.concatenate([np.zeros(6000), engine.say(spoken(text), "m1"), np.zeros(9000)])
        recogniser.AcceptWaveform(samples.astype("<i2").tobytes())
        assert json.loads(recogniser.FinalResult())["text"].replace(" ", "") == text


def test_features_are_those_that_vosk_computes(needed):
    done = python(str(Path(__file__).with_name("equal_features.py")))
    assert done.returncode == 0, done.stderr


def test_the_written_network_computes_what_the_trained_one_does(needed):
    done = python(str(Path(__file__).with_name("equal_networks.py")))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("listing", "said"),
    [(None, "没有 clips.jsonl"), ('{"file": "a.wav"}', "第 1 行"), ("{", "第 1 行")],
)
def test_a_wrong_folder_is_named(needed, tmp_path, listing, said):
    if listing:
        (tmp_path / "clips.jsonl").write_text(listing)
    done = python("-m", "voice.training", "--tiny", "--speech", str(tmp_path), "--out", str(tmp_path / "out"))
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
