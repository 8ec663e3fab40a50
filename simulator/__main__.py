"""`python -m simulator hospital` or `python -m simulator cashier`."""

import sys

import uvicorn

from common import logs, settings


def main(arguments: list[str]) -> int:
    """Run one of the simulated systems until it is told to stop."""
    if arguments not in (["hospital"], ["cashier"]):
        print("usage: python -m simulator hospital|cashier", file=sys.stderr)
        return 2
    kind = arguments[0]
    logs.setup(kind)
    given = settings.get()
    if kind == "hospital":
        from simulator.hospital.app import application

        app, port = application(given), given.hospital_control_port
    else:
        from simulator.cashier.app import application

        app, port = application(given), given.cashier_port
    # Loopback whatever the settings say: the control ports open every door.
    uvicorn.run(
        app, host="127.0.0.1", port=port, log_level="warning", access_log=False, timeout_graceful_shutdown=3,
        proxy_headers=False,
    )  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
