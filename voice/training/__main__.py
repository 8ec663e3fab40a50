"""`python -m voice.training`: trains a model and writes its folder. Used by `./menzhen voice train`."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from common.errors import MenzhenError
from voice.training import build, graph, openfst
from voice.training.export import write_acoustics
from voice.training.vocabulary import ROOT


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="menzhen voice train",
        description="从文字和录音训练语音模型，写成 vosk 能读的文件夹。见 docs/voice-training.md。",
    )
    parser.add_argument(
        "--speech", type=Path, metavar="文件夹", help="真人录音：里面有 clips.jsonl；不给就只用合成语音"
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=ROOT / "var" / "voice" / "models" / "trained",
        help="模型文件夹（默认 %(default)s）",
    )
    parser.add_argument("--net", type=Path, help="声学网络的文件或模型文件夹（默认 模型文件夹旁的 .pt）")
    parser.add_argument("--tiny", action="store_true", help="走一遍全部步骤，几分钟；得到的模型认不出什么")
    parser.add_argument("--epochs", type=int, help="训练几遍")
    parser.add_argument("--minutes", type=float, default=1e9, help="到时间后不再训练下一遍")
    parser.add_argument("--hold-out", default="", metavar="s01,s02", help="不参加训练的说话人，留作测量")
    parser.add_argument(
        "--continue", dest="start", type=Path, metavar="模型", help="从这个模型文件夹或网络文件接着训练"
    )
    parser.add_argument("--seed", type=int, default=0, help="句子、嗓音和噪声从哪里抽起（默认 %(default)s）")
    parser.add_argument("--jobs", type=int, default=2, help="几个进程做训练数据（默认 %(default)s）")
    parser.add_argument(
        "--only-graph", action="store_true", help="声学网络不变，只重做词表、语言模型和解码图"
    )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    options = arguments().parse_args(argv)
    began = time.monotonic()

    def report(text: str) -> None:
        print(f"[{(time.monotonic() - began) / 60:5.1f}] {text}", flush=True)

    network: Path = options.net or options.out.with_suffix(".pt")
    try:
        openfst.check()
        if not options.only_graph:
            recipe = build.TINY if options.tiny else build.FULL
            if options.epochs:
                recipe = replace(recipe, epochs=options.epochs)
            build.acoustic(
                recipe,
                network,
                report,
                speech=options.speech,
                hold_out=[name for name in options.hold_out.split(",") if name],
                start=options.start,
                minutes=options.minutes,
                seed=options.seed,
                jobs=options.jobs,
            )
        elif not network.exists():
            print(f"menzhen: 没有声学网络 {network}；先训练，或用 --net 指出", file=sys.stderr)
            return 1
        net, units = build.network(network)
        options.out.mkdir(parents=True, exist_ok=True)
        size = write_acoustics(net, units, options.out / "am")
        report(f"final.mdl: {size} bytes")
        graph.build(units, options.out, report, sizes=graph.TINY if options.tiny else graph.FULL)
    except MenzhenError as error:
        print(f"menzhen: {error.message}{f'（{error.detail}）' if error.detail else ''}", file=sys.stderr)
        return 1
    report(f"→ {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
