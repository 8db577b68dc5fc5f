import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desirepath.errors import Malformed, TooLarge
from desirepath.formats import limits, trackflow
from desirepath.formats.base import Item
from desirepath.model.event import Event, Refusal
from tests.formats.bodies import BASE, EVENTS, VALUES, body, raw, raw_body, with_value

ID = BASE["eventId"]
Answer = tuple[str, str]  # reason and field


def event(**changes: Any) -> Event:
    """What BASE becomes, with other columns."""
    base: dict[str, Any] = {
        "surface": "trackflow",
        "type": "page_view",
        "event_id": ID,
        "time": 1625539200.0,
        "session_id": "session-123",
        "user_id": "user-456",
        "page_url": "https://example.com",
        "referrer": "https://google.com",
        "device_type": "desktop",
        "os": "Windows",
        "browser": "Chrome",
        "title": "Example Page",
        "properties": '{"title": "Example Page"}',
    }
    return Event(**(base | changes))


def one(sent: bytes) -> Event | Refusal:
    (item,) = trackflow.read(raw_body(sent)).items
    return item.row


def taken(sent: bytes) -> Event:
    row = one(sent)
    assert isinstance(row, Event), row
    return row


def answer(sent: bytes) -> Answer:
    row = one(sent)
    assert isinstance(row, Refusal), row
    return row.reason, row.field


def without(name: str) -> bytes:
    return json.dumps({key: value for key, value in BASE.items() if key != name}).encode()


@pytest.mark.parametrize("name", ["eventId", "eventType", "timestamp", "sessionId", "pageUrl"])
@pytest.mark.parametrize("how", ["absent", "null", "empty"])
def test_what_is_required(name: str, how: str) -> None:
    sent = without(name) if how == "absent" else raw(**{name: None if how == "null" else ""})

    (item,) = trackflow.read(raw_body(sent)).items

    assert item == Item(
        Refusal(
            reason="missing_field",
            field=name,
            message=f"{name} is required",
            surface="trackflow",
            event_id_text="" if name == "eventId" else ID,
        ),
        "your-api-key",
        sent,
    )


@pytest.mark.parametrize(
    "name", ["tenantId", "userId", "anonymousId", "referrer", "language", "deviceInfo"]
)
@pytest.mark.parametrize("how", ["absent", "null"])
def test_what_may_be_absent_or_null(name: str, how: str) -> None:
    columns = {
        "userId": {"user_id": ""},
        "referrer": {"referrer": ""},
        "deviceInfo": {"device_type": "", "os": "", "browser": ""},
    }

    row = one(without(name) if how == "absent" else raw(**{name: None}))

    assert row == event(**columns.get(name, {}))


@pytest.mark.parametrize("sent", [without("properties"), raw(properties=None), raw(properties={})])
def test_properties_may_be_absent_null_or_empty(sent: bytes) -> None:
    assert one(sent) == event(title="", properties="")


def test_under_a_key_of_the_request_an_event_needs_no_id() -> None:
    sent = raw_body(without("eventId"), raw(), without("pageUrl"))

    items = trackflow.read(sent, id_needed=False).items

    assert [item.row for item in items[:2]] == [event(event_id=""), event()]
    assert isinstance(items[2].row, Refusal)
    assert (items[2].row.reason, items[2].row.field) == ("missing_field", "pageUrl")


def test_a_custom_type_keeps_all_its_properties_for_queries() -> None:
    row = one(raw(eventType="signup", properties={"title": "A", "plan": {"name": "pro"}, "id": 1}))

    assert row == event(
        type="signup",
        title="",
        properties='{"title": "A", "plan": {"name": "pro"}, "id": 1}',
        extra={"title": "A", "plan": {"name": "pro"}, "id": 1},
    )


def test_what_has_no_column_or_does_not_fit_it_stays_a_property() -> None:
    said = {"title": 5, "section": None, "viewportW": -1, "viewportH": 900.4, "documentW": True}

    row = one(raw(properties=said | {"seen": "yes"}))

    assert row == event(
        title="",
        viewport_h=900,
        properties=json.dumps(said | {"seen": "yes"}),
        extra={"title": 5, "viewportW": -1, "documentW": True, "seen": "yes"},
    )


