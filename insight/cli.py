"""What `./menzhen ask` and `./menzhen visits` do: with the running service, or on a store of one's own."""

import contextlib
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import orjson

from common import clock, settings, tokens
from common.errors import MenzhenError
from insight.compile.permissions import Viewer, parse_viewer
from insight.engine import Insight
from insight.errors import BadQuestion
from insight.records.exporting import export_csv
from insight.records.importing import Report, import_csv
from insight.records.store import Store

Progress = Callable[[int, int], None]
SESSION = "cli"


class BadRole(BadQuestion):
    code = "bad_role"


def _viewer(role: str) -> Viewer:
    try:
        return parse_viewer(role)
    except ValueError as error:
        raise BadRole(str(error)) from None


def ask(
    lines: Iterable[str],
    store: str | None,
    now: datetime | None,
    role: str = "director",
    as_json: bool = False,
) -> Iterator[str]:
    """An answer a line: JSON, or text for people. An empty line ends the conversation.

    Without a store the running service is asked (`now` is then its own clock). Raises MenzhenError where the
    role is none, or neither a service runs nor a store is there.
    """
    viewer = _viewer(role)
    answers = (
        _ask_service(lines, viewer) if store is None and _running() else _ask_store(lines, store, now, viewer)
    )
    for answer in answers:
        yield orjson.dumps(answer).decode() if as_json else text_of(answer)


def _ask_store(
    lines: Iterable[str], store: str | None, now: datetime | None, viewer: Viewer
) -> Iterator[dict[str, Any]]:
    opened = Store(store, create=False)
    try:
        insight = Insight(opened)
        for line in lines:
            question = line.strip()
            if question:
                yield insight.ask(question, viewer, now or clock.now(), SESSION)
            else:
                insight.forget(viewer, SESSION)
    finally:
        opened.close()


def _ask_service(lines: Iterable[str], viewer: Viewer) -> Iterator[dict[str, Any]]:
    claims = tokens.Claims(sub="cli", role=viewer.role, department=viewer.department, doctor=viewer.doctor)
    conversation = 0
    with httpx.Client(base_url=settings.get().insight_url, timeout=60) as client:
        for line in lines:
            question = line.strip()
            if not question:
                conversation += 1
                continue
            answer = client.post(
                "/insight/ask",
                json={"question": question, "session": f"{SESSION}-{id(client)}-{conversation}"},
                headers={"Authorization": f"Bearer {tokens.issue(claims)}"},
            )
            yield _body(answer)


def _body(answer: httpx.Response) -> dict[str, Any]:
    body = orjson.loads(answer.content)
    if answer.is_error:
        problem = body.get("error", {})
        raise MenzhenError(
            problem.get("message"), code=problem.get("code", "insight"), status=answer.status_code
        )
    return body


def _running() -> bool:
    """Whether this installation's service answers."""
    try:
        return httpx.get(settings.get().insight_url + "/ready", timeout=2).is_success
    except httpx.HTTPError:
        return False


def text_of(answer: dict[str, Any]) -> str:
    """An answer for the terminal: sentence, table, definition."""
    lines = [answer["answer"]]
    table = answer.get("table")
    if table and len(table["rows"]) > 1:
        lines.append("  ".join(column["title"] for column in table["columns"]))
        lines += ["  ".join(row) for row in table["rows"]]
    if answer.get("definition"):
        lines.append(f"口径：{answer['definition']}")
    link = (answer.get("export") or {}).get("url")
    if link:
        lines.append(f"下载：{settings.get().gateway_url}{link}")
    if answer["status"] == "refused" and answer["suggestions"]:
        lines.append("可以问：" + "；".join(answer["suggestions"]))
    return "\n".join(lines) + "\n"


def import_file(path: str | Path, store: str | None = None, progress: Progress | None = None) -> Report:
    """Imports a CSV file of visit records; a running service does it where no store is named.

    `progress(done, total)` counts rows. Raises ImportFailed where the file cannot be used at all.
    """
    path = Path(path).resolve()
    total = _lines(path)
    tell = _told(progress, total)
    if store is None and _running():
        return _import_by_service(path, tell, total)
    opened = Store(store)
    try:
        return import_csv(opened, path, clock.now(), tell)
    finally:
        opened.close()


def _lines(path: Path) -> int:
    if not path.is_file():
        return 0
    with path.open("rb") as handle:
        return max(0, sum(block.count(b"\n") for block in iter(lambda: handle.read(1 << 20), b"")) - 1)


def _told(progress: Progress | None, total: int) -> Callable[[str, int], None]:
    shares = {"读取": 0.0, "检查": 0.5, "写入": 0.6, "汇总": 0.7, "完成": 1.0}

    def tell(stage: str, rows: int) -> None:
        if progress:
            progress(round(total * shares.get(stage, 0.0)), total)

    return tell


def _import_by_service(path: Path, tell: Callable[[str, int], None], total: int) -> Report:
    tell("读取", 0)
    headers = {"Authorization": f"Bearer {tokens.service('cli', seconds=3600)}"}
    with httpx.Client(
        base_url=settings.get().insight_url, timeout=httpx.Timeout(30, read=3600), headers=headers
    ) as client:
        answer = _body(client.post("/insight/import", json={"path": str(path)}))
    tell("完成", total)
    return Report(**answer)


def export_file(path: str | Path | None, store: str | None = None) -> int:
    """Writes all records as CSV to a file, or to standard output where it is None. Returns how many."""
    if store is None and _running():
        return _export_by_service(path)
    opened = Store(store, create=False)
    try:
        if path is None:
            return export_csv(opened, sys.stdout)
        with Path(path).open("w", encoding="utf-8", newline="") as handle:
            return export_csv(opened, handle)
    finally:
        opened.close()


def _export_by_service(path: str | Path | None) -> int:
    headers = {"Authorization": f"Bearer {tokens.service('cli', seconds=3600)}"}
    count = -1
    with (
        contextlib.ExitStack() as stack,
        httpx.Client(base_url=settings.get().insight_url, timeout=600, headers=headers) as client,
        client.stream("GET", "/insight/export") as answer,
    ):
        if answer.is_error:
            answer.read()
            _body(answer)
        handle = sys.stdout.buffer if path is None else stack.enter_context(Path(path).open("wb"))
        for chunk in answer.iter_bytes():
            count += chunk.count(b"\n")
            handle.write(chunk)
    return count


def rebuild(store: str | None = None) -> None:
    """Makes a store's rollups anew from its records. Raises StoreError where there is none or a service holds it."""
    opened = Store(store, create=False)
    try:
        opened.rebuild()
    finally:
        opened.close()
