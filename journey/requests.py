"""What callers send. References may come bare (`abc`) or with their type (`Slot/abc`)."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from connectors.resources import bare

_ID = r"^([A-Z][A-Za-z]+/)?[A-Za-z0-9\-.]{1,64}$"
Reference = Annotated[str, StringConstraints(pattern=_ID), AfterValidator(bare)]
Key = Annotated[str, StringConstraints(min_length=1, max_length=128)]
Conversation = Annotated[str, StringConstraints(max_length=128)]


class NewBooking(BaseModel):
    slot: Reference
    patient: Reference
    key: Key
    conversation: Conversation = ""


class NewCancellation(BaseModel):
    appointment: Reference
    key: Key
    conversation: Conversation = ""


class NewReschedule(NewCancellation):
    slot: Reference


class NewPayment(BaseModel):
    invoices: Annotated[list[Reference], Field(min_length=1, max_length=50)]
    patient: Reference
    key: Key
    conversation: Conversation = ""
