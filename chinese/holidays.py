"""Public holidays and make-up working days, from `holidays.toml` and files of the same form on top of it.

A year that is in no file is unknown, and said to be: `UnknownYear`. Nothing is guessed.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeGuard

DEFAULT_FILE = Path(__file__).with_name("holidays.toml")
# What people call them.
ALIASES = {
    **dict.fromkeys(("元旦", "元旦节", "新年"), "元旦"),
    **dict.fromkeys(("春节", "过年", "农历新年", "新春"), "春节"),
    **dict.fromkeys(("清明", "清明节"), "清明节"),
    **dict.fromkeys(("五一", "劳动节", "五一劳动节", "五一节"), "劳动节"),
    **dict.fromkeys(("端午", "端午节"), "端午节"),
    **dict.fromkeys(("中秋", "中秋节"), "中秋节"),
    **dict.fromkeys(("国庆", "国庆节", "十一", "十一国庆节"), "国庆节"),
}


class HolidayError(Exception):
    """Root of what can be wrong with holidays: `code`, a Chinese message for people."""

    code = "holiday"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class UnknownYear(HolidayError):
    """The year's arrangement is in no file: it is not published, or not added yet."""

    code = "holiday_unknown_year"

    def __init__(self, year: int) -> None:
        super().__init__(f"{year}年的放假安排不在节假日表中，无法确定")
        self.year = year


class UnknownHoliday(HolidayError):
    """No such public holiday."""

    code = "holiday_unknown_name"


class HolidayFileError(HolidayError):
    """A holiday file does not keep to its form; the message names the file and the place."""

    code = "holiday_file"


@dataclass(frozen=True, slots=True)
class Holiday:
    """Days off `first` to `last` (both counted in) and the weekend days that are worked for it."""

    name: str
    first: date
    last: date
    work: tuple[date, ...] = ()
    also: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Its festivals."""
        return (self.name, *self.also)


@dataclass(slots=True)
class HolidayTable:
    """The arrangements of the years that are known."""

    years: dict[int, tuple[Holiday, ...]] = field(default_factory=dict)
    off: dict[date, str] = field(default_factory=dict)
    worked: set[date] = field(default_factory=set)

    def add_file(self, path: Path | str) -> None:
        """Reads a file on top; a year that is in it replaces that year. `HolidayFileError` where it is malformed."""
        self.add_years(read_file(Path(path)))

    def add_years(self, years: dict[int, tuple[Holiday, ...]]) -> None:
        """Adds or replaces whole years."""
        self.years.update(years)
        every = [holiday for holidays in self.years.values() for holiday in holidays]
        self.off = {day: h.name for h in every for day in _days(h.first, h.last)}
        self.worked = {day for h in every for day in h.work}

    def known(self, year: int) -> bool:
        """Whether the year's arrangement is known."""
        return year in self.years

    def is_workday(self, day: date) -> bool:
        """Whether the day is worked, make-up days included; `UnknownYear`."""
        self._require(day.year)
        return day in self.worked or (day.weekday() < 5 and day not in self.off)

    def holiday_of(self, day: date) -> str | None:
        """The public holiday that the day is off for, or None; `UnknownYear`."""
        self._require(day.year)
        return self.off.get(day)

    def holiday(self, name: str, year: int) -> Holiday:
        """The holiday of that name (国庆, 五一 and so on are understood) in a year's arrangement."""
        canonical = ALIASES.get(name, name)
        self._require(year)
        for holiday in self.years[year]:
            if canonical in holiday.names:
                return holiday
        raise UnknownHoliday(f"节假日表里没有“{name}”")

    def holiday_range(self, name: str, year: int) -> tuple[date, date]:
        """First and last day off, both counted in."""
        holiday = self.holiday(name, year)
        return holiday.first, holiday.last

    def next_holiday(self, after: date) -> Holiday:
        """The first holiday that begins after the day; `UnknownYear` where the table ends before it."""
        self._require(after.year)
        coming = [
            h for year in (after.year, after.year + 1) for h in self.years.get(year, ()) if h.first > after
        ]
        if not coming:
            raise UnknownYear(after.year + 1)
        return min(coming, key=lambda holiday: holiday.first)

    def last_holiday(self, before: date) -> Holiday:
        """The last holiday that has begun by the day; `UnknownYear` where the table begins after it."""
        self._require(before.year)
        past = [
            h
            for year in (before.year - 1, before.year)
            for h in self.years.get(year, ())
            if h.first <= before
        ]
        if not past:
            raise UnknownYear(before.year - 1)
        return max(past, key=lambda holiday: holiday.first)

    def workday_after(self, day: date, count: int = 1) -> date:
        """The `count`-th working day after the day (before it where negative); `UnknownYear`."""
        step = timedelta(days=1 if count > 0 else -1)
        left = abs(count)
        while left:
            day += step
            left -= self.is_workday(day)
        return day

    def _require(self, year: int) -> None:
        if year not in self.years:
            raise UnknownYear(year)


