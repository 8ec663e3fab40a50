"""Measurements: `./menzhen bench NAME`, each beside its yardstick in one run."""
