"""What every format gives: events, or named refusals, in the order they were sent."""

from enum import StrEnum
from typing import NamedTuple

from desirepath.model.event import Event, Refusal


class Reason(StrEnum):
    """Why an event was refused by its format. Closed: every reason is documented and counted."""

    MALFORMED = "malformed"  # not JSON, or a number that no machine can hold
    MISSING_FIELD = "missing_field"
    INVALID_TYPE = "invalid_type"
    INVALID_VALUE = "invalid_value"
    TOO_LARGE = "too_large"  # a text, a depth or a number of keys over the limit


class Unfit(Exception):
    """One event cannot be taken. Never leaves a format: it becomes a Refusal."""

    def __init__(self, reason: Reason, field: str, message: str) -> None:
        super().__init__(message)
        self.reason, self.field, self.message = reason, field, message


class Item(NamedTuple):
    """One element of a batch: what became of it, and as whose it was sent."""

    row: Event | Refusal
    tenant: str  # the key or project that the event itself names; '' where it names none
    raw: bytes  # as sent; only for a refusal, to keep it
    position: int = 0  # in its batch


class Batch(NamedTuple):
    """One request body, read."""

    items: list[Item]
    sent_at: float | None  # the client's clock when it sent, Unix seconds
