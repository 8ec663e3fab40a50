"""`python -m connectors.facade`: serve the facade on its loopback port."""

import sys

import uvicorn

from common import logs, settings
from common.errors import SettingsError
from connectors.facade.app import create_app


def main() -> int:
    """Exit status 2 where the configuration is wrong, with one line that says what."""
    logs.setup("facade")
    own = settings.get()
    try:
        app = create_app(own)
    except SettingsError as error:
        print(error.message, file=sys.stderr)
        return 2
    uvicorn.run(
        app,
        host=own.host,
        port=own.facade_port,
        log_config=None,
        access_log=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=2,
        server_header=False,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
