"""`python -m gateway`."""

import uvicorn

from common import logs
from common.settings import get
from gateway.app import build
from gateway.sockets import Socket


def main() -> None:
    settings = get()
    logs.setup("gateway")
    uvicorn.run(
        build(settings),
        host=settings.host,
        port=settings.gateway_port,
        log_config=None,
        access_log=False,
        ws=Socket,
        ws_max_size=64 * 1024,
        timeout_graceful_shutdown=3,
    )


if __name__ == "__main__":
    main()
