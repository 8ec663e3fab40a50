"""The yardstick's project is one that Rasa accepts, with the words of our own sentences."""

from __future__ import annotations

import subprocess
from pathlib import Path

import yaml

from benchmarks.chat_stock.generate import generate
from tests.bot.assistant import PYTHON

CHECK = """
import sys
sys.modules["jax"] = None
from rasa.shared.core.domain import Domain
from rasa.shared.importers.importer import TrainingDataImporter
domain = Domain.load("domain.yml")
importer = TrainingDataImporter.load_from_config("config.yml", "domain.yml", ["data"])
stories = importer.get_stories()
used = {a for s in stories.story_steps for e in s.events for a in [getattr(e, "action_name", None)] if a}
unknown = used - set(domain.action_names_or_texts) - {"...", None}
assert not unknown, unknown
data = importer.get_nlu_data()
assert data.intents <= set(domain.intents), data.intents - set(domain.intents)
assert data.entities <= set(domain.entities), data.entities
print(len(data.intent_examples), len(stories.story_steps))
"""


def test_rasa_accepts_the_generated_project(tmp_path: Path) -> None:
    generate(tmp_path)
    done = subprocess.run(
        [PYTHON, "-W", "ignore", "-c", CHECK], cwd=tmp_path, capture_output=True, text=True, timeout=150
    )
    assert done.returncode == 0, done.stderr[-2000:]
    sentences, steps = map(int, done.stdout.split())
    assert sentences > 1000 and steps > 30


def test_entities_are_annotated(tmp_path: Path) -> None:
    generate(tmp_path)
    nlu = yaml.safe_load((tmp_path / "data" / "nlu.yml").read_text())["nlu"]
    booking = next(block for block in nlu if block["intent"] == "book_appointment")["examples"]
    assert "(department)" in booking and "(date_time)" in booking
