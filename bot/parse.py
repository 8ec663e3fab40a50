"""`python -m bot.parse`: sentences on standard input → what was understood, one JSON object a line. Needs no server."""

from __future__ import annotations

import json
import os
import sys

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
    """Exit status 1, with one line on standard error, where the assistant was not trained or a file is broken."""
    try:
        understanding = load(settings.get())
    except (NoModel, VocabularyError, RedFlagsError) as error:
        print(error, file=sys.stderr)
        return 1
    from datetime import datetime, timedelta, timezone

    role = os.environ.get("MENZHEN_PARSE_ROLE", "patient")
    for line in sys.stdin:
        sentence = line.rstrip("\n")
        now = datetime.now(timezone(timedelta(hours=8)))
        print(json.dumps(understanding.parse(sentence, now, role).as_dict(), ensure_ascii=False), flush=True)
    return 0


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
