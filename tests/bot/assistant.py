"""The real Rasa process with the mini skills, spoken to as the gateway does."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from common import signing

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".venv-bot" / "bin" / "python"
HERE = Path(__file__).resolve().parent
KEY = "test-key-of-the-assistant"
NOW = "2026-11-23T09:00:00+08:00"


def environment(folder: Path, **more: str) -> dict[str, str]:
    """The settings of an assistant whose files lie in `folder`, with the mini skills."""
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "MENZHEN_DATA_DIR": str(folder / "var"),
        "MENZHEN_SECRET_KEY": KEY,
        "MENZHEN_BOT_DOMAIN": str(folder / "domain"),
        "MENZHEN_BOT_FLOWS": str(HERE / "skills" / "flows"),
        "MENZHEN_BOT_MODEL": str(folder / "models" / "menzhen.tar.gz"),
        **more,
    }


def train(folder: Path) -> subprocess.CompletedProcess[str]:
    """Train the mini skills into `folder`; does nothing where they are trained already."""
    domain = folder / "domain"
    domain.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "bot" / "domain" / "_patterns.yml", domain)
    shutil.copy(HERE / "skills" / "domain" / "skills.yml", domain)
    return subprocess.run(
        [PYTHON, "-m", "bot.train"],
        cwd=ROOT,
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=280,
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Assistant:
    """A running assistant; `talk()` opens a conversation."""

    def __init__(self, folder: Path, actions_url: str) -> None:
        self.folder, self.actions_url = folder, actions_url
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None
        self.http = httpx.Client(timeout=20)
        self.start()

    def start(self) -> None:
        env = environment(
            self.folder,
            MENZHEN_BOT_PORT=str(self.port),
            MENZHEN_ACTIONS_URL=self.actions_url,
            MENZHEN_REPLY_DEADLINE="2.0",
        )
        log = (self.folder / "bot.log").open("ab")
        self.process = subprocess.Popen([PYTHON, "-m", "bot"], cwd=ROOT, env=env, stdout=log, stderr=log)
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError((self.folder / "bot.log").read_text()[-3000:])
            try:
                if self.http.get(self.url + "/ready").json() == {"status": "ready"}:
                    return
            except httpx.HTTPError:
                time.sleep(0.1)
        raise RuntimeError("the assistant is not ready after 90 s")

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(20)
            self.process = None

    def post(self, body: dict[str, Any], signature: str | None = None) -> httpx.Response:
        raw = json.dumps(body).encode()
        headers = {signing.HEADER: signature or signing.sign(KEY, raw)}
        return self.http.post(self.url + "/webhooks/menzhen/webhook", content=raw, headers=headers)

    def delete(self, sender: str) -> httpx.Response:
        url = f"{self.url}/webhooks/menzhen/conversations/{sender}"
        return self.http.delete(url, headers={signing.HEADER: signing.sign(KEY, b"")})

    def talk(self, role: str = "patient") -> Talk:
        return Talk(self, role)


@dataclass
class Talk:
    """One conversation."""

    assistant: Assistant
    role: str = "patient"
    sender: str = field(default_factory=lambda: uuid.uuid4().hex)

    def body(self, text: str, message_id: str | None = None, **metadata: Any) -> dict[str, Any]:
        known = {"role": self.role, "token": "secret-token", "now": NOW, "patient": "p1", "dependents": []}
        return {
            "sender": self.sender,
            "message": text,
            "message_id": message_id or uuid.uuid4().hex,
            "metadata": {**known, **metadata},
        }

    def say(self, text: str, message_id: str | None = None, **metadata: Any) -> Reply:
        answer = self.assistant.post(self.body(text, message_id, **metadata))
        assert answer.status_code == 200, answer.text
        return Reply(answer.json())

    def tap(self, option: str) -> Reply:
        return self.say(f'/choose{{"option": "{option}"}}')


@dataclass
class Reply:
    """What came back."""

    raw: dict[str, Any]

    @property
    def text(self) -> str:
        return "\n".join(message["text"] or "" for message in self.raw["messages"])

    @property
    def buttons(self) -> list[str]:
        return [button["title"] for message in self.raw["messages"] for button in message["buttons"]]

    @property
    def payloads(self) -> list[str]:
        return [b.get("payload", "") for message in self.raw["messages"] for b in message["buttons"]]

    @property
    def skill(self) -> str:
        return self.raw["skill"]

    @property
    def intent(self) -> str:
        return self.raw["intent"]

    @property
    def slots(self) -> dict[str, Any]:
        return self.raw["slots"]


if __name__ == "__main__":
    # A conversation by hand with the mini skills: lines on standard input.
    from tests.bot.action_server import Server

    home = Path(sys.argv[1])
    print(train(home).stdout)
    server = Server()
    assistant = Assistant(home, server.url)
    try:
        talk = assistant.talk()
        for line in sys.stdin:
            reply = talk.say(line.strip())
            print(">", line.strip(), f"[{reply.intent}]")
            print("   ", reply.text.replace("\n", "\n    "), reply.buttons)
            print("    ", json.dumps(reply.slots, ensure_ascii=False))
    finally:
        assistant.stop()
        server.close()
