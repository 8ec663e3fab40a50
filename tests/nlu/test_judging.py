"""The bar for understanding, on sentences that no training file has."""

import json
import subprocess
from collections import Counter
from pathlib import Path

import pytest
import yaml

from tests.e2e.conftest import train_once
from tests.support.processes import ROOT

SKILLS_AT_LEAST = 0.92
REJECTED_AT_LEAST = 0.85
TALK_AT_LEAST = 0.92
TALK = frozenset(
    [
        "greet",
        "thanks",
        "goodbye",
        "affirm",
        "deny",
        "cancel_task",
        "correct",
        "go_back",
        "repeat",
        "choose",
        "skip",
        "chitchat",
        "inform",
    ]
)
HERE = Path(__file__).parent


def judging() -> list[tuple[str, str]]:
    """Skill and sentence."""
    rows, skill = [], ""
    for line in (HERE / "judging.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("== "):
            skill = line[3:].strip()
        elif line.strip() and not line.startswith("#"):
            rows.append((skill, line.strip()))
    return rows


@pytest.fixture(scope="module")
def parsed() -> list[tuple[str, str, str]]:
    """Skill that is right, sentence, skill that was understood."""
    train_once()
    found = []
    for role in ("patient", "manager"):
        rows = [row for row in judging() if (row[0] == "management_question") == (role == "manager")]
        done = subprocess.run(
            [ROOT / ".venv-bot/bin/python", "-m", "bot.parse", "--json", "--as", role],
            input="".join(f"{text}\n" for _, text in rows),
            capture_output=True,
            text=True,
            cwd=ROOT,
            check=True,
        )
        answers = [json.loads(line)["skill"] for line in done.stdout.splitlines()]
        found += [(skill, text, said) for (skill, text), said in zip(rows, answers, strict=True)]
    return found


def share(rows: list[tuple[str, str, str]], *more: str) -> float:
    return sum(said in (skill, *more) for skill, _, said in rows) / len(rows)


def wrong(rows: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    return [row for row in rows if row[2] != row[0]]


@pytest.mark.timeout(600)
def test_skills(parsed: list[tuple[str, str, str]]) -> None:
    rows = [row for row in parsed if row[0] not in TALK and row[0] != "out_of_scope"]
    assert share(rows) >= SKILLS_AT_LEAST, wrong(rows)


@pytest.mark.timeout(600)
def test_what_is_not_ours_is_refused(parsed: list[tuple[str, str, str]]) -> None:
    rows = [row for row in parsed if row[0] == "out_of_scope"]
    assert share(rows, "chitchat", "nlu_fallback") >= REJECTED_AT_LEAST, wrong(rows)


@pytest.mark.timeout(600)
def test_talk(parsed: list[tuple[str, str, str]]) -> None:
    rows = [row for row in parsed if row[0] in TALK]
    assert share(rows) >= TALK_AT_LEAST, wrong(rows)


class TestTrainingData:
    def test_no_judged_sentence_is_trained_and_none_has_two_intents(self) -> None:
        judged = {text for _, text in judging()}
        intents: dict[str, str] = {}
        for path in sorted((ROOT / "nlu_data").glob("*.yml")):
            for block in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("nlu") or []:
                for line in block["examples"].splitlines():
                    sentence = line.removeprefix("- ").strip()
                    assert sentence not in judged, sentence
                    assert intents.setdefault(sentence, block["intent"]) == block["intent"], sentence

    def test_every_main_skill_has_enough_sentences(self) -> None:
        count: Counter[str] = Counter()
        for path in (ROOT / "nlu_data").glob("*.yml"):
            for block in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("nlu") or []:
                count[block["intent"]] += len(block["examples"].splitlines())
        skills = {skill for skill, _ in judging()} - TALK
        assert {skill for skill in skills if count[skill] < 60} == set()
        assert count["out_of_scope"] + count["chitchat"] + count["ask_medical_advice"] >= 300
