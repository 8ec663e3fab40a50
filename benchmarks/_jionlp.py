"""JioNLP as a yardstick: reads cases as JSON lines, writes the interval it finds for each. Runs in its own environment.

Standard library and jionlp only. `[start, end)` as ISO 8601 without a zone, an open side null; the line is null
where it finds no date.
"""

import contextlib
import json
import sys
from datetime import datetime, timedelta


def interval(parse_time, expression, now):
    """What JioNLP makes of an expression by itself; where it gives an interval's last second, the end is the next."""
    try:
        found = parse_time(expression, time_base=datetime.fromisoformat(now).timestamp())["time"]
        start, last = (None if moment.endswith("inf") else datetime.fromisoformat(moment) for moment in found)
    except Exception:  # a case that it cannot read, for whatever reason, is one not read
        return None
    if last and last.second == 59:
        last += timedelta(seconds=1)
    return [moment and moment.isoformat() for moment in (start, last)]


def main():
    """A line of output for each line of input."""
    with contextlib.redirect_stdout(sys.stderr):
        from jionlp import parse_time
    for line in sys.stdin:
        case = json.loads(line)
        with contextlib.redirect_stdout(sys.stderr):
            found = interval(parse_time, case["expression"], case["now"])
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
