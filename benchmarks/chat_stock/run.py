"""Trains stock Rasa (once; slow: DIET and TED take many minutes on two cores) and serves it on REST."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from benchmarks.chat_stock.generate import generate
from bot.nlu.training import fingerprint
from common.settings import ROOT

PYTHON = ROOT / ".venv-bot" / "bin" / "python"
FOLDER = ROOT / "var" / "bench" / "chat_stock"
CLI = Path(__file__).resolve().parent / "rasa_cli.py"
TRAINING_SECONDS = 3600


def train(epochs: int, folder: Path = FOLDER) -> Path:
    """The trained model; trained only where the generated files changed. Raises CalledProcessError."""
    generate(folder, epochs)
    model, mark = folder / "models" / "stock.tar.gz", folder / "models" / "trained.sha256"
    now = fingerprint([folder / "config.yml", folder / "domain.yml", folder / "data"])
    if model.exists() and mark.exists() and mark.read_text() == now:
        return model
    print(f"training stock Rasa, {epochs} epochs, once …", file=sys.stderr, flush=True)
    command = [PYTHON, CLI, "train", "--fixed-model-name", "stock", "--out", "models"]
    subprocess.run(
        command, cwd=folder, env=_environment(), check=True, stdout=sys.stderr, timeout=TRAINING_SECONDS
    )
    mark.write_text(now)
    return model


def serve(model: Path, port: int, folder: Path = FOLDER) -> subprocess.Popen[bytes]:
    """Stock Rasa on loopback: `/webhooks/rest/webhook`, `/status`. The caller stops it."""
    command = [PYTHON, CLI, "run", "--model", model, "--port", str(port), "--interface", "127.0.0.1"]
    command += ["--credentials", "credentials.yml", "--endpoints", "endpoints.yml", "--enable-api"]
    log = (folder / "serve.log").open("ab")
    return subprocess.Popen(command, cwd=folder, env=_environment(), stdout=log, stderr=log)


def _environment() -> dict[str, str]:
    return {**os.environ, "RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "3"}
