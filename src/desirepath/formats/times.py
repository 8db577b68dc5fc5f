"""Times as clients write them: Unix milliseconds or ISO 8601, to Unix seconds."""

from datetime import UTC, datetime

from desirepath.formats import limits

_EARLIEST_MS, _LATEST_MS = limits.EARLIEST * 1000, limits.LATEST * 1000


def seconds(value: object) -> float:
    """Unix seconds with three decimals. A text without a zone is UTC.

    Raises TypeError where it is no number or text, ValueError where no time from 1970 to 2100.
    """
    if type(value) is int:
        # Compared first: an integer of a thousand digits cannot be divided.
        if _EARLIEST_MS <= value < _LATEST_MS:
            return value / 1000
    else:
        milliseconds = _milliseconds(value)
        if _EARLIEST_MS <= milliseconds < _LATEST_MS:
            return min(round(milliseconds), _LATEST_MS - 1) / 1000
    raise ValueError("a time is between 1970 and 2100")


def _milliseconds(value: object) -> float:
    if type(value) is float:
        return value
    if type(value) is str:
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000
    raise TypeError("a time is a number or a text")
