from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desirepath.errors import Invalid
from desirepath.reports.buckets import Bucket, Size, buckets, cuts, fitting
from desirepath.reports.period import day_start

ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/St_Johns",  # 3:30 behind; before 2011 its clocks changed at 0:01
    "Asia/Kathmandu",
    "Australia/Lord_Howe",  # changes by half an hour
    "America/Havana",  # changes at midnight
    "America/Sao_Paulo",
    "Pacific/Apia",  # left out 30 December 2011
]


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


def of_day(day: str, size: Size, timezone: str) -> list[Bucket]:
    since = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(timezone))
    return buckets(since, since + timedelta(days=1), size, timezone)


def test_an_ordinary_day_in_hours() -> None:
    found = of_day("2026-05-01", "hour", "Asia/Kathmandu")

    assert len(found) == 24
    assert found[0] == Bucket(utc(2026, 4, 30, 18, 15), "2026-05-01T00:00+05:45", False)


def test_the_night_that_lacks_an_hour() -> None:
    found = of_day("2026-03-29", "hour", "Europe/Berlin")

    assert len(found) == 23
    assert [bucket.label[11:] for bucket in found[:4]] == [
        "00:00+01:00",
        "01:00+01:00",
        "03:00+02:00",
        "04:00+02:00",
    ]


def test_the_night_with_an_hour_twice() -> None:
    found = of_day("2026-10-25", "hour", "Europe/Berlin")

    assert len(found) == 25
    assert [bucket.label[11:] for bucket in found[1:4]] == [
        "01:00+02:00",
        "02:00+02:00",
        "02:00+01:00",
    ]


def test_a_clock_that_changes_by_half_an_hour() -> None:
    spring = of_day("2026-10-04", "hour", "Australia/Lord_Howe")
    autumn = of_day("2026-04-05", "hour", "Australia/Lord_Howe")

    assert [bucket.label[11:] for bucket in spring[1:4]] == [
        "01:00+10:30",
        "02:30+11:00",
        "03:00+11:00",
    ]
    assert [bucket.label[11:] for bucket in autumn[1:4]] == [
        "01:00+11:00",
        "01:30+10:30",
        "02:00+10:30",
    ]


def test_days_weeks_and_months_of_the_local_calendar() -> None:
    since, until = utc(2026, 3, 28, 23), utc(2026, 3, 30, 12)

    assert buckets(since, until, "day", "Europe/Berlin") == [
        Bucket(utc(2026, 3, 28, 23), "2026-03-29", False),
        Bucket(utc(2026, 3, 29, 22), "2026-03-30", True),
    ]
    assert buckets(since, until, "week", "Europe/Berlin") == [
        Bucket(utc(2026, 3, 22, 23), "2026-03-23", True),
        Bucket(utc(2026, 3, 29, 22), "2026-03-30", True),
    ]
    assert buckets(since, utc(2026, 4, 30, 22), "month", "Europe/Berlin") == [
        Bucket(utc(2026, 2, 28, 23), "2026-03", True),
        Bucket(utc(2026, 3, 31, 22), "2026-04", False),
    ]


def test_a_period_of_no_length_has_the_bucket_it_lies_in_or_none() -> None:
    assert buckets(utc(2026, 1, 1), utc(2026, 1, 1), "day", "UTC") == []
    assert cuts([]) == [0]


@given(
    size=st.sampled_from(["minute", "hour", "day", "week", "month"]),
    timezone=st.sampled_from(ZONES),
    since=st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),
    share=st.floats(0.01, 1),
)
def test_buckets_cover_the_period_without_gap_or_overlap(
    size: Size, timezone: str, since: datetime, share: float
) -> None:
    longest = {"minute": 0.2, "hour": 20, "day": 400, "week": 800, "month": 2000}[size]
    until = since + timedelta(days=longest * share)

    found = buckets(since, until, size, timezone)

    assert found[0].start <= since
    assert found[-1].start < until
    assert all(a.start < b.start for a, b in pairwise(found))
    assert all(not bucket.partial for bucket in found[1:-1])
    zone = ZoneInfo(timezone)
    for bucket in found:
        local = bucket.start.astimezone(zone)
        if size in ("minute", "hour"):
            before = (bucket.start - timedelta(seconds=1)).astimezone(zone)
            changed = before.utcoffset() != local.utcoffset()
            assert local.second == 0
            assert changed or size == "minute" or local.minute == 0
        else:
            assert bucket.start == day_start(local.date(), zone).astimezone(UTC)
    if size in ("minute", "hour"):
        step = {"minute": 60, "hour": 3600}[size]
        assert all((b.start - a.start).total_seconds() <= step for a, b in pairwise(found))


@pytest.mark.parametrize(
    ("length", "size"),
    [
        (timedelta(hours=1), "minute"),
        (timedelta(days=1), "hour"),
        (timedelta(days=7), "day"),
        (timedelta(days=90), "day"),
        (timedelta(days=365), "week"),
        (timedelta(days=1000), "month"),
    ],
)
def test_the_size_that_fits(length: timedelta, size: Size) -> None:
    assert fitting(utc(2026, 1, 1), utc(2026, 1, 1) + length) == size


def test_too_many() -> None:
    with pytest.raises(Invalid, match="more than 1,500 buckets: ask for a larger bucket") as caught:
        buckets(utc(1900, 1, 1), utc(2200, 1, 1), "minute", "Europe/Berlin")

    assert caught.value.field == "bucket"
