"""`python -m bot.parse`: sentences on standard input → what was understood, one JSON object a line. Needs no server."""

from __future__ import annotations

import argparse
import json
import os
import sys
from datetime import datetime
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from bot import settings
from bot.nlu import red_flags
from bot.nlu.archive import load_model
from bot.nlu.model import NoModel
from bot.nlu.red_flags import RedFlagsError
from bot.nlu.understanding import Classifier, LiveGazetteer, Understanding
from bot.nlu.vocabulary import VocabularyError
from bot.nlu.words import Splitter


def main() -> int:
    """Exit status 2 for a wrong argument; 1, with one line on standard error, where something is missing or broken."""
    parser = argparse.ArgumentParser(prog="menzhen parse", description="语言理解，标准输入每行一句")
    parser.add_argument("--json", action="store_true", help="每句一个 JSON 对象")
    parser.add_argument("--as", dest="role", choices=["patient", "manager"], default="patient")
    parser.add_argument("--now", metavar="ISO", help="此刻的时间，用来理解“明天”")
    options = parser.parse_args()
    own = settings.get()
    try:
        now = _moment(options.now) if options.now else own.now()
    except ValueError:
        print(f"--now 不是时间：{options.now}", file=sys.stderr)
        return 2
    try:
        understanding = load(own)
    except (NoModel, VocabularyError, RedFlagsError) as error:
        print(error, file=sys.stderr)
        return 1
    role = "director" if options.role == "manager" else "patient"
    for line in sys.stdin:
        parse = understanding.parse(line.rstrip("\n"), now, role).as_dict()
        print(json.dumps(parse, ensure_ascii=False) if options.json else _readable(parse), flush=True)
    return 0


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=settings.SHANGHAI) if moment.tzinfo is None else moment


def _readable(parse: dict[str, Any]) -> str:
    lines = [f"{parse['text']}\n  {parse['skill']} / {parse['intent']}  {parse['confidence']:.2f}"]
    for entity in parse["entities"]:
        value = json.dumps(entity["value"], ensure_ascii=False)
        lines.append(f"  {entity['entity']:<12}{entity['text']}  {value}")
    return "\n".join(lines)


def load(own: settings.Settings) -> Understanding:
    """Everything that understanding a sentence needs, without Rasa. Raises NoModel, VocabularyError, RedFlagsError."""
    names = LiveGazetteer(own.bot_nlu_data / "vocabulary", own.vocabulary)
    return Understanding(
        names,
        Splitter(names.current().words()),
        Classifier(load_model(own.bot_model)),
        red_flags.load(own.bot_nlu_data / "red_flags.yml"),
    )


if __name__ == "__main__":
    sys.exit(main())
