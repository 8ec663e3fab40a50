"""The cashier over REST: orders, their state, refunds, and its signed call-backs."""

from common.settings import Settings
from connectors.payment.adapter import PaymentAdapter


def create(settings: Settings) -> PaymentAdapter:
    """The adapter for the cashier that the settings name."""
    return PaymentAdapter(settings)