def _days(first: date, last: date) -> Iterable[date]:
    return (first + timedelta(days=offset) for offset in range((last - first).days + 1))


def read_file(path: Path) -> dict[int, tuple[Holiday, ...]]:
    """The years of a holiday file; `HolidayFileError` names what is wrong and where."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise HolidayFileError(f"无法读取节假日文件 {path.name}：{error}") from error
    unknown = set(data) - {"year"}
    blocks = data.get("year")
    if unknown or not isinstance(blocks, list):
        raise HolidayFileError(
            f"{path.name}：顶层只能有 [[year]] 条目（多出：{'、'.join(sorted(unknown)) or '无'}）"
        )
    years: dict[int, tuple[Holiday, ...]] = {}
    for block in blocks:
        year, holidays = _read_year(block, path.name)
        if year in years:
            raise HolidayFileError(f"{path.name}：{year}年出现了两次")
        years[year] = holidays
    return years


def _read_year(block: Any, file: str) -> tuple[int, tuple[Holiday, ...]]:
    year = block.get("year") if isinstance(block, dict) else None
    if not isinstance(year, int) or not 1949 <= year <= 2100:
        raise HolidayFileError(f"{file}：[[year]] 缺少有效的 year（1949–2100）")
    extra = set(block) - {"year", "notice", "holidays"}
    if extra or not isinstance(block.get("notice"), str) or not isinstance(block.get("holidays"), list):
        raise HolidayFileError(f"{file}：{year}年需要 notice（文字）和 holidays（列表），且不能有别的键")
    return year, tuple(_read_holiday(entry, f"{file}：{year}年") for entry in block["holidays"])


def _read_holiday(entry: Any, where: str) -> Holiday:
    if not isinstance(entry, dict) or set(entry) - {"name", "also", "first", "last", "work"}:
        raise HolidayFileError(f"{where}的假期只能有 name、also、first、last、work")
    name, first, last = entry.get("name"), entry.get("first"), entry.get("last")
    if not isinstance(name, str) or not name:
        raise HolidayFileError(f"{where}有一个假期没有 name")
    if not _is_date(first) or not _is_date(last) or first > last or (last - first).days > 31:
        raise HolidayFileError(f"{where}“{name}”的 first、last 不是正确的日期区间")
    work, also = entry.get("work", []), entry.get("also", [])
    if not isinstance(work, list) or not all(_is_date(day) and day.weekday() >= 5 for day in work):
        raise HolidayFileError(f"{where}“{name}”的 work 应是需要上班的周末日期")
    if not isinstance(also, list) or not all(isinstance(other, str) for other in also):
        raise HolidayFileError(f"{where}“{name}”的 also 应是名称列表")
    return Holiday(name, first, last, tuple(work), tuple(also))


def _is_date(value: Any) -> TypeGuard[date]:
    return type(value) is date


def load(*extra: Path | str) -> HolidayTable:
    """A table from the file that ships with the project and the files given, later ones on top."""
    table = HolidayTable()
    for path in (DEFAULT_FILE, *extra):
        table.add_file(path)
    return table


TABLE = load()
"""The table that the time parser and the functions below use; `TABLE.add_file(path)` extends it."""


def is_workday(day: date) -> bool:
    """Whether the day is worked, make-up days included; `UnknownYear` where the year is in no file."""
    return TABLE.is_workday(day)


def holiday_of(day: date) -> str | None:
    """The public holiday that the day is off for (国庆节), or None; `UnknownYear`."""
    return TABLE.holiday_of(day)


def holiday_range(name: str, year: int) -> tuple[date, date]:
    """First and last day off of a holiday, both counted in; `UnknownYear`, `UnknownHoliday`."""
    return TABLE.holiday_range(name, year)
