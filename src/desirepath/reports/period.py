"""Period: what `since=7d` and `until=2026-03-01` mean, in the time zone of the project.

- `30m` and `24h` are spans before now. `7d` and `12w` go back on the local clock: the same time of
  day, so a week with a change of the clock has 167 or 169 hours.
- `today` and `yesterday` are when that day began, and so is a date. `now` is now.
- A time without an offset is the local clock's. Where the clock shows it twice, the first is meant.
- A number of nine digits or more is Unix milliseconds.
- `until` is not included: `since=yesterday&until=today` is the whole of yesterday.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from desirepath.errors import Invalid

DEFAULT_SINCE = "7d"

_RELATIVE = re.compile(r"(\d{1,6})([mhdw])", re.ASCII).fullmatch
_MILLISECONDS = re.compile(r"\d{9,15}", re.ASCII).fullmatch
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_FORMS = "a time as ISO 8601, a date, 30m, 24h, 7d, 12w, today, yesterday or now"


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """The time zone of this IANA name. Raises Invalid: the list is closed."""
    if name not in _zones():
        raise Invalid(
            f"there is no time zone {name!r}; give an IANA name such as Europe/Berlin",
            field="timezone",
        )
    return ZoneInfo(name)


def period(
    since: str = "", until: str = "", *, now: datetime, timezone: str = "UTC"
) -> tuple[datetime, datetime]:
    """The two moments, in UTC. Empty: the last 7 days, until now. Raises Invalid."""
    begin = moment(since or DEFAULT_SINCE, "since", now=now, timezone=timezone)
    end = moment(until or "now", "until", now=now, timezone=timezone)
    if begin > end:
        raise Invalid(f"since ({since}) is after until ({until or 'now'})", field="since")
    return begin, end


def moment(text: str, field: str, *, now: datetime, timezone: str = "UTC") -> datetime:
    """The moment that `text` names, in UTC. Raises Invalid for `field`."""
    try:
        return _moment(text.strip(), now, zone(timezone)).astimezone(UTC)
    except (ValueError, OverflowError) as exc:
        raise Invalid(f"{field} is {_FORMS}, not {text!r}", field=field) from exc


def span(text: str, field: str) -> timedelta:
    """`30m` as a timedelta. Raises Invalid for `field`."""
    found = _RELATIVE(text)
    if found is None:
        raise Invalid(f"{field} is a span such as 30m, 2h or 1d, not {text!r}", field=field)
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def previous(since: datetime, until: datetime) -> tuple[datetime, datetime]:
    """The period of the same length that ends where this one begins."""
    return since - (until - since), since


def day_start(day: date, place: ZoneInfo) -> datetime:
    """When `day` begins there: midnight, or when the clock jumps over midnight."""
    return datetime.combine(day, time(), place)


def _moment(text: str, now: datetime, place: ZoneInfo) -> datetime:
    local = now.astimezone(place)
    if text == "now":
        return now
    if text == "today":
        return day_start(local.date(), place)
    if text == "yesterday":
        return day_start(local.date() - timedelta(days=1), place)
    if found := _RELATIVE(text):
        back = timedelta(**{_UNITS[found[2]]: int(found[1])})
        # Aware arithmetic in one zone is on the local clock; in UTC it is real time.
        return local - back if found[2] in "dw" else now - back
    if _MILLISECONDS(text):
        return datetime.fromtimestamp(int(text) / 1000, UTC)
    parsed = datetime.fromisoformat(text)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=place)
