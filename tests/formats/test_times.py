import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desirepath.formats.times import seconds

NOON = 1625572800.0  # 2021-07-06, UTC


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(1625572800000, NOON, id="milliseconds"),
        pytest.param(1625572800123, NOON + 0.123, id="with a fraction of a second"),
        pytest.param(1625572800123.4, NOON + 0.123, id="with a fraction of a millisecond"),
        pytest.param(0, 0.0, id="the first"),
        pytest.param(4_102_444_799_999, 4_102_444_799.999, id="the last"),
        pytest.param(4_102_444_799_999.9, 4_102_444_799.999, id="never rounded past the end"),
        pytest.param("2021-07-06T12:00:00Z", NOON, id="ISO 8601"),
        pytest.param("2021-07-06T12:00:00.123456Z", NOON + 0.123, id="microseconds"),
        pytest.param("2021-07-06T14:00:00+02:00", NOON, id="an offset"),
        pytest.param("2021-07-06 12:00:00", NOON, id="no zone is UTC"),
        pytest.param("20210706T120000Z", NOON, id="the short form"),
        pytest.param("2021-07-06", NOON - 43_200, id="a date"),
    ],
)
def test_times(value: Any, expected: float) -> None:
    assert seconds(value) == expected


@pytest.mark.parametrize("value", [-0.0, 0.3, 1e-300])
def test_nothing_is_a_negative_zero(value: float) -> None:
    assert json.dumps(seconds(value)) == "0.0"


@pytest.mark.parametrize(
    "value",
    [
        *(-1, -1e-9, 4_102_444_800_000, 10**400, -(10**400), 1e308, float("inf"), float("nan")),
        *("", "soon", "1625572800000", "1969-12-31", "2100-01-01", "2021-13-01", "\0", "9" * 9000),
        *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2021-07-06T12:00:00+99:00"),
        "\uff12\uff10\uff12\uff11-07-06",  # full-width digits
    ],
)
def test_what_is_no_time(value: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  the message is Python's
        seconds(value)


_moments = st.datetimes(
    datetime(1970, 1, 2), datetime(2099, 12, 30), timezones=st.sampled_from([UTC])
)


@given(_moments, st.integers(-14 * 60, 14 * 60))
def test_both_forms_are_the_same_moment(moment: datetime, offset: int) -> None:
    at = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    there = at.astimezone(timezone(timedelta(minutes=offset)))
    milliseconds = (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)

    assert seconds(there.isoformat()) == seconds(milliseconds) == milliseconds / 1000


@given(st.one_of(st.integers(), st.floats(), st.text(max_size=40)))
def test_anything_is_a_time_or_a_value_error(value: Any) -> None:
    try:
        found = seconds(value)
    except ValueError:
        return
    assert 0 <= found < 4_102_444_800
    assert found == round(found, 3)
