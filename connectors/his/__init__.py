"""The hospital information system (HIS) over HL7 v2: patients, departments, slots, appointments and bills."""

from common.settings import Settings
from connectors.his.adapter import HISAdapter


def create(settings: Settings) -> HISAdapter:
    """The adapter for the HIS that the settings name."""
    return HISAdapter(settings)
