"""The time of the clinic: Asia/Shanghai, real, or simulated for demonstrations and tests."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from common.settings import get

SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock that showed `start` at the real epoch second `origin` and runs `speed` times as fast."""

    origin: float
    start: datetime
    speed: float

    def now(self) -> datetime:
        """The clinic's time, aware, Asia/Shanghai."""
        return self.start + timedelta(seconds=(time.time() - self.origin) * self.speed)

    def seconds_until(self, moment: datetime) -> float:
        """Real seconds until the clinic's clock shows `moment`; negative if it has passed."""
        return (moment - self.now()).total_seconds() / self.speed

    def as_setting(self) -> str:
        """The form that `parse` reads, for handing the same clock to another process."""
        return f"{self.origin}|{self.start.isoformat()}|{self.speed}"


def parse(setting: str) -> Clock:
    """Read `origin|start|speed`. Empty: the machine's own clock. Raises ValueError."""
    if not setting:
        origin = time.time()
        return Clock(origin, datetime.fromtimestamp(origin, SHANGHAI), 1.0)
    begun, start, speed = setting.split("|")
    moment = datetime.fromisoformat(start)
    moment = moment.replace(tzinfo=SHANGHAI) if moment.tzinfo is None else moment.astimezone(SHANGHAI)
    if float(speed) <= 0:
        raise ValueError("a clock's speed is above zero")
    return Clock(float(begun), moment, float(speed))


@lru_cache
def clock() -> Clock:
    """This process's clock, from the settings."""
    return parse(get().clock)


def now() -> datetime:
    """The clinic's time, aware, Asia/Shanghai."""
    return clock().now()
