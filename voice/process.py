"""Processes of our own that hold foreign code: started when first needed, and again when they are gone."""

import atexit
import contextlib
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[1]


class Child:
    """`python -m MODULE` with one end of a socket as its standard input; it ends when the other end is closed. Used by
    any thread: one question at a time.

    Of our environment it gets nothing: that holds keys. It ends with this process.
    """

    def __init__(self, module: str) -> None:
        self._lock = threading.Lock()
        self._module = module
        self._socket: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        atexit.register(self.close)

    def ask(self, question: Callable[[socket.socket], T]) -> T:
        """What `question` gets from the running process. It may have ended since the last time: a new one is tried once.
        Whatever fails leaves none behind. Raises EOFError or OSError where the second fails too."""
        with self._lock:
            try:
                return question(self._connection())
            except (EOFError, OSError):
                self._stop()
            try:
                return question(self._connection())
            except BaseException:
                self._stop()
                raise

    @property
    def pid(self) -> int | None:
        """Of the process, where one was started."""
        return self._process.pid if self._process is not None else None

    def close(self) -> None:
        """Ends the process once nobody talks to it; the next question starts another."""
        with self._lock:
            self._stop()

    def _connection(self) -> socket.socket:
        if self._socket is None or self._process is None or self._process.poll() is not None:
            self._stop()
            self._socket, theirs = socket.socketpair()
            with theirs:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", self._module],
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    cwd=ROOT,
                    env={"PATH": os.defpath, "LANG": "C.UTF-8"},
                )
        return self._socket

    def _stop(self) -> None:
        if self._socket is not None:
            self._socket.close()
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            self._process.wait()
        self._socket = self._process = None


def receive(connection: socket.socket, size: int) -> bytes:
    """Exactly `size` bytes. Raises EOFError where the other side went away before, OSError on time-out."""
    parts = bytearray()
    while len(parts) < size:
        part = connection.recv(min(size - len(parts), 1 << 16))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)
