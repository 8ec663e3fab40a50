"""The laboratory information system (LIS), read out of its vendor's SQL views."""

from common.settings import Settings
from connectors.lis.adapter import LISAdapter


def create(settings: Settings) -> LISAdapter:
    """The adapter for the LIS that the settings name."""
    return LISAdapter(settings)
