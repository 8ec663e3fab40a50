"""`./menzhen transcribe`: speech in files of any form → text, with nothing running."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cli.output import CommandError, fail, parser, print_json
from common.errors import MenzhenError
from common.settings import get

if TYPE_CHECKING:
    from voice.transcribe import Transcript


def run(argv: Sequence[str]) -> int:
    arguments = parser("transcribe", "语音转文字：WAV、MP3、M4A、AAC、AMR、OGG、WebM、FLAC、微信语音。")
    arguments.add_argument("files", nargs="+", metavar="FILE")
    arguments.add_argument(
        "--hints", metavar="NAME,…", help="只听这些词和说法，逗号分隔，可多次给出", action="append"
    )
    arguments.add_argument("--json", action="store_true")
    options = arguments.parse_args(argv)
    hints = [h.strip() for given in options.hints or () for h in given.replace("，", ",").split(",")]
    return files(options.files, [hint for hint in hints if hint], options.json)


def files(paths: Sequence[str], hints: Sequence[str], as_json: bool) -> int:
    """A line for each file; 2 where one of them was no sound, with a line on standard error."""
    from voice import models
    from voice.hospital import NLU_DATA
    from voice.recognise.model import Model
    from voice.repair import Vocabulary
    from voice.transcribe import transcribe

    settings = get()
    try:
        model = Model.load(models.find(settings))
        vocabulary = Vocabulary.read(NLU_DATA, settings.data_dir / "vocabulary.json")
    except MenzhenError as error:
        return fail(error.message)
    status = 0
    for path in paths:
        try:
            transcript = transcribe(content(path), model, vocabulary, hints=hints)
        except MenzhenError as error:
            # The reason lies in what was given, or (5xx) in this machine.
            status = fail(f"{path}：{error.message}", 1 if error.status >= 500 else 2)
            continue
        except CommandError as error:
            status = fail(str(error), error.status)
            continue
        if as_json:
            print_json({"file": path, **transcript.as_dict()})
        else:
            print(shown(path, transcript), flush=True)
    return status


def content(path: str) -> bytes:
    """The file, as far as it is ever looked at. Raises CommandError."""
    from voice.audio.decoder import MAX_BYTES

    try:
        with Path(path).open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise CommandError(f"{path}：没有这个文件。", 2) from None
    except OSError as error:
        raise CommandError(f"{path}：读不了（{error.strerror}）。", 2) from None


def shown(path: str, transcript: "Transcript") -> str:
    """For people: the text, how sure, and what was changed."""
    heard = transcript.heard
    if not heard.text:
        return f"{path}\t（没有听清）"
    doubt = "，请核对" if heard.uncertain else ""
    changed = "，".join(f"{c.before}→{c.after}" for c in heard.corrections)
    notes = f"可信度 {heard.confidence:.2f}{doubt}" + (
        f"；原听：{heard.raw}；改动：{changed}" if changed else ""
    )
    return f"{path}\t{heard.text}\t（{notes}）"
