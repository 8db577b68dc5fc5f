from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desirepath.errors import Invalid
from desirepath.reports.period import moment, period, previous, span, zone

NOW = datetime(2026, 3, 30, 10, 30, tzinfo=UTC)  # 12:30 in Berlin, the day after the clocks changed


def berlin(text: str, now: datetime = NOW) -> datetime:
    return moment(text, "since", now=now, timezone="Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", NOW),
        ("30m", datetime(2026, 3, 30, 10, 0, tzinfo=UTC)),
        ("24h", datetime(2026, 3, 29, 10, 30, tzinfo=UTC)),
        ("today", datetime(2026, 3, 29, 22, 0, tzinfo=UTC)),
        ("yesterday", datetime(2026, 3, 28, 23, 0, tzinfo=UTC)),
        ("1d", datetime(2026, 3, 29, 10, 30, tzinfo=UTC)),
        ("2d", datetime(2026, 3, 28, 11, 30, tzinfo=UTC)),
        ("1w", datetime(2026, 3, 23, 11, 30, tzinfo=UTC)),
        ("2026-03-29", datetime(2026, 3, 28, 23, 0, tzinfo=UTC)),
        ("2026-03-30T00:00", datetime(2026, 3, 29, 22, 0, tzinfo=UTC)),
        ("2026-03-30T00:00:00Z", datetime(2026, 3, 30, tzinfo=UTC)),
        ("2026-03-30T00:00:00.250+05:45", datetime(2026, 3, 29, 18, 15, 0, 250_000, tzinfo=UTC)),
        ("1774866600000", NOW),
        (" 7d ", datetime(2026, 3, 23, 11, 30, tzinfo=UTC)),
    ],
)
def test_moments_in_berlin(text: str, expected: datetime) -> None:
    assert berlin(text) == expected


def test_a_time_that_comes_twice_is_the_first() -> None:
    assert berlin("2026-10-25T02:30") == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_a_day_without_a_midnight_begins_when_the_clock_jumps() -> None:
    assert moment("2018-11-04", "since", now=NOW, timezone="America/Sao_Paulo") == datetime(
        2018, 11, 4, 3, tzinfo=UTC
    )


@pytest.mark.parametrize(
    "text", ["", "tomorrow", "7", "7y", "-7d", "0x7d", "7 d", "99999999d", "999999w", "2026-13-01"]
)
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(Invalid, match="since is a time as ISO 8601, a date, 30m,") as caught:
        berlin(text)

    assert caught.value.field == "since"


@given(st.text() | st.from_regex(r"\A\d{1,8}[mhdw]?\Z") | st.datetimes().map(datetime.isoformat))
def test_any_text_is_a_moment_or_is_refused(text: str) -> None:
    try:
        found = berlin(text)
    except Invalid:
        return
    assert found.tzinfo is UTC


def test_a_period() -> None:
    assert period(now=NOW) == (NOW - timedelta(days=7), NOW)
    assert period("yesterday", "today", now=NOW, timezone="Europe/Berlin") == (
        datetime(2026, 3, 28, 23, tzinfo=UTC),
        datetime(2026, 3, 29, 22, tzinfo=UTC),
    )
    with pytest.raises(Invalid, match=r"since \(today\) is after until \(yesterday\)"):
        period("today", "yesterday", now=NOW)


def test_the_period_before() -> None:
    assert previous(NOW, NOW + timedelta(hours=5)) == (NOW - timedelta(hours=5), NOW)


def test_spans() -> None:
    assert span("90m", "sessions") == timedelta(minutes=90)
    with pytest.raises(Invalid, match="sessions is a span such as 30m") as caught:
        span("often", "sessions")
    assert caught.value.field == "sessions"


@pytest.mark.parametrize("name", ["", "Berlin", "../etc/passwd", "europe/berlin'", "UTC\0"])
def test_time_zones_are_a_closed_list(name: str) -> None:
    with pytest.raises(Invalid, match="give an IANA name") as caught:
        zone(name)

    assert caught.value.field == "timezone"