def test_the_parts_of_an_error_in_properties_win_over_those_beside() -> None:
    said = {"name": "InnerError", "line": "12", "stack": None}
    sent = raw(
        eventType="error", properties=said, name="E", message="m", line=5, col=2.0, stack="s"
    )

    row = taken(sent)

    assert (row.error_name, row.error_message, row.error_line, row.error_col, row.error_stack) == (
        *("InnerError", "m", None, 2, "s"),
    )
    assert row.extra == {"line": "12"}
    assert row.properties == json.dumps(said)


@pytest.mark.parametrize("value", [[1], {"a": 1}, True, None, {"message": "x" * 10_000}])
def test_what_stands_beside_and_is_no_part_of_an_error_is_ignored(value: Any) -> None:
    error = taken(raw(eventType="error", message=value, properties={}))
    assert (error.error_message, error.extra) == ("", {})
    assert one(raw(message=value, line=value)) == event()


def test_the_clock_of_the_sender() -> None:
    assert trackflow.read(body(BASE, sentAt=1625539200123)).sent_at == 1625539200.123
    assert trackflow.read(body(BASE, sentAt="2021-07-06T02:40:00Z")).sent_at == 1625539200.0
    nothings: list[Any] = [None, "soon", -1, {}, [], True, 10**400, ""]
    for nothing in nothings:
        assert trackflow.read(body(BASE, sentAt=nothing)).sent_at is None


DEEP = {
    depth: with_value(b"[" * (depth - 1) + b"]" * (depth - 1)) for depth in (17, 1_100, 100_000)
}
NESTED = with_value(b'{"a":' * 100_000 + b"1" + b"}" * 100_000)
KEPT: dict[str, tuple[bytes, dict[str, Any]]] = {
    "a lone surrogate": (with_value(b'"a\\ud800b"'), {"x": "a\ufffdb"}),
    "halves of a pair in the wrong order": (with_value(b'"\\uDE00\\uD83D"'), {"x": "\ufffd\ufffd"}),
    "an escaped NUL": (with_value(b'"a\\u0000b"'), {"x": "a\ufffdb"}),
    "a raw NUL": (with_value(b'"a\x00b"'), {"x": "a\ufffdb"}),
    "invalid UTF-8": (with_value(b'"a\xffb"'), {"x": "a\ufffdb"}),
    "a surrogate in UTF-8": (with_value(b'"\xed\xa0\x80"'), {"x": "\ufffd\ufffd\ufffd"}),
    "equal keys in properties": (with_value(b'1,"x":2'), {"x": 2}),
    "2^63": (with_value(b"9223372036854775808"), {"x": "9223372036854775808"}),
    "2^64": (with_value(b"18446744073709551616"), {"x": "18446744073709551616"}),
    "-2^63-1": (with_value(b"-9223372036854775809"), {"x": "-9223372036854775809"}),
    "-2^63": (with_value(b"-9223372036854775808"), {"x": -(2**63)}),
    "depth 16": (with_value(b"[" * 15 + b"]" * 15), {"x": json.loads("[" * 15 + "]" * 15)}),
    "8,192 characters": (with_value(b'"%s"' % (b"x" * 8192)), {"x": "x" * 8192}),
}
REFUSED: dict[str, tuple[bytes, Answer]] = {
    "NaN": (with_value(b"NaN"), ("malformed", "")),
    "Infinity": (with_value(b"-Infinity"), ("malformed", "")),
    "1e400": (with_value(b"1e400"), ("malformed", "properties")),
    "a time of 1e400": (raw(timestamp="@").replace(b'"@"', b"1e400"), ("malformed", "timestamp")),
    "5,000 digits": (with_value(b"1" * 5000), ("malformed", "properties")),
    "depth 17": (DEEP[17], ("too_large", "properties")),
    "depth 1,100": (DEEP[1_100], ("too_large", "")),
    "depth 100,000": (DEEP[100_000], ("too_large", "")),
    "100,000 objects deep": (NESTED, ("too_large", "")),
    "a million characters": (with_value(b'"%s"' % (b"x" * 10**6)), ("too_large", "properties")),
    "8,193 characters": (with_value(b'"%s"' % (b"x" * 8193)), ("too_large", "properties")),
    "257 keys": (
        raw(properties=dict.fromkeys(map(str, range(257)), 1)),
        ("too_large", "properties"),
    ),
    "20,000 lists": (raw(properties={"x": [[]] * 20_000}), ("too_large", "")),
    "a long key": (raw(properties={"k" * 129: 1}), ("too_large", "properties")),
    "a long key inside": (raw(properties={"a": {"k" * 129: 1}}), ("too_large", "properties")),
    "a raw control character": (with_value(b'"a\x01b"'), ("malformed", "")),
    "a raw line end": (with_value(b'"a\nb"'), ("malformed", "")),
    "a comma at the end": (with_value(b"1,"), ("malformed", "")),
    "a comment": (with_value(b"1 /* one */"), ("malformed", "")),
    "single quotes": (with_value(b"'a'"), ("malformed", "")),
    "a BOM before it": (b"\xef\xbb\xbf" + raw(), ("malformed", "")),
    "nothing": (b"", ("malformed", "")),
    "null": (b"null", ("invalid_type", "")),
    "a number": (b"1", ("invalid_type", "")),
    "a text": (b'"event"', ("invalid_type", "")),
    "a list of events": (b"[" + raw() + b"]", ("invalid_type", "")),
    "a number for a text": (raw(pageUrl=5), ("invalid_type", "pageUrl")),
    "a number in deviceInfo": (raw(deviceInfo={"os": 5}), ("invalid_type", "deviceInfo.os")),
    "true for a time": (raw(timestamp=True), ("invalid_type", "timestamp")),
    "a list for properties": (raw(properties=[1]), ("invalid_type", "properties")),
    "a text for properties": (raw(properties="{}"), ("invalid_type", "properties")),
    "a time in words": (raw(timestamp="soon"), ("invalid_value", "timestamp")),
    "a time before 1970": (raw(timestamp=-1), ("invalid_value", "timestamp")),
    "a time after 2099": (raw(timestamp=4_102_444_800_000), ("invalid_value", "timestamp")),
    "a time of 400 digits": (raw(timestamp=10**400), ("invalid_value", "timestamp")),
    "a long address": (raw(pageUrl="x" * 8193), ("too_large", "pageUrl")),
    "a long system": (raw(deviceInfo={"os": "x" * 8193}), ("too_large", "deviceInfo.os")),
    "a long error": (raw(eventType="error", message="x" * 8193), ("too_large", "message")),
}


