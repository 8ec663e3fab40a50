"""Archives of models, and a server of one, for tests."""

import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from common.settings import get
from voice import models
from voice.errors import ModelError

SET = models.find(get())
"""The model that is set; the tests hold for any."""


@contextmanager
def refused(told: str) -> Iterator[None]:
    """The person is told this."""
    with pytest.raises(ModelError) as caught:
        yield
    assert told in caught.value.message


class Shelf:
    """A server of one archive. `breaks`: after how many bytes of each answer the line drops."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.breaks: list[int] = []
        self.ranges: list[str | None] = []
        self.resumes = True
        self.status = 200
        self.url = ""


@contextmanager
def served(content: bytes) -> Iterator[Shelf]:
    shelf = Shelf(content)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = self.headers.get("Range")
            shelf.ranges.append(asked)
            if shelf.status != 200:
                self.send_error(shelf.status)
                return
            start = int(asked[6:-1]) if asked and shelf.resumes else 0
            if start >= len(shelf.content):
                self.send_error(416)
                return
            body = shelf.content[start:]
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(body)))
            if start:
                self.send_header(
                    "Content-Range", f"bytes {start}-{len(shelf.content) - 1}/{len(shelf.content)}"
                )
            self.end_headers()
            end = shelf.breaks.pop(0) if shelf.breaks else len(body)
            self.wfile.write(body[:end])
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Nothing on standard error."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    shelf.url = f"http://127.0.0.1:{server.server_port}/model.zip"
    try:
        yield shelf
    finally:
        server.shutdown()
        server.server_close()


def archive_of(folder: Path, target: Path, top: str = "some-model/") -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, top + str(path.relative_to(folder)))
    return target
