"""The Chinese lunisolar calendar, 1900–2100: conversion both ways, lunar festivals and the 24 solar terms.

The table was computed from the positions of sun and moon (new moons and solar longitudes after Meeus,
"Astronomical Algorithms", chapters 25 and 49; months as in GB/T 33661: by Beijing time, the winter solstice
in the eleventh month, the leap month the first without a major solar term).
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import accumulate

FIRST_YEAR = 1900
_FIRST_DAY = date(1900, 1, 31)

# A year is a hexadecimal number: its last digit the leap month (0: none), above it one bit a month in their
# order, the leap month after its namesake, the lowest bit first: 1 for thirty days, 0 for twenty-nine.
_YEARS = """
    16D28 07520 0EA50 164A5 064B0 0A9B0 155A4 056A0 0B590 17522
    07520 1B256 0B250 0A4B0 14AB5 02AD0 056B0 0B693 0DA90 1D927
    0E920 0D250 1A4D6 0A560 02B60 15B54 06D40 0EA90 1E922 0E920
    0D266 052B0 0A570 12B65 0B5A0 06D40 0EC93 07490 16937 0A930
    052B0 0A5B6 0AAD0 056A0 1B554 0BA40 0B490 1A932 0A950 152D7
    05360 0AAD0 15AA5 05B20 0DA50 1D4A3 0D4A0 0A958 0A970 05560
    0AB56 0AD50 06D20 0EA54 0EA50 064A0 0C973 0A9B0 155A7 056A0
    0B690 17525 0B520 0B250 164B4 0A4B0 14AB8 02AD0 056D0 0B696
    0DA90 0D920 1D254 0D250 1A4DA 0A560 02B60 05B56 06D50 0EA90
    1E925 0E920 0D260 0A563 0A570 14D68 035A0 06D50 16C95 07490
    06930 152B4 052B0 0A5B0 155A2 056A0 1B557 0BA40 0B490 1A935
    0A950 052D0 0AAD4 0AB50 15AA9 05D20 0DA50 1D4A6 0D4A0 0C950
    152E4 05560 0AB50 15B22 06D20 0EA56 07250 064B0 0C975 0CAB0
    055A0 0AD63 0B690 1752B 0B520 0B250 1A4B6 0A4B0 04AB0 055B5
    05AD0 0B6A0 1B522 0D920 1D257 0D250 0A550 14AD5 04B60 05B50
    0DAA3 0EC90 1E928 0E920 0D260 0A566 0A570 05560 06D54 07550
    07490 0E933 06930 152B7 052B0 0A5B0 155A5 056A0 0B650 174A4
    0B4A0 1A958 0A950 052D0 0AAD6 0AB50 05AA0 0BA54 0DA50 0D4A0
    1C953 0C960 194E7 05560 0AB50 15B25 06D20 0EA50 0E4A4 068B0
    0C978 04AB0 055B0 0AD66 0B6A0 07520 17254 0B450 0A8B0 149B2
    04AB0
"""


class LunarDateError(ValueError):
    """The lunar date does not exist, or lies outside the table."""


@dataclass(frozen=True, slots=True)
class LunarDate:
    """Year (by the number of the solar year in which it begins), month 1–12, day 1–30, leap month or not."""

    year: int
    month: int
    day: int
    leap: bool = False


@dataclass(frozen=True, slots=True)
class _Year:
    months: tuple[tuple[int, bool], ...]
    starts: tuple[int, ...]  # days from the first day of the year; one more than months


def _decode(code: str) -> _Year:
    value = int(code, 16)
    leap, bits = value & 15, value >> 4
    months = [(month, False) for month in range(1, 13)]
    if leap:
        months.insert(leap, (leap, True))
    lengths = [30 if bits >> place & 1 else 29 for place in range(len(months))]
    return _Year(tuple(months), tuple(accumulate(lengths, initial=0)))


_TABLE = tuple(_decode(code) for code in _YEARS.split())
LAST_YEAR = FIRST_YEAR + len(_TABLE) - 1
_YEAR_STARTS = tuple(accumulate((year.starts[-1] for year in _TABLE), initial=0))


def to_solar(year: int, month: int, day: int, leap: bool = False) -> date:
    """The day of a lunar date; `LunarDateError` where it does not exist or is outside 1900–2100."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise LunarDateError(f"lunar year {year} is outside {FIRST_YEAR}-{LAST_YEAR}")
    entry = _TABLE[year - FIRST_YEAR]
    try:
        place = entry.months.index((month, leap))
    except ValueError:
        raise LunarDateError(f"lunar year {year} has no month {'leap ' if leap else ''}{month}") from None
    offset = entry.starts[place] + day - 1
    if day < 1 or offset >= entry.starts[place + 1]:
        raise LunarDateError(f"lunar month {year}-{month} has no day {day}")
    return _FIRST_DAY + timedelta(days=_YEAR_STARTS[year - FIRST_YEAR] + offset)


