"""Thin Rasa graph components around `bot.nlu` and `bot.engine`, named in config.yml."""
