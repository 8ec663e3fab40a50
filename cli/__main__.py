"""`./menzhen COMMAND`: finds the command's module and runs it. Each module in cli/commands/ is one command."""

import importlib
import os
import sys

from cli.output import CommandError, fail

COMMANDS = {
    "up": "启动全部服务（连接模拟医院），打印地址；Ctrl-C 停止",
    "down": "停止在后台运行的服务",
    "status": "各服务的状态",
    "test": "运行全部测试",
    "train": "训练助手",
    "chat": "在终端里和运行中的系统对话",
    "parse": "只做语言理解，每行一句",
    "time": "时间表达解析，每行一句",
    "triage": "导诊，每行一句",
    "visits": "就诊记录导入、导出",
    "ask": "管理问数，每行一问",
    "hl7": "HL7 v2 报文 → FHIR",
    "transcribe": "语音文件 → 文字",
    "voice": "语音模型：下载、安装、构建",
    "check": "检查各医院系统与服务",
    "new": "新建骨架：adapter、skill、metric",
    "bench": "性能测量",
}
# Commands that are given files: their paths count from where the person stands.
FILES = {"visits", "ask", "hl7", "transcribe", "voice"}


def usage() -> str:
    width = max(map(len, COMMANDS)) + 2
    lines = [f"  {name:<{width}}{text}" for name, text in COMMANDS.items()]
    return (
        "门诊通 Menzhen\n\n用法：./menzhen 命令 [选项]\n\n"
        + "\n".join(lines)
        + "\n\n./menzhen 命令 --help 查看选项。"
    )


def main(argv: list[str]) -> int:
    if not argv or argv[0] in ("-h", "--help", "help"):
        print(usage())
        return 0
    name = argv[0]
    if name not in COMMANDS:
        return fail(f"没有“{name}”这个命令。可用：{' '.join(COMMANDS)}", 2)
    module = importlib.import_module(f"cli.commands.{name}")
    if name in FILES:
        os.chdir(os.environ.get("MENZHEN_CALLER", "."))
    try:
        return module.run(argv[1:])
    except CommandError as error:
        return fail(str(error), error.status)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
