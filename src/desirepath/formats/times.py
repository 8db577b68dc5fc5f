"""Times as clients write them: Unix milliseconds or ISO 8601, to Unix seconds."""

from datetime import UTC, datetime

from desirepath.formats import limits


def seconds(value: float | str) -> float:
    """Unix seconds with three decimals. Raises ValueError where it is no time."""
    if isinstance(value, str):
        moment = datetime.fromisoformat(value)
        found = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    else:
        found = value / 1000
    if not limits.EARLIEST <= found < limits.LATEST:
        raise ValueError("a time is between 1970 and 2100")
    return round(found, 3)
