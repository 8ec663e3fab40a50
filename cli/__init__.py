"""The `./menzhen` commands and the supervisor that runs all processes on one machine."""