@pytest.mark.parametrize("case", KEPT)
def test_one_odd_event_of_fifty_is_repaired(case: str) -> None:
    sent, extra = KEPT[case]
    text = (sent.split(b'"properties": ')[1][:-1]).decode(errors="replace")
    if "surrogate" in case or "halves" in case or "NUL" in case:
        text = ""  # the repaired text, which other tests look at

    items = trackflow.read(raw_body(*[raw()] * 49, sent)).items

    assert [item.row for item in items[:49]] == [event()] * 49
    row = items[49].row
    assert isinstance(row, Event)
    assert row == event(title="", extra=extra, properties=text or row.properties)


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.parametrize("at", [0, 25, 49])
def test_one_bad_event_of_fifty_is_refused_alone(case: str, at: int) -> None:
    sent, (reason, field) = REFUSED[case]
    sends = [raw()] * 50
    sends[at] = sent

    items = trackflow.read(raw_body(*sends)).items

    assert [item.position for item in items] == list(range(50))
    refused = items.pop(at)
    assert [item.row for item in items] == [event()] * 49
    assert isinstance(refused.row, Refusal)
    assert (refused.row.reason, refused.row.field, refused.raw) == (reason, field, sent)
    assert refused.row.message
    assert refused.tenant == "your-api-key", "it is theirs whose the others are"


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(
            raw()[:-1] + b',"eventId":5,"eventId":"%s"}' % ID.encode(),
            id="the first of another type",
        ),
        pytest.param(raw(userId=5)[:-1] + b',"userId":"user-456"}', id="an optional field"),
        pytest.param(
            raw()[:-1] + b',"deviceInfo":{"deviceType":"desktop","os":5,"browser":"Chrome",'
            b'"os":"Windows"}}',
            id="in deviceInfo",
        ),
        pytest.param(
            raw(properties=1)[:-1] + raw()[raw().index(b', "properties"') :], id="properties"
        ),
    ],
)
def test_of_equal_keys_the_last_one_counts(sent: bytes) -> None:
    assert one(sent) == event()


