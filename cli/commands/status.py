"""`./menzhen status`: each service, whether it is ready, for how long it took, how often it was restarted."""

from collections.abc import Sequence

from cli.output import parser, print_json
from cli.supervisor import read_state
from common.settings import get

WORDS = {
    "ready": "就绪",
    "starting": "启动中",
    "restarting": "重启中",
    "waiting": "等待",
    "stopped": "已停止",
}


def run(argv: Sequence[str]) -> int:
    arguments = parser("status", "各服务的状态。")
    arguments.add_argument("--json", action="store_true")
    options = arguments.parse_args(argv)
    state = read_state(get())
    if options.json:
        print_json({"running": bool(state), **(state or {})})
    elif not state:
        print("没有在运行。./menzhen up 启动。")
    else:
        print(f"网页 {state['gateway']}")
        for name, unit in state["services"].items():
            again = f"，重启过 {unit['restarts']} 次" if unit["restarts"] else ""
            ports = "、".join(map(str, unit["ports"]))
            print(
                f"  {name:<9} {WORDS[unit['state']]:<4} 进程 {unit['pid']} 端口 {ports} {unit['title']}{again}"
            )
    return 0 if state and all(u["state"] == "ready" for u in state["services"].values()) else 1
