"""Public speech models onto this machine: download with resume, size and hash checked, safe unpacking, a trial load."""

from __future__ import annotations

import hashlib
import shutil
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

import httpx

from voice import models
from voice.errors import ModelError
from voice.models import Published

Progress = Callable[[int, int | None], None]
"""Called with the bytes that are there and the bytes that there will be, None where nobody knows."""

MAX_ARCHIVE = 3 * 2**30
MAX_MEMBERS = 2_000
TRIES = 5
_BLOCK = 2**18
_TRIAL_SECONDS = 600
_TRIAL = """
import sys, vosk
vosk.SetLogLevel(-1)
recogniser = vosk.KaldiRecognizer(vosk.Model(model_path=sys.argv[1]), 16000.0)
recogniser.AcceptWaveform(bytes(32000))
recogniser.FinalResult()
"""


def download(model: Published, part: Path, url: str, progress: Progress) -> None:
    """The archive into `part`, going on where an earlier try broke off. Raises ModelError; what came stays for the next
    try."""
    part.parent.mkdir(parents=True, exist_ok=True)
    limit = model.bytes or MAX_ARCHIVE
    for _ in range(TRIES):
        before = _size(part)
        if model.bytes is not None and before == model.bytes:
            return
        try:
            if _stream(url, part, limit, progress):
                break
        except httpx.HTTPError as error:
            if _size(part) == before:
                raise ModelError(
                    f"下载不了 {model.name}：{_why(error)}。再运行一次会接着下载；"
                    "也可以用别的办法拿到压缩包，再用 ./menzhen voice model 文件 安装。",
                    detail=type(error).__name__,
                ) from None
    if model.bytes is not None and _size(part) != model.bytes:
        raise ModelError(
            f"{model.name} 没有下完：{_size(part):,} / {model.bytes:,} 字节。再运行一次会接着下载。",
            detail="short",
        )


def _stream(url: str, part: Path, limit: int, progress: Progress) -> bool:
    """One request; True where the server sent all that it had announced."""
    have = _size(part)
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    with httpx.stream("GET", url, headers=headers, timeout=30, follow_redirects=True) as answer:
        if answer.status_code == 416:
            # Nothing after what is there: whole, or of another archive; the hash will tell.
            return True
        answer.raise_for_status()
        resumed = answer.status_code == 206 and answer.headers.get("content-range", "").startswith(
            f"bytes {have}-"
        )
        have = have if resumed else 0
        announced = answer.headers.get("content-length", "")
        total = have + int(announced) if announced.isdigit() else None
        if total is not None and total > limit:
            raise ModelError(f"服务器给的文件有 {total:,} 字节，比应有的大，不要。", detail="too large")
        with part.open("ab" if resumed else "wb") as file:
            for block in answer.iter_raw():
                have += len(block)
                if have > limit:
                    raise ModelError("服务器给的文件比应有的大，不要。", detail="too large")
                file.write(block)
                progress(have, total)
    return total is None or have == total


def verify(archive: Path, sha256: str, size: int | None, progress: Progress) -> None:
    """Raises ModelError where the archive is not the one that it should be."""
    if size is not None and _size(archive) != size:
        raise ModelError(
            f"{archive.name} 有 {_size(archive):,} 字节，应有 {size:,}，不是这个模型。", detail="size"
        )
    digest = hashlib.sha256()
    done, total = 0, _size(archive)
    with archive.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            done += len(block)
            progress(done, total)
    if digest.hexdigest() != sha256.lower():
        raise ModelError(
            f"{archive.name} 的 SHA-256 是 {digest.hexdigest()}，应为 {sha256.lower()}，没有安装。",
            detail="hash",
        )


def install(archive: Path, name: str, folder: Path, unpacked: int) -> Path:
    """Unpacks a verified archive as `folder/name`, tries it, and only then puts it in place. Raises ModelError."""
    fresh, target = folder / f".{name}.new", folder / name
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        _unpack(archive, fresh, unpacked)
        models.check(fresh)
        _trial(fresh)
        shutil.rmtree(target, ignore_errors=True)
        fresh.rename(target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return target


def _unpack(archive: Path, target: Path, limit: int) -> None:
    try:
        with zipfile.ZipFile(archive) as content:
            members = list(_members(content, limit))
            free = shutil.disk_usage(archive.parent).free
            if sum(info.file_size for info, _ in members) > free:
                raise ModelError("磁盘空间不够，模型解不开。", detail="disk")
            written = 0
            for info, path in members:
                place = target / path
                place.parent.mkdir(parents=True, exist_ok=True)
                with content.open(info) as source, place.open("wb") as file:
                    while block := source.read(_BLOCK):
                        # The sizes in the headers are the archive's own word.
                        written += len(block)
                        if written > limit:
                            raise ModelError("压缩包解开后大得不正常，没有安装。", detail="bomb")
                        file.write(block)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise ModelError(f"{archive.name} 不是能解开的 zip 压缩包。", detail=type(error).__name__) from None


def _members(content: zipfile.ZipFile, limit: int) -> Iterator[tuple[zipfile.ZipInfo, PurePosixPath]]:
    """The files of the archive with their places, without the one folder that holds all. Raises ModelError where one
    would lie elsewhere, or is no file."""
    infos = [info for info in content.infolist() if not info.is_dir()]
    if len(infos) > MAX_MEMBERS or sum(info.file_size for info in infos) > limit:
        raise ModelError("压缩包解开后大得不正常，没有安装。", detail="bomb")
    paths = [PurePosixPath(info.filename) for info in infos]
    for info, path in zip(infos, paths, strict=True):
        mode = info.external_attr >> 16
        odd = path.is_absolute() or ".." in path.parts or "\\" in info.filename or ":" in info.filename
        if odd or info.flag_bits & 1 or (mode and not stat.S_ISREG(mode) and stat.S_IFMT(mode)):
            raise ModelError("压缩包里有不该有的路径或文件，没有安装。", detail="path")
    tops = {path.parts[0] for path in paths}
    inside = len(tops) == 1 and all(len(path.parts) > 1 for path in paths)
    for info, path in zip(infos, paths, strict=True):
        yield info, PurePosixPath(*path.parts[1:]) if inside else path


def _trial(folder: Path) -> None:
    """Vosk may end its process over a bad file, so another process tries first."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", _TRIAL, str(folder)], capture_output=True, timeout=_TRIAL_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise ModelError("识别器很久都没有读完这个模型，没有安装。", detail="trial timeout") from None
    if done.returncode != 0:
        raise ModelError(
            f"识别器读不了这个模型（退出码 {done.returncode}），没有安装。", detail=f"trial {done.returncode}"
        )


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _why(error: httpx.HTTPError) -> str:
    if isinstance(error, httpx.HTTPStatusError):
        return f"服务器回答 {error.response.status_code}"
    if isinstance(error, httpx.TimeoutException):
        return "网络太慢"
    return "连不上，或者连接断了"
