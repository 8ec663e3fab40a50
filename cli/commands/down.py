"""`./menzhen down`: stops what `up --detach` started."""

import os
import signal
import time
from collections.abc import Sequence

from cli.output import CommandError, parser
from cli.supervisor import read_state
from common.settings import get

WAIT_SECONDS = 30


def run(argv: Sequence[str]) -> int:
    parser("down", "停止在运行的服务。").parse_args(argv)
    state = read_state(get())
    if not state:
        print("没有在运行的服务。")
        return 0
    os.kill(state["pid"], signal.SIGTERM)
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        if not read_state(get()):
            print("已停止。")
            return 0
        time.sleep(0.1)
    raise CommandError(f"{WAIT_SECONDS} 秒内没有停下来，进程号 {state['pid']}")
