"""`python -m bot.train [--force]`: trains the assistant; does nothing where nothing changed."""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
import time
from pathlib import Path

from bot import settings
from bot.nlu.training import fingerprint, sentence_files


def main() -> int:
    """Exit status 0 where there is a model that fits the files, 1 where training failed."""
    parser = argparse.ArgumentParser(prog="menzhen train", description="训练助手")
    parser.add_argument("--force", action="store_true", help="没有改动也重新训练")
    force = parser.parse_args().force
    own = settings.get()
    mark = own.bot_model.with_name("trained.sha256")
    now = _fingerprint(own)
    if not force and own.bot_model.exists() and mark.exists() and mark.read_text() == now:
        print("助手已是最新，无需训练。")
        return 0
    begun = time.monotonic()
    files = sentence_files(own.bot_nlu_data)
    print(f"训练助手：{len(files)} 个语句文件，{len(list(own.bot_flows.glob('*.yml')))} 个流程 …", flush=True)
    try:
        quality = _train(own, files)
    except Exception as error:
        print(f"训练没有成功：{error}", file=sys.stderr)
        return 1
    mark.write_text(now)
    print(
        f"训练完成，用时 {time.monotonic() - begun:.0f} 秒：{quality['sentences']} 句，{quality['intents']} 种意图；"
        f"留出验证：意图 {quality['intent_accuracy']:.1%}，业务 {quality['skill_accuracy']:.1%}"
        + (f"，范围外拒识 {quality['out_of_scope_refused']:.1%}" if quality["out_of_scope_refused"] else "")
    )
    return 0


def _fingerprint(own: settings.Settings) -> str:
    code = [settings.ROOT / "bot" / part for part in ("nlu", "components", "engine")]
    return fingerprint(
        [
            own.bot_config,
            own.bot_nlu_data,
            own.bot_domain,
            own.bot_flows,
            own.bot_rules,
            *code,
            settings.ROOT / "chinese",
        ]
    )


def _train(own: settings.Settings, files: list[Path]) -> dict:
    """Rasa's own training into a new file, put in place at the end, so that a failure leaves the old model."""
    print("  载入 Rasa …", flush=True)
    # Rasa counts rules and trackers with progress bars that say nothing to a person, unless only errors are logged.
    os.environ["LOG_LEVEL"] = "ERROR"
    from bot.runtime import lean

    lean.prepare(lazy=False)
    from rasa.model_training import train

    from bot.nlu.archive import load_model

    lean.quiet()
    own.bot_model.parent.mkdir(parents=True, exist_ok=True)
    print("  学习 …", flush=True)
    with contextlib.redirect_stdout(io.StringIO()):  # it names a file that is moved below
        result = train(
            domain=str(own.bot_domain),
            config=str(own.bot_config),
            training_files=[*map(str, files), str(own.bot_rules)],
            output=str(own.bot_model.parent),
            force_training=True,
            fixed_model_name="training",
        )
    if result.code or not result.model:
        raise RuntimeError(f"Rasa 返回 {result.code}")
    Path(result.model).replace(own.bot_model)
    return load_model(own.bot_model).quality


if __name__ == "__main__":
    sys.exit(main())
