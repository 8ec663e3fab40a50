"""`python -m actions`: the action server on loopback."""

import uvicorn

from actions.server import create_app
from common import logs
from common.settings import get


def main() -> None:
    logs.setup("actions")
    settings = get()
    uvicorn.run(
        create_app(), host=settings.host, port=settings.actions_port, log_level="warning", access_log=False
    )


if __name__ == "__main__":
    main()
