"""Named points at which the crash tests end the process as a power cut would (setting `kill_at`, empty in life)."""

import os
import signal

from common.settings import get


def killpoint(name: str) -> None:
    """SIGKILL to this process where the tests asked for it at `name`; otherwise nothing."""
    if get().kill_at == name:
        os.kill(os.getpid(), signal.SIGKILL)
