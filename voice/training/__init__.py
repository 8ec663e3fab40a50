"""Builds the small speech model that ships: text and recordings in, a model folder that stock `vosk` loads out."""
