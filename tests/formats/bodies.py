"""TrackFlow bodies for the tests: by hand, and any that hypothesis makes."""

import json
from typing import Any

from hypothesis import strategies as st

Json = Any

#: The base of the specification's examples.
BASE: dict[str, Json] = {
    "eventId": "550e8400-e29b-41d4-a716-446655440000",
    "eventType": "page_view",
    "timestamp": 1625539200000,
    "tenantId": "your-api-key",
    "sessionId": "session-123",
    "userId": "user-456",
    "pageUrl": "https://example.com",
    "referrer": "https://google.com",
    "deviceInfo": {"deviceType": "desktop", "os": "Windows", "browser": "Chrome"},
    "properties": {"title": "Example Page"},
}


def body(*events: Json, **beside: Json) -> bytes:
    """A request body with these events, and what else stands in it."""
    return json.dumps({"events": list(events)} | beside).encode()


def raw_body(*events: bytes) -> bytes:
    """The same of events that are no JSON."""
    return b'{"events":[' + b",".join(events) + b"]}"


def raw(**changes: Json) -> bytes:
    """One event as JSON: BASE with changes."""
    return json.dumps(BASE | changes).encode()


def with_value(value: bytes) -> bytes:
    """One event as JSON whose property `x` is `value`, which need not be JSON."""
    return raw(properties={"x": "@"}).replace(b'"@"', value)


#: What programs put into texts: nothing, emoji, controls, what looks like something else.
TEXTS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        [
            *("", " ", "a.b", "a_b", "a", "A", "1", "-0", "NaN", "null", "true", "{}", "[]"),
            *("2024-01-01", "2024-1-1", "2024-01-01 10:00:00", "2024-01-01T10:00:00.123Z"),
            *("1999-12-31 23:59:59.999999999", "10:00:00", "1e5", "0x10", "127.0.0.1"),
            *("\\", '"', "\u2028", "\ufffd", "😀", "a\tb\n", "€", "x" * 300, "ann@example.com"),
            "550e8400-e29b-41d4-a716-446655440000",
        ]
    ),
)
NUMBERS = st.one_of(
    st.integers(-(2**70), 2**70),
    st.integers(-5, 5),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0.5, -0.0, 1e308, 5e-324, 2**31, 2**32, -(2**31) - 1, 2**63, 2**64, 10**40]),
)
_KEYS = TEXTS.filter(lambda text: len(text) <= 128)
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS)
VALUES: st.SearchStrategy[Json] = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(_KEYS, inner, max_size=4)),
    max_leaves=12,
)
_NAMES = st.sampled_from(
    [
        *("title", "tag", "id", "text", "href", "value", "x", "y", "rx", "viewportW", "scrollX"),
        *("fixed", "firstResponseMs", "timeFromPrevious", "loadTime", "domContentLoaded"),
        *("name", "message", "source", "line", "col", "stack"),
        *("plan", "plan.name", "plan_name", "click_id"),
    ]
)
PROPERTIES = st.dictionaries(st.one_of(_NAMES, _KEYS), VALUES, max_size=8)
TIMES = st.one_of(
    st.integers(0, 4_102_444_799_999),
    st.floats(0, 4_102_444_799_999),
    st.sampled_from(
        ["1970-01-01", "2099-12-31T23:59:59.999Z", "2024-02-29T12:00:00+14:00", 0, -0.0]
    ),
)
_REQUIRED_TEXTS = TEXTS.filter(bool)
_OPTIONAL_TEXTS = st.one_of(st.none(), TEXTS)

#: Events that are to be taken, whatever they hold.
EVENTS: st.SearchStrategy[dict[str, Json]] = st.fixed_dictionaries(
    {
        "eventId": st.one_of(st.uuids().map(str), _REQUIRED_TEXTS),
        "eventType": st.one_of(
            st.sampled_from(["page_view", "click", "error", "performance"]), _REQUIRED_TEXTS
        ),
        "timestamp": TIMES,
        "sessionId": _REQUIRED_TEXTS,
        "pageUrl": st.one_of(_REQUIRED_TEXTS, st.just("https://example.com/a?gclid=1&utm_term=x")),
    },
    optional={
        "userId": _OPTIONAL_TEXTS,
        "anonymousId": _OPTIONAL_TEXTS,
        "referrer": _OPTIONAL_TEXTS,
        "language": _OPTIONAL_TEXTS,
        "deviceInfo": st.one_of(
            st.none(),
            st.fixed_dictionaries(
                {}, optional=dict.fromkeys(["deviceType", "os", "browser"], _OPTIONAL_TEXTS)
            ),
        ),
        "properties": st.one_of(st.none(), PROPERTIES),
        **dict.fromkeys(["name", "message", "source", "line", "col", "stack", "other"], VALUES),
    },
)
