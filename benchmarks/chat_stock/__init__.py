"""The yardstick: stock Rasa as `rasa init` makes it, generated from our own training sentences into `var/`."""
