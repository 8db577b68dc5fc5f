"""Retention: the date on which an event is gone, written on the event when it is received.

The project says how many days are kept, by surface and type. The day after the last of them, by
UTC, is `expires_at`: the store drops the row when that day begins.
"""

from datetime import date
from functools import lru_cache

from desirepath.ingest.base import Dropped, Hit
from desirepath.model.event import Event

_DAY = 86_400
_EPOCH = date(1970, 1, 1).toordinal()
_LAST = date(2149, 6, 6).toordinal()  # the last day that the store's Date can hold


def retention(event: Event, hit: Hit) -> Dropped | None:
    """Set `expires_at`, counted from when it was received, however old it is."""
    days = hit.project.keeps_days(event.surface, event.type)
    event.expires_at = _expiry(int(hit.received_at // _DAY), days)
    return None


@lru_cache(maxsize=4096)
def _expiry(day: int, days: int) -> str:
    return date.fromordinal(min(_EPOCH + day + days + 1, _LAST)).isoformat()