def test_of_equal_keys_of_the_body_the_last_one_counts() -> None:
    hostile = b'{"events":[NaN],"sentAt":"x","events":5,"sentAt":0,"events":[%s,NaN]}' % raw()

    batch = trackflow.read(hostile)

    assert [type(item.row) for item in batch.items] == [Event, Refusal]
    assert batch.sent_at == 0.0
    with pytest.raises(Malformed):
        trackflow.read(b'{"events":[%s],"events":null}' % raw())


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b" ", id="a space"),
        pytest.param(b"\xef\xbb\xbf", id="a BOM"),
        pytest.param(b"hello", id="no JSON"),
        pytest.param(b"null", id="null"),
        pytest.param(b"[" + raw() + b"]", id="a bare list"),
        pytest.param(raw(), id="a bare event"),
        pytest.param(b"{}", id="no events"),
        pytest.param(b'{"events":null}', id="events null"),
        pytest.param(b'{"events":{}}', id="events an object"),
        pytest.param(b'{"events":"[]"}', id="events a text"),
        pytest.param(b'{"events":[]}', id="an empty list"),
        pytest.param(b'{"events":[ ]}', id="a list of nothing"),
        pytest.param(b'{"batch":{"events":[%s]}}' % raw(), id="events further in"),
        pytest.param(b'{"events":{"events":[%s]}}' % raw(), id="events in events"),
        pytest.param(b'{"a":"\\"events\\":[1]"}', id="events in a text"),
        pytest.param(b'{"events":[%s]' % raw(), id="cut after an event"),
        pytest.param(b'{"events":[%s' % raw()[:100], id="cut in an event"),
        pytest.param(b'{"events":[%s,' % raw(), id="cut between events"),
        pytest.param(raw_body(raw()) + b"x", id="something follows"),
        pytest.param(raw_body(raw()) * 2, id="two bodies"),
        pytest.param(b'{"events":[%s],}' % raw(), id="a comma at the end"),
        pytest.param(b'{"events":[%s],"sentAt":NaN}' % raw(), id="NaN beside"),
        pytest.param(b'// hi\n{"events":[%s]}' % raw(), id="a comment"),
        pytest.param("{'events':[]}".encode("utf-16"), id="UTF-16"),
        pytest.param(b"[" * 100_000, id="brackets"),
        pytest.param(b'{"events":' + b"[" * 100_000, id="open brackets"),
        pytest.param(b'{"a":' * 100_000, id="open objects"),
    ],
)
def test_a_body_that_is_none_is_malformed(sent: bytes) -> None:
    with pytest.raises(Malformed):
        trackflow.read(sent)


def test_a_body_may_begin_with_a_bom() -> None:
    assert [item.row for item in trackflow.read(b"\xef\xbb\xbf" + body(BASE)).items] == [event()]


