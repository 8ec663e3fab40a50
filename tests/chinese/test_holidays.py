"""Public holidays, make-up days, and files on top."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from chinese import holidays
from chinese.time import parse
from chinese.time.festivals import festival_day


def test_days_off_and_made_up() -> None:
    assert not holidays.is_workday(date(2026, 10, 1))
    assert holidays.holiday_of(date(2026, 10, 7)) == "国庆节"
    assert holidays.is_workday(date(2026, 9, 20))
    assert holidays.is_workday(date(2026, 11, 20))
    assert not holidays.is_workday(date(2026, 11, 21))
    assert holidays.holiday_of(date(2026, 11, 21)) is None


def test_ranges_by_what_people_call_them() -> None:
    assert holidays.holiday_range("五一", 2026) == (date(2026, 5, 1), date(2026, 5, 5))
    assert holidays.holiday_range("国庆", 2025) == (date(2025, 10, 1), date(2025, 10, 8))
    assert holidays.holiday_range("中秋", 2025) == (date(2025, 10, 1), date(2025, 10, 8))
    assert holidays.holiday_range("春节", 2020)[1] == date(2020, 2, 2)
    assert holidays.holiday_of(date(2022, 12, 31)) == "元旦"


def test_unknown_years_are_said() -> None:
    with pytest.raises(holidays.UnknownYear, match="2031年"):
        holidays.is_workday(date(2031, 1, 1))
    with pytest.raises(holidays.UnknownYear):
        holidays.holiday_range("春节", 2031)
    with pytest.raises(holidays.UnknownHoliday):
        holidays.holiday_range("护士节", 2026)


def test_every_make_up_day_is_a_weekend_day_that_is_worked() -> None:
    for year, entries in holidays.TABLE.years.items():
        assert {"元旦", "春节", "清明节", "劳动节", "端午节", "国庆节", "中秋节"} == {
            n for h in entries for n in h.names
        }, year
        for holiday in entries:
            assert all(day.weekday() >= 5 and holidays.is_workday(day) for day in holiday.work)
            assert not any(
                holidays.is_workday(day)
                for day in (holiday.first, holiday.last)
                if holidays.TABLE.known(day.year)
            )


def test_every_holiday_holds_its_festival() -> None:
    names = {"清明节": "清明", "劳动节": "劳动节", "国庆节": "国庆节", "元旦": "元旦"}
    for year, entries in holidays.TABLE.years.items():
        for holiday in entries:
            for name in holiday.names:
                day = festival_day(names.get(name, name), year)
                assert day is not None and holiday.first <= day <= holiday.last, (name, year)


def test_one_day_off_beside_a_weekend_is_three() -> None:
    assert holidays.holiday_range("元旦", 2024) == (date(2023, 12, 30), date(2024, 1, 1))
    assert holidays.holiday_range("端午", 2024) == (date(2024, 6, 8), date(2024, 6, 10))


def test_the_year_after_the_table_is_unknown_until_its_notice() -> None:
    last = max(holidays.TABLE.years)
    (match,) = parse(f"{last + 1}年国庆假期", datetime(last, 11, 20))
    assert match.start is None and match.note and str(last + 1) in match.note
    (day,) = parse("三个工作日后", datetime(last, 12, 31))
    assert day.start is None and day.note
    (known,) = parse(f"{last + 1}年国庆节", datetime(last, 11, 20))
    assert known.start is not None and known.start.date() == date(last + 1, 10, 1)


def test_working_days_are_counted_over_a_holiday() -> None:
    table = holidays.load()
    assert table.workday_after(date(2026, 9, 30)) == date(2026, 10, 8)
    assert table.workday_after(date(2026, 10, 8), -1) == date(2026, 9, 30)
    assert table.workday_after(date(2026, 10, 9)) == date(2026, 10, 10)


def test_a_file_adds_a_year(tmp_path: Path) -> None:
    extra = tmp_path / "2031.toml"
    extra.write_text(
        '[[year]]\nyear = 2031\nnotice = "医院通知"\n'
        'holidays = [{ name = "元旦", first = 2031-01-01, last = 2031-01-01, work = [2031-01-04] }]\n',
        encoding="utf-8",
    )
    table = holidays.load(extra)
    assert not table.is_workday(date(2031, 1, 1)) and table.is_workday(date(2031, 1, 4))
    assert table.is_workday(date(2026, 9, 20))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("nonsense", "无法读取"),
        ("[[year]]\nyear = 31", "缺少有效的 year"),
        ("[[year]]\nyear = 2031", "notice"),
        (
            '[[year]]\nyear = 2031\nnotice = "x"\nholidays = [{name = "元旦", first = 2031-01-02, last = 2031-01-01}]',
            "日期区间",
        ),
        (
            '[[year]]\nyear = 2031\nnotice = "x"\nholidays = [{name = "元旦", first = 2031-01-01, last = 2031-01-01, work = [2031-01-06]}]',
            "周末",
        ),
        ("years = 1", "years"),
    ],
)
def test_malformed_files_say_what_is_wrong(tmp_path: Path, body: str, message: str) -> None:
    path = tmp_path / "holidays.toml"
    path.write_text(body, encoding="utf-8")
    with pytest.raises(holidays.HolidayFileError, match=message):
        holidays.read_file(path)
