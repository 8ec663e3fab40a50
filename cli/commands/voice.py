"""`./menzhen voice model` fetches and lists speech models; `./menzhen voice train` builds the one that ships."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from cli.output import CommandError, fail, parser, print_json
from common.errors import MenzhenError
from common.settings import ROOT, Settings, get

VOICE_PYTHON = ROOT / ".venv-voice" / "bin" / "python"
USAGE = "用法：./menzhen voice model [名字|文件]，或 ./menzhen voice train（--help 查看选项）"


def run(argv: Sequence[str]) -> int:
    if argv[:1] == ["train"]:
        command = [str(VOICE_PYTHON), "-m", "voice.training", *argv[1:]]
        return subprocess.call(command, env=os.environ | {"PYTHONPATH": str(ROOT)})
    if argv[:1] != ["model"]:
        raise CommandError(USAGE, 2)
    arguments = parser("voice model", "列出语音模型；下载公开的模型，或从文件安装。")
    arguments.add_argument("model", nargs="?", metavar="NAME|FILE", help="模型名字，或下载好的 zip 文件")
    arguments.add_argument("--sha256", help="压缩包的 SHA-256；表里没有时必须给出")
    arguments.add_argument("--url", help="从别处下载（内网镜像）；核对不变")
    arguments.add_argument("--json", action="store_true")
    options = arguments.parse_args(argv[1:])
    settings = get()
    try:
        if options.model is None:
            show(settings, options.json)
            return 0
        place = add(settings, options.model, options.sha256, options.url)
    except MenzhenError as error:
        return fail(error.message)
    if options.json:
        print_json({"model": place.name, "folder": str(place)})
    else:
        print(f"已安装：{place}\n要使用它，在 {settings.data_dir}/settings.env 写上")
        print(f"  MENZHEN_VOICE_MODEL={place.name}\n然后重新启动。")
    return 0


def show(settings: Settings, as_json: bool) -> None:
    """A line for each model: whether it is here, whether it is the one that is set."""
    from voice import models

    here = models.installed(settings)
    for name in dict.fromkeys([*here, *models.published()]):
        public = models.published().get(name)
        row = {"model": name, "installed": name in here, "set": name == settings.voice_model}
        if as_json:
            print_json(row)
            continue
        mark = "✓" if row["installed"] else " "
        used = "（正在使用）" if row["set"] else ""
        print(f"{mark} {name:<28}{public.title if public else '自带'}{used}")


def add(settings: Settings, wanted: str, sha256: str | None, url: str | None) -> Path:
    """Fetches a model by name, or installs it from a file. Raises VoiceError, CommandError."""
    from voice import fetch, models

    archive = Path(wanted).expanduser()
    from_file = archive.suffix == ".zip" or archive.is_file()
    name = archive.stem if from_file else wanted
    public = models.published().get(name)
    if public is None and not from_file:
        raise CommandError(f"没有这个公开模型：{wanted}。可用：{'、'.join(models.published())}", 2)
    if from_file and not archive.is_file():
        raise CommandError(f"没有这个文件：{archive}", 2)
    expected = (public.sha256 if public else "") or (sha256 or "")
    if not expected:
        raise CommandError(
            f"{name} 没有公布过可核对的 SHA-256。没有核对过的文件不能交给识别器："
            "请从可信的来源查到它，用 --sha256 给出",
            2,
        )
    folder = models.folder_of(settings)
    folder.mkdir(parents=True, exist_ok=True)
    size = public.bytes if public else None
    if not from_file:
        assert public
        archive = folder / f"{name}.zip.part"
        with Bar(f"下载 {name}") as bar:
            fetch.download(public, archive, url or public.url, bar)
    try:
        with Bar("核对") as bar:
            fetch.verify(archive, expected, size, bar)
    except MenzhenError:
        if not from_file:
            archive.unlink(missing_ok=True)
        raise
    print("解开并试读 …", file=sys.stderr, flush=True)
    place = fetch.install(archive, name, folder, public.unpacked if public else 2**33)
    if not from_file:
        archive.unlink()
    return place


class Bar:
    """Progress on standard error: a line that moves in a terminal, now and then a line elsewhere."""

    def __init__(self, title: str) -> None:
        self.title, self.shown, self.tty = title, 0.0, sys.stderr.isatty()

    def __enter__(self) -> "Bar":
        return self

    def __exit__(self, *_: object) -> None:
        if self.tty:
            print(file=sys.stderr)

    def __call__(self, done: int, total: int | None) -> None:
        now = time.monotonic()
        if done != total and now - self.shown < (0.2 if self.tty else 15):
            return
        self.shown = now
        of = f"/{total / 1e6:,.1f} MB，{done / total:.0%}" if total else " MB"
        start = "\r\033[K" if self.tty else ""
        print(
            f"{start}  {self.title} {done / 1e6:,.1f}{of}",
            end="" if self.tty else "\n",
            file=sys.stderr,
            flush=True,
        )
