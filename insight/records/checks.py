"""What makes a visit record usable: the same rules for files (as SQL over a staging table) and for live events."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from insight.records.schema import COLUMNS, DURATIONS, INTEGERS, REQUIRED, STATUSES, TIMES

SHANGHAI = ZoneInfo("Asia/Shanghai")
_STATUS_LIST = ", ".join(f"'{s}'" for s in STATUSES)

# Lines with one of these are left out and reported.
ERRORS: dict[str, str] = {
    "时间读不懂": "bad_time",
    "没有就诊号": "visit_id IS NULL OR trim(visit_id) = ''",
    "没有科室": "department IS NULL OR trim(department) = ''",
    "没有就诊时间": "appointment_start IS NULL",
    "状态不认识": f"status IS NULL OR status NOT IN ({_STATUS_LIST})",
    "满意度不在 1–5": "satisfaction IS NOT NULL AND satisfaction NOT BETWEEN 1 AND 5",
    "投诉标记不是 0/1": "complaint IS NOT NULL AND complaint NOT IN (0, 1)",
    "初诊标记不是 0/1": "first_visit IS NOT NULL AND first_visit NOT IN (0, 1)",
    "费用为负": "least(coalesce(fee_total, 0), coalesce(fee_drug, 0), coalesce(fee_exam, 0)) < 0",
    "年龄不合理": "age IS NOT NULL AND age NOT BETWEEN 0 AND 150",
}
# Lines with one of these are kept and reported.
WARNINGS: dict[str, str] = {
    "时间先后颠倒（该时长按缺失处理）": " OR ".join(f"{end} < {start}" for start, end in DURATIONS.values()),
    "发生时间在将来": "greatest({}) > $now".format(
        ", ".join(name for name in TIMES if name not in ("appointment_start", "booked_at"))
    ),
}


def derived_sql() -> dict[str, str]:
    """Derived column → DuckDB expression over the staged columns."""
    out = {"visit_date": "appointment_start::DATE", "visit_hour": "hour(appointment_start)"}
    for name, (start, end) in DURATIONS.items():
        out[name] = f"CASE WHEN {end} >= {start} THEN date_diff('second', {start}, {end}) END"
    return out


def derive(row: dict[str, Any]) -> dict[str, Any]:
    """The record with its derived columns, for single rows from the live feed."""
    start = row["appointment_start"]
    out = row | {"visit_date": start.date(), "visit_hour": start.hour}
    for name, (a, b) in DURATIONS.items():
        first, last = row.get(a), row.get(b)
        seconds = int((last - first).total_seconds()) if first and last else -1
        out[name] = seconds if seconds >= 0 else None
    return out


def parse_values(data: Mapping[str, Any]) -> dict[str, Any]:
    """Typed columns from an event's data; unknown keys are left out. Raises ValueError with the column's name."""
    out: dict[str, Any] = {}
    for name in COLUMNS:
        if name not in data:
            continue
        value = data[name]
        if value is None or value == "":
            out[name] = None
        elif name in TIMES:
            moment = value if isinstance(value, datetime) else _time(name, value)
            out[name] = moment.astimezone(SHANGHAI).replace(tzinfo=None) if moment.tzinfo else moment
        elif name in INTEGERS:
            try:
                out[name] = int(value)
            except (TypeError, ValueError):
                raise ValueError(f"{name}: not a whole number") from None
        else:
            out[name] = str(value)
    return out


def _time(name: str, value: Any) -> datetime:
    try:
        return datetime.fromisoformat(str(value))
    except ValueError:
        raise ValueError(f"{name}: not an ISO 8601 time") from None


def fault(row: Mapping[str, Any]) -> str | None:
    """What makes a whole record unusable, in Chinese; None where nothing does."""
    for name in REQUIRED:
        if row.get(name) in (None, ""):
            return f"缺少 {name}"
    if row["status"] not in STATUSES:
        return "状态不认识"
    score = row.get("satisfaction")
    if score is not None and not 1 <= score <= 5:
        return "满意度不在 1–5"
    for name in ("complaint", "first_visit"):
        if row.get(name) not in (None, 0, 1):
            return f"{name} 不是 0/1"
    if min(row.get(name) or 0 for name in ("fee_total", "fee_drug", "fee_exam")) < 0:
        return "费用为负"
    return None
