"""Times as clients write them: Unix milliseconds or ISO 8601, to Unix seconds."""

from datetime import UTC, datetime

from desirepath.formats import limits

_EARLIEST_MS, _LATEST_MS = limits.EARLIEST * 1000, limits.LATEST * 1000


def seconds(value: float | str) -> float:
    """Unix seconds with three decimals. Raises ValueError where it is no time from 1970 to 2100.

    A text without a zone is UTC.
    """
    if isinstance(value, str):
        moment = datetime.fromisoformat(value)
        value = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000
    # In milliseconds, because an integer of a thousand digits can be compared, and not divided.
    if not _EARLIEST_MS <= value < _LATEST_MS:
        raise ValueError("a time is between 1970 and 2100")
    if isinstance(value, int):
        return value / 1000
    return min(round(value), _LATEST_MS - 1) / 1000
