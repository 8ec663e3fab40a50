"""`python -m bot`: starts Rasa on loopback, with the one channel of the gateway."""

from __future__ import annotations

import sys


def main() -> int:
    """Serve until stopped. Exit status 1, with one line on standard error, where something is missing."""
    from bot import settings

    own = settings.get()
    try:
        own.key()
    except settings.BotSettingsError as error:
        print(error, file=sys.stderr)
        return 1
    if not own.bot_model.exists():
        print("助手还没有训练，请先运行 ./menzhen train", file=sys.stderr)
        return 1
    from bot.runtime import lean

    lean.prepare()
    from bot.runtime import server

    server.serve(own)
    return 0


if __name__ == "__main__":
    sys.exit(main())
