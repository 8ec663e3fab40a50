"""Chinese time expressions: `parse(text, now, prefer)` gives intervals, lengths and recurrences."""

from chinese.time.model import Grain, Kind, Match, Prefer
from chinese.time.parser import cli_lines, parse

__all__ = ["Grain", "Kind", "Match", "Prefer", "cli_lines", "parse"]
