"""Identifiers: derived, never drawn, so that the same request or the same step run again gets the same ones."""

import hashlib


def workflow_id(kind: str, patient: str, key: str) -> str:
    """The id of a booking (`B…`), payment (`P…`), cancellation (`C…`) or reschedule (`R…`): 21 characters.

    A key counts within one patient, so that nobody can run into another's booking.
    """
    digest = hashlib.sha256(f"{kind}|{patient}|{key}".encode()).hexdigest()
    return kind + digest[:20].upper()


def order_number(workflow: str) -> str:
    """The cashier's order number of a workflow."""
    return f"MZ{workflow}"


def refund_number(order: str) -> str:
    """The one refund of an order: whoever finds that money is due back, and how often, it goes back once."""
    return f"RF{order}"


def step_key(workflow: str, step: str) -> str:
    """The idempotency key of one step."""
    return f"{workflow}-{step}"