@pytest.mark.parametrize("bad", [b"", b",NaN"])
def test_five_hundred_events_and_no_more(bad: bytes) -> None:
    events = b",".join([raw()] * (500 - len(bad) // 4))

    assert len(trackflow.read(b'{"events":[%s%s]}' % (events, bad)).items) == 500
    with pytest.raises(TooLarge) as caught:
        trackflow.read(b'{"events":[%s%s,{}]}' % (events, bad))
    assert caught.value.field == "events"


def test_a_string_without_end_takes_only_what_follows_it() -> None:
    open_ended = raw(userId="@").replace(b'@"', b"")

    items = trackflow.read(raw_body(raw(), open_ended, raw(), raw())).items

    assert items[0].row == event()
    assert len(items) == 2
    assert isinstance(items[1].row, Refusal)
    assert (items[1].row.reason, items[1].row.event_id_text) == ("malformed", ID)


def test_an_event_between_two_commas_is_missing() -> None:
    items = trackflow.read(raw_body(raw(), b"", raw(), b"")).items

    assert [isinstance(item.row, Event) for item in items] == [True, False, True, False]


@pytest.mark.parametrize("beside", [False, True])
def test_a_stack_is_cut_and_not_refused(beside: bool) -> None:
    stack = "at f (a.js:1:1)\n" * 5000
    cut = stack[: limits.STACK_LENGTH]

    row = taken(
        raw(eventType="error", properties={}, stack=stack)
        if beside
        else raw(eventType="error", properties={"stack": stack, "n": 1})
    )

    assert row.error_stack == cut
    assert row.properties == (
        "" if beside else json.dumps({"stack": cut, "n": 1}).replace(": ", ":").replace(", ", ",")
    )


def test_stacks_of_other_events_and_further_in_are_cut_too() -> None:
    row = taken(raw(eventType="crash", properties={"cause": {"stack": "x" * 40_000}}))

    assert row.extra == {"cause": {"stack": "x" * limits.STACK_LENGTH}}
    assert json.loads(row.properties) == row.extra


def test_a_refused_event_says_whose_it_is_even_if_it_is_no_json() -> None:
    (item,) = trackflow.read(raw_body(with_value(b"NaN"))).items

    assert isinstance(item.row, Refusal)
    assert (item.tenant, item.row.event_id_text) == ("your-api-key", ID)


def test_a_refused_event_is_nobodys_where_the_others_are_of_two() -> None:
    items = trackflow.read(raw_body(raw(tenantId="a"), raw(tenantId="b"), b"1")).items

    assert [item.tenant for item in items] == ["a", "b", ""]


def test_the_tenant_of_a_refused_event_is_not_looked_for_in_its_properties() -> None:
    sent = b'{"properties":{"tenantId":"x","eventId":"y"},"tenantId":"mine","eventType":5}'

    (item,) = trackflow.read(raw_body(sent)).items

    assert isinstance(item.row, Refusal)
    assert (item.tenant, item.row.event_id_text) == ("mine", "")


# Every path, for whatever is sent.

_some = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@_some
@given(st.lists(EVENTS, min_size=1, max_size=4), st.sampled_from([None, 2, 1]))
def test_events_one_by_one_are_the_events_of_the_body(
    events: list[dict[str, Any]], indent: int | None
) -> None:
    sent = json.dumps({"events": events}, indent=indent).encode()
    # A number that no machine can hold makes the parser refuse the whole.
    slow = sent[:-1].rstrip() + b',"events":1e400,"events":' + json.dumps(events).encode() + b"}"

    fast = trackflow.read(sent)

    assert all(isinstance(item.row, Event) for item in fast.items)
    assert [item._replace(row=_bare(item)) for item in trackflow.read(slow).items] == [
        item._replace(row=_bare(item)) for item in fast.items
    ]


def _bare(item: Item) -> Any:
    row = item.row
    assert isinstance(row, Event)
    row.properties = json.dumps(json.loads(row.properties or "{}"))
    return row


def _reads(sent: bytes) -> None:
    """Whatever it is: events, refusals, or one of the two errors; never anything else."""
    try:
        batch = trackflow.read(sent)
    except (Malformed, TooLarge):
        return
    assert 1 <= len(batch.items) <= limits.EVENTS
    assert [item.position for item in batch.items] == list(range(len(batch.items)))


@_some
@given(st.binary(max_size=300))
def test_any_bytes(sent: bytes) -> None:
    _reads(sent)
    _reads(raw_body(sent))
    _reads(raw_body(raw(), with_value(sent)))


@_some
@given(VALUES)
def test_any_json(value: Any) -> None:
    _reads(json.dumps(value).encode())
    _reads(json.dumps({"events": value}).encode())
    _reads(body(value, BASE | {"deviceInfo": value}, BASE | {"timestamp": value}))


@_some
@given(st.data())
def test_any_damage_to_a_body(data: st.DataObject) -> None:
    sent = bytearray(body(BASE, BASE | {"properties": {"a": [1, {"b": "c\\\n"}]}}, sentAt=1))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(sent) - 1))
        end = data.draw(st.integers(at, min(len(sent), at + 40)))
        sent[at:end] = data.draw(
            st.one_of(
                st.binary(max_size=3), st.sampled_from([b'"', b"\\", b"[", b"}", b"]}", b","])
            )
        )
        if not sent:
            break
    _reads(bytes(sent))


def test_of_a_body_that_is_cut_nothing_is_taken() -> None:
    sent = body(BASE, BASE, sentAt=1)

    for end in range(len(sent)):
        with pytest.raises(Malformed):
            trackflow.read(sent[:end])
