"""`./menzhen chat`: talks to the running system through the gateway, as the page does."""

import asyncio
import sys
from collections.abc import Sequence

from cli.chatting import ChatError, Client, scripted
from cli.output import CommandError, parser
from cli.showing import show_messages
from common.settings import get


def run(argv: Sequence[str]) -> int:
    arguments = parser("chat", "和运行中的系统对话；标准输入每行一句，空行开始新对话。")
    arguments.add_argument("--as", dest="who", default="patient:zhang", metavar="patient:ID|manager:ID")
    arguments.add_argument("--json", action="store_true", help="每轮一行 JSON")
    options = arguments.parse_args(argv)
    if not options.who.startswith(("patient:", "manager:")):
        raise CommandError("--as 要写成 patient:编号 或 manager:用户名", 2)
    try:
        if options.json or not sys.stdin.isatty():
            return asyncio.run(scripted(get(), options.who, options.json))
        return asyncio.run(interactive(options.who))
    except ChatError as error:
        raise CommandError(str(error), error.status) from None


async def interactive(who: str) -> int:
    """A conversation at the terminal: numbers choose buttons, pushes appear when they come."""
    from prompt_toolkit import PromptSession
    from prompt_toolkit.patch_stdout import patch_stdout

    session: PromptSession[str] = PromptSession()
    async with Client(get(), who) as client:
        client.on_push = show_messages
        print("（输入要办的事；数字选择按钮；空行开始新对话；Ctrl-D 结束）")
        show_messages(client.greeting)
        with patch_stdout():
            while True:
                try:
                    line = (await session.prompt_async("您：")).strip()
                except (EOFError, KeyboardInterrupt):
                    return 0
                if not line:
                    await client.fresh()
                    show_messages(client.greeting)
                    continue
                turn = await client.say(line)
                show_messages(turn.replies)
