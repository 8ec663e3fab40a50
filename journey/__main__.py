"""`python -m journey`: the workflows and the bus, on `settings.journey_port`."""

import uvicorn

from common import logs
from common.settings import get
from journey.api import create_app


def main() -> None:
    """Serve until SIGTERM or Ctrl-C. Workflows that wait then go on at the next start."""
    logs.setup("journey")
    settings = get()
    uvicorn.run(
        create_app(),
        host=settings.host,
        port=settings.journey_port,
        log_config=None,
        access_log=False,
        # A follower's long wait must not delay the end.
        timeout_graceful_shutdown=2,
    )


if __name__ == "__main__":
    main()
