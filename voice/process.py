"""Processes of our own that hold foreign code: started when first needed, and again when they are gone."""

import contextlib
import os
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


class Child:
    """`python -m MODULE` with one end of a socket as its standard input; it ends when the other end is closed.

    Of our environment it gets nothing: that holds keys. Not for several threads at once.
    """

    def __init__(self, module: str) -> None:
        self._module = module
        self._socket: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def connection(self) -> socket.socket:
        """The socket to the running process. Raises OSError where none can be started."""
        if self._socket is None or self._process is None or self._process.poll() is not None:
            self.stop()
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

    @property
    def pid(self) -> int | None:
        """Of the process, where one was started."""
        return self._process.pid if self._process is not None else None

    def stop(self) -> None:
        """Ends the process, whatever it is doing."""
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
