"""Links under which an answer's table can be fetched as a file for a spreadsheet (导出).

A link holds the questions, who asked and when, signed, and is good for ten minutes. The table is made anew when the
link is followed, with the rights of the one who asked: the link can show no more than the answer did. It is no log-in:
no other door accepts it.
"""

import csv
import io
import time
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from common.settings import get
from insight.answer import units
from insight.catalogue import get as catalogue_of
from insight.compile.permissions import Viewer
from insight.errors import InsightError
from insight.interpretation import SHANGHAI

if TYPE_CHECKING:
    from insight.engine import Insight

ISSUER = "menzhen-export"
SECONDS = 600
PATH = "/insight/export/"
LONGEST = 6000
"""Characters of a link; a conversation that needs more is not exported."""


class LinkExpired(InsightError):
    status = 410
    code = "link_expired"
    message = "这个下载链接已失效（十分钟内有效）。请回到对话里再说一次“导出”。"


class NothingToExport(InsightError):
    status = 404
    code = "nothing_to_export"
    message = "这个回答没有表格可以导出。"


@dataclass(frozen=True, slots=True)
class Download:
    name: str
    content: bytes
    """CSV, UTF-8 with a byte order mark, so that Excel shows Chinese."""

    @property
    def headers(self) -> dict[str, str]:
        return {
            "Content-Disposition": f"attachment; filename=\"export.csv\"; filename*=UTF-8''{quote(self.name)}",
            "Cache-Control": "no-store",
        }


def _key() -> OctKey:
    return OctKey.import_key(get().key().encode())


def link(viewer: Viewer, questions: list[str], now: datetime) -> dict[str, Any] | None:
    """`url` (a path of the gateway) and `expires_at`; None where the conversation is too long for a link.

    Raises common.errors.SettingsError where no system is set up here that could serve it.
    """
    expires = int(time.time()) + SECONDS
    who = [viewer.role, viewer.department, viewer.doctor, viewer.subject]
    body = {"iss": ISSUER, "exp": expires, "who": who, "ask": questions, "now": now.isoformat()}
    token = jwt.encode({"alg": "HS256"}, body, _key())
    if len(token) > LONGEST:
        return None
    until = datetime.fromtimestamp(expires, SHANGHAI).isoformat()
    return {"url": PATH + token, "expires_at": until}


def follow(insight: "Insight", token: str) -> Download:
    """The file behind a link. Raises LinkExpired, NothingToExport, and Forbidden's like where rights are gone."""
    try:
        decoded = jwt.decode(token, _key(), algorithms=["HS256"])
        jwt.JWTClaimsRegistry(iss={"essential": True, "value": ISSUER}, exp={"essential": True}).validate(
            decoded.claims
        )
        viewer = Viewer(*decoded.claims["who"])
        now = datetime.fromisoformat(decoded.claims["now"])
        questions = [str(q) for q in decoded.claims["ask"]]
    except (JoseError, ValueError, KeyError, TypeError):
        raise LinkExpired() from None
    session = f"export:{token[-32:]}"
    answer: dict[str, Any] = {}
    try:
        for question in questions:
            answer = insight.ask(question, viewer, now, session)
    finally:
        insight.forget(viewer, session)
    if answer.get("status") != "answered" or not answer["rows"]:
        raise NothingToExport(answer.get("answer") or None)
    return Download(f"门诊数据-{now:%Y%m%d-%H%M}.csv", sheet(answer))


def sheet(answer: dict[str, Any]) -> bytes:
    """The rows of an answer: Chinese titles with units, plain numbers, per cent for rates; below them what they are."""
    if (answer.get("interpretation") or {}).get("also"):
        return _page(_several(answer), answer)
    columns = [c["key"] for c in answer["table"]["columns"]]
    unit = "%" if answer["unit"] == "rate" else units.SUFFIX.get(answer["unit"] or "", "")
    titles = []
    for column in answer["table"]["columns"]:
        suffix = unit if column["key"] in MEASURED else "%" if column["key"] in PARTS else ""
        titles.append(f"{column['title']}（{suffix}）" if suffix else column["title"])
    lines: list[list[Any]] = [titles]
    for row, shown in zip(answer["rows"], answer["table"]["rows"], strict=True):
        lines.append([_cell(c, row.get(c), s, answer["unit"]) for c, s in zip(columns, shown, strict=True)])
    return _page(lines, answer)


def _several(answer: dict[str, Any]) -> list[list[Any]]:
    """A line for each number of an answer that has several, with its metric and unit: 挂号量和收入."""
    catalogue = catalogue_of()
    titles = {name: dimension.name for name, dimension in catalogue.dimensions.items()}
    titles |= {"metric": "指标", "aggregation": "汇总", "order": "次序", "part": "其中", "value": "数值", "previous": "对照期",
               "change": "变化", "change_rate": "变化率（%）", "share": "占比（%）", "unit": "单位", "n": "就诊数"}  # fmt: skip
    columns = [c for c in dict.fromkeys(key for row in answer["rows"] for key in row) if c in titles]
    lines: list[list[Any]] = [[titles[c] for c in columns]]
    for row in answer["rows"]:
        names = {
            "metric": catalogue.metrics[row["metric"]].name
            if row["metric"] in catalogue.metrics
            else row["metric"],
            "unit": "%" if row["unit"] == "rate" else units.SUFFIX.get(row["unit"] or "", ""),
            "order": {"desc": "由高到低", "asc": "由低到高"}.get(row.get("order") or "", ""),
            "aggregation": units.AGGREGATIONS.get(
                row.get("aggregation") or "", str(row.get("aggregation") or "").upper()
            ),
        }
        names |= {d: units.label(d, row[d], catalogue) for d in catalogue.dimensions if d in row}
        lines.append(
            [
                _safe(names[c]) if c in names else _cell(c, row.get(c), str(row.get(c) or ""), row["unit"])
                for c in columns
            ]
        )
    return lines


def _page(lines: list[list[Any]], answer: dict[str, Any]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerows(lines)
    writer.writerow([])
    for label, text in (
        ("说明", answer["answer"]),
        ("口径", answer["definition"]),
        ("数据截至", answer["as_of"]),
    ):
        if text:
            writer.writerow([label, _safe(str(text))])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


MEASURED = ("value", "previous", "change", "expected", "low", "high")
PARTS = ("share", "change_rate", "contribution")


def _cell(column: str, value: Any, shown: str, unit: str | None) -> Any:
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return "" if value is None and column in (*MEASURED, *PARTS) else _safe(shown)
    if column in PARTS or (column in MEASURED and unit == "rate"):
        return round(value * 100, 4)
    return round(value, 4) if column in (*MEASURED, "n", "from", "to") else _safe(shown)


def _safe(text: str) -> str:
    """A name from the records that a spreadsheet would take for a formula is text."""
    return "'" + text if text[:1] in "=+-@\t\r" else text
