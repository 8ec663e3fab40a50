"""How often one person may log in and speak."""

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from gateway.errors import TooMany


class Limits:
    """Moving windows in memory, one process."""

    def __init__(self, log_ins: int = 20, messages: int = 90) -> None:
        self._windows = MovingWindowRateLimiter(MemoryStorage())
        self._log_ins, self._messages = RateLimitItemPerMinute(log_ins), RateLimitItemPerMinute(messages)

    def log_in(self, who: str) -> None:
        """Raises TooMany."""
        if not self._windows.hit(self._log_ins, "login", who):
            raise TooMany("登录次数太多了，请一分钟后再试。", detail="log-in")

    def listen(self, who: str) -> None:
        """Raises TooMany."""
        if not self._windows.hit(self._messages, "listen", who):
            raise TooMany("您说得太快了，请稍等一会儿再说。", detail="listen")

    def message(self, who: str) -> None:
        """Raises TooMany."""
        if not self._windows.hit(self._messages, "message", who):
            raise TooMany("您发得太快了，请稍等一会儿再发。", detail="message")
