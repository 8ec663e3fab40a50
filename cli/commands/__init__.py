"""One module a command, each with `run(argv) -> exit status`."""