def to_lunar(day: date) -> LunarDate:
    """The lunar date of a day; `LunarDateError` outside the table."""
    days = (day - _FIRST_DAY).days
    if not 0 <= days < _YEAR_STARTS[-1]:
        raise LunarDateError(f"{day} is outside the lunar table")
    place = bisect_right(_YEAR_STARTS, days) - 1
    entry = _TABLE[place]
    days -= _YEAR_STARTS[place]
    at = bisect_right(entry.starts, days) - 1
    month, leap = entry.months[at]
    return LunarDate(FIRST_YEAR + place, month, days - entry.starts[at] + 1, leap)


def month_length(year: int, month: int, leap: bool = False) -> int:
    """29 or 30; `LunarDateError` where the month does not exist."""
    to_solar(year, month, 1, leap)
    entry = _TABLE[year - FIRST_YEAR]
    place = entry.months.index((month, leap))
    return entry.starts[place + 1] - entry.starts[place]


def new_years_eve(year: int) -> date:
    """除夕 that ends the lunar year before `year`: the day before 春节 of that solar year."""
    return to_solar(year, 1, 1) - timedelta(days=1)


SOLAR_TERMS = (
    *("小寒", "大寒", "立春", "雨水", "惊蛰", "春分", "清明", "谷雨", "立夏", "小满", "芒种", "夏至"),
    *("小暑", "大暑", "立秋", "处暑", "白露", "秋分", "寒露", "霜降", "立冬", "小雪", "大雪", "冬至"),
)


@lru_cache(maxsize=512)
def solar_term(year: int, name: str) -> date:
    """The day (Beijing time) of one of the `SOLAR_TERMS` in a solar year, 1900–2100, by the sun's longitude."""
    place = SOLAR_TERMS.index(name)
    wanted = (285 + 15 * place) % 360
    moment = date(year, 1, 5).toordinal() + 1721424.5 + place * 15.22
    for _ in range(8):
        gap = (wanted - _sun_longitude(moment) + 180) % 360 - 180
        moment += gap * 365.2422 / 360
    local = moment - _delta_t(year) / 86400 + 8 / 24
    return date.fromordinal(math.floor(local + 0.5) - 1721425)


def _sun_longitude(julian_day: float) -> float:
    """Apparent longitude of the sun in degrees, to about a thousandth (Meeus, chapter 25)."""
    t = (julian_day - 2451545) / 36525
    radians = math.radians
    mean = 280.4664567 + 36000.76982779 * t + 0.0003032028 * t * t
    anomaly = radians(357.5291092 + 35999.0502909 * t - 0.0001536 * t * t)
    centre = (
        (1.9146 - 0.004817 * t - 0.000014 * t * t) * math.sin(anomaly)
        + (0.019993 - 0.000101 * t) * math.sin(2 * anomaly)
        + 0.00029 * math.sin(3 * anomaly)
    )
    planets = (
        0.00134 * math.cos(radians(153.23 + 22518.7541 * t))
        + 0.00154 * math.cos(radians(216.57 + 45037.5082 * t))
        + 0.00200 * math.cos(radians(312.69 + 32964.3577 * t))
        + 0.00179 * math.sin(radians(350.74 + 445267.1142 * t - 0.00144 * t * t))
        + 0.00178 * math.sin(radians(231.19 + 20.20 * t))
    )
    node = radians(125.04 - 1934.136 * t)
    return (mean + centre + planets - 0.00569 - 0.00478 * math.sin(node)) % 360


def _delta_t(year: int) -> float:
    """Seconds by which the earth's rotation lags uniform time, to about half a minute."""
    if year < 1950:
        return 29.0 + (year - 1950) * 0.6
    if year < 2005:
        return 29.0 + (year - 1950) * 0.65
    return 64.0 + (year - 2005) * 0.6
