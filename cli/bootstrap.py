"""First use: makes the environments with pinned, hashed packages; later uses cost one look at a stamp.

Standard library only, since nothing is installed yet when it runs.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MAIN, BOT, VOICE = ROOT / ".venv", ROOT / ".venv-bot", ROOT / ".venv-voice"
# Which commands need Rasa's environment, and which the packages that only tests use.
NEEDS_BOT = {"up", "test", "train", "parse", "bench"}
NEEDS_TEST = {"test"}
TITLES = {MAIN: "主环境", BOT: "Rasa 环境", VOICE: "语音训练环境"}


class SetupError(Exception):
    """Something on the machine is missing; the message is one line for the person."""


def stamp(requirements: Path) -> str:
    """What the environment's stamp says when it holds exactly these requirements."""
    return hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()


def is_ready(environment: Path, requirements: Path) -> bool:
    """Whether the environment was completed with these requirements."""
    stamps = environment / "menzhen.stamp"
    return stamps.exists() and stamp(requirements) in stamps.read_text().split()


class Install:
    """One environment being filled by pip in the background."""

    def __init__(self, environment: Path, requirements: Path) -> None:
        self.environment, self.requirements = environment, requirements
        self.total = sum(1 for line in requirements.read_text().splitlines() if line[:1].isalnum())
        self.log = tempfile.TemporaryFile("w+")  # noqa: SIM115 - lives as long as the process below
        if not (environment / "bin" / "python").exists():
            venv.create(environment, with_pip=True, symlinks=True)
        command = [environment / "bin" / "python", "-m", "pip", "install", "--no-deps", "--require-hashes"]
        if environment == BOT:
            # Rasa's metadata say < 3.11; it is tested on 3.11 with these pins.
            command.append("--ignore-requires-python")
        command += ["--no-input", "--disable-pip-version-check", "-r", requirements]
        self.process = subprocess.Popen(
            [str(part) for part in command], stdout=self.log, stderr=subprocess.STDOUT, cwd=ROOT
        )

    def lines(self) -> list[str]:
        self.log.seek(0)
        return self.log.read().splitlines()

    def progress(self) -> str:
        """For instance `主环境 40/135`."""
        lines = self.lines()
        done = sum(1 for line in lines if line.startswith(("Collecting ", "Requirement already")))
        state = f"{min(done, self.total)}/{self.total}"
        if any(line.startswith("Installing collected") for line in lines):
            state = "正在安装"
        if self.process.poll() == 0:
            state = "完成"
        return f"{TITLES[self.environment]} {state}"

    def finish(self) -> None:
        """Writes the stamp. Raises SetupError with pip's own last error."""
        if self.process.wait() != 0:
            errors = [line for line in self.lines() if "ERROR" in line] or ["pip failed"]
            hint = "（其中 torch 要 CPU 版，请把它的安装源加进 pip 的 find-links 或 extra-index-url）"
            where = hint if self.environment == VOICE and "torch" in errors[0] else ""
            raise SetupError(f"安装{TITLES[self.environment]}失败：{errors[0].strip()}{where}")
        with (self.environment / "menzhen.stamp").open("a") as stamps:
            stamps.write(stamp(self.requirements) + "\n")


def prepare(wanted: list[tuple[Path, Path]]) -> None:
    """Install what is not there, both environments at once, with progress on standard error."""
    missing = [pair for pair in wanted if not is_ready(*pair)]
    if not missing:
        return
    free = shutil.disk_usage(ROOT).free / 2**30
    if BOT in (environment for environment, _ in missing) and free < 4:
        raise SetupError(f"磁盘空间不够：需要 4 GB，只剩 {free:.1f} GB。")
    began = time.monotonic()
    print("首次使用，正在准备运行环境（约几分钟，只做一次）…", file=sys.stderr, flush=True)
    installs = [Install(*pair) for pair in missing]
    tty = sys.stderr.isatty()
    shown, last = "", 0.0
    while any(install.process.poll() is None for install in installs):
        time.sleep(1)
        now = time.monotonic()
        text = f"  {' · '.join(i.progress() for i in installs)} · {now - began:.0f} 秒"
        if tty:
            print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
        elif now - last > 20 and text != shown:
            print(text, file=sys.stderr, flush=True)
            shown, last = text, now
    if tty:
        print(file=sys.stderr)
    for install in installs:
        install.finish()
    print(f"  运行环境已就绪，用时 {time.monotonic() - began:.0f} 秒。", file=sys.stderr, flush=True)


def needs_voice(argv: list[str]) -> bool:
    """Only who builds the speech model needs PyTorch: `voice train`, and tests where nothing may be skipped."""
    return argv[:2] == ["voice", "train"] or (
        argv[:1] == ["test"] and "MENZHEN_REQUIRE_SERVICES" in os.environ
    )


def main(argv: list[str]) -> int:
    command = argv[0] if argv else ""
    requirements = ROOT / "requirements"
    test = is_ready(MAIN, requirements / "test.txt")
    wanted = [(MAIN, requirements / ("test.txt" if test or command in NEEDS_TEST else "main.txt"))]
    if command in NEEDS_BOT:
        wanted.append((BOT, requirements / "bot.txt"))
    if needs_voice(argv):
        wanted.append((VOICE, requirements / "voice.txt"))
    try:
        if command not in ("", "-h", "--help"):
            prepare(wanted)
    except (SetupError, OSError) as error:
        print(f"menzhen: {error}", file=sys.stderr)
        return 1
    python = MAIN / "bin" / "python"
    if not python.exists():
        python = Path(sys.executable)
    os.execv(python, [str(python), "-m", "cli", *argv])


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
