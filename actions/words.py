"""How things are said: money, days, times and lists, in the Chinese of a friendly front desk."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from common.clock import SHANGHAI

WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")


def yuan(fen: int) -> str:
    """Fen as people say it: 1500 → `15元`, 1550 → `15.50元`."""
    return f"{fen // 100}元" if fen % 100 == 0 else f"{fen / 100:.2f}元"


def moment(text: str | datetime) -> datetime:
    """An ISO 8601 time in the clinic's zone. A time without offset is local. Raises ValueError."""
    value = text if isinstance(text, datetime) else datetime.fromisoformat(text)
    return value.replace(tzinfo=SHANGHAI) if value.tzinfo is None else value.astimezone(SHANGHAI)


def half(when: datetime) -> str:
    """上午, 下午 or 晚上."""
    return "上午" if when.hour < 12 else "下午" if when.hour < 18 else "晚上"


def day(when: date | datetime, today: date | None = None) -> str:
    """`11月24日 周二`; with `today` the near days are said as people do: `明天（11月24日 周二）`."""
    plain = when.date() if isinstance(when, datetime) else when
    text = f"{plain.month}月{plain.day}日 {WEEKDAYS[plain.weekday()]}"
    if today is None:
        return text
    near = {0: "今天", 1: "明天", 2: "后天"}.get((plain - today).days)
    return f"{near}（{text}）" if near else text


def span(start: str | datetime, end: str | datetime | None = None, today: date | None = None) -> str:
    """`11月24日 周二 上午 09:00–09:30`."""
    begin = moment(start)
    date_said = day(begin, today)
    gap = "" if date_said.endswith("）") else " "
    text = f"{date_said}{gap}{half(begin)} {clock_time(begin)}"
    return f"{text}–{clock_time(moment(end))}" if end else text


def clock_time(when: datetime) -> str:
    """`09:00`, `14:30`."""
    return f"{when.hour:02d}:{when.minute:02d}"


def ago(when: datetime, now: datetime) -> str:
    """A past day as people say it: 今天 09:30, 昨天 16:10, 11月3日."""
    days = (now.date() - when.date()).days
    if days in (0, 1):
        return f"{('今天', '昨天')[days]} {clock_time(when)}"
    year = f"{when.year}年" if when.year != now.year else ""
    return f"{year}{when.month}月{when.day}日"


def place(campus: str, location: str, room: str = "") -> str:
    """Where to go, the campus said once."""
    where = location or room
    return where if campus in where else f"{campus} {where}".strip()


def listed(parts: Iterable[str], last: str = "和") -> str:
    """`甲、乙和丙`."""
    items: Sequence[str] = [part for part in parts if part]
    if len(items) < 2:
        return "".join(items)
    return "、".join(items[:-1]) + last + items[-1]


def interval(value: dict[str, str]) -> tuple[datetime, datetime]:
    """The half-open interval of a `date_time` value; an open end means the rest of that day. Raises ValueError, KeyError."""
    start = moment(value["start"])
    if value.get("end"):
        return start, moment(value["end"])
    return start, datetime.combine(start.date(), datetime.min.time(), SHANGHAI) + timedelta(days=1)
