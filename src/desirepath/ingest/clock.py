"""Clock: when it happened, by the server's clock, and what the client said, where that differs.

A client that says when it sent the request shows how wrong its clock is: all its times are moved
by that much. Five seconds are left alone, because a slow network looks the same. What is then
still more than a year old or more than a day ahead happened, for us, when it was received.
Imports keep their times.
"""

from desirepath.ingest.base import Dropped, Hit
from desirepath.model.event import Event

SKEW = 5.0  # seconds of difference that are taken for the network
DAY = 86_400.0
YEAR = 365 * DAY

# What DateTime64(3) can hold, 1900 to 2299: a time outside it would make the row unreadable.
_EARLIEST, _LATEST = -2_208_988_800.0, 10_413_791_999.0


def clock(event: Event, hit: Hit) -> Dropped | None:
    """Set `received_at`; correct `time`; keep what the client said in `time_original`."""
    event.received_at = received = hit.received_at
    if not hit.live:
        return None
    said = time = event.time
    if hit.sent_at is not None:
        skew = received - hit.sent_at
        if not -SKEW <= skew <= SKEW:
            time = round(said + skew, 3)
    if not received - YEAR <= time <= received + DAY:
        time = received
        event.time_clamped = True
    if time != said:
        event.time = time
        if _EARLIEST <= said <= _LATEST:
            event.time_original = said
    return None
