"""Buckets: the minutes, hours, days, weeks or months that a period is shown in.

They are cut here, in Python's time zones, and the store only sorts events between the cuts. So a
night in which the clock changes has a day of 23 or 25 hours, and an hour that comes twice is two.

- A day begins at the first midnight of the local clock, a week on Monday.
- An hour never spans a change of the clock.
- Every bucket of the period is there, also where nothing happened.
- The first and the last may reach over the period; they say so (`partial`).
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

from desirepath.errors import Invalid
from desirepath.reports.period import day_start, zone

Size = Literal["minute", "hour", "day", "week", "month"]

#: More could not be drawn, and their cuts travel with the query.
MOST_BUCKETS = 1500

_SECONDS = {"minute": 60, "hour": 3600}
# (the longest period, what it is shown in)
_FITTING: tuple[tuple[timedelta, Size], ...] = (
    (timedelta(hours=2), "minute"),
    (timedelta(days=3), "hour"),
    (timedelta(days=100), "day"),
    (timedelta(days=800), "week"),
)


class Bucket(Struct, frozen=True):
    start: datetime  # UTC
    label: str  # the local clock: 2026-03-29T02:00+02:00, 2026-03-29, 2026-03
    partial: bool  # not all of it lies in the period


def fitting(since: datetime, until: datetime) -> Size:
    """The size that shows this period in some dozens of buckets."""
    return next((size for longest, size in _FITTING if until - since <= longest), "month")


def buckets(since: datetime, until: datetime, size: Size, timezone: str) -> list[Bucket]:
    """All buckets that touch [since, until), in order. Raises Invalid where there are too many."""
    place = zone(timezone)
    found: list[Bucket] = []
    start: datetime | None = None
    for cut in _cuts(since, size, place):
        if start is not None:
            if len(found) == MOST_BUCKETS:
                raise Invalid(
                    f"more than {MOST_BUCKETS:,} buckets: ask for a larger bucket than a {size},"
                    " or a shorter period",
                    field="bucket",
                )
            found.append(
                Bucket(start, _label(start.astimezone(place), size), start < since or cut > until)
            )
        if cut >= until:
            break
        start = cut
    return found


def cuts(found: list[Bucket]) -> list[int]:
    """The starts as Unix seconds, to bind as `{cuts:Array(Int64)}`."""
    return [int(bucket.start.timestamp()) for bucket in found] or [0]


def _cuts(since: datetime, size: Size, place: ZoneInfo) -> Iterator[datetime]:
    if size in _SECONDS:
        yield from _clock_cuts(since, _SECONDS[size], place)
    else:
        yield from _calendar_cuts(since.astimezone(place).date(), size, place)


def _calendar_cuts(day: date, size: Size, place: ZoneInfo) -> Iterator[datetime]:
    if size == "week":
        day -= timedelta(days=day.weekday())
    elif size == "month":
        day = day.replace(day=1)
    while True:
        yield day_start(day, place).astimezone(UTC)
        if size == "month":
            day = (day + timedelta(days=31)).replace(day=1)
        else:
            day += timedelta(days=7 if size == "week" else 1)


def _clock_cuts(since: datetime, step: int, place: ZoneInfo) -> Iterator[datetime]:
    def offset(at: int) -> int:
        shift = datetime.fromtimestamp(at, place).utcoffset() or timedelta()
        return int(shift.total_seconds())

    now = int(since.timestamp() // 1)
    start = now - (now + offset(now)) % step
    if offset(start) != offset(now):
        start = _change(start, now, offset(start), offset)
    while True:
        yield datetime.fromtimestamp(start, UTC)
        shift = offset(start)
        end = start + step - (start + shift) % step
        start = end if offset(end) == shift else _change(start, end, shift, offset)


def _change(low: int, high: int, before: int, offset: Callable[[int], int]) -> int:
    # When the clock changed: the offset is `before` at `low`, and another at `high`.
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if offset(middle) == before else (low, middle)
    return high


def _label(local: datetime, size: Size) -> str:
    if size == "month":
        return local.strftime("%Y-%m")
    if size in _SECONDS:
        return local.isoformat(timespec="minutes")
    return local.date().isoformat()
