import json

import pytest

from desirepath.errors import Invalid
from desirepath.formats.tables import Csv, Ndjson
from desirepath.model import ids
from desirepath.model.event import Event, Refusal

FALLBACK = "11111111-1111-4111-8111-111111111111"

EVENT = {
    "eventId": "550e8400-e29b-41d4-a716-446655440000",
    "eventType": "page_view",
    "timestamp": 1625539200000,
    "sessionId": "session-123",
    "pageUrl": "https://example.com/",
    "properties": {"title": "Example"},
}
HEADER = b"eventId,eventType,timestamp,sessionId,pageUrl"
ROW = b"e1,page_view,1625539200000,s1,https://example.com/"


def ndjson(text: object) -> list[Event | Refusal]:
    raw = text if isinstance(text, bytes) else json.dumps(text).encode()
    return [item.row for item in Ndjson().read(raw, 3, FALLBACK)]


def cell(name: str, value: str, row: bytes = ROW) -> Event | Refusal:
    quoted = '"' + value.replace('"', '""') + '"'
    table = Csv(HEADER + b"," + name.encode())
    (item,) = table.read(row + b"," + quoted.encode(), 3, FALLBACK)
    return item.row


def event_of(row: Event | Refusal) -> Event:
    assert isinstance(row, Event), row
    return row


def test_a_line_of_ndjson_is_an_event() -> None:
    (row,) = ndjson(EVENT)

    assert row == Event(
        surface="trackflow",
        type="page_view",
        event_id="550e8400-e29b-41d4-a716-446655440000",
        time=1625539200.0,
        session_id="session-123",
        page_url="https://example.com/",
        title="Example",
        properties='{"title": "Example"}',
    )


def test_a_line_may_hold_a_whole_request() -> None:
    other = EVENT | {"eventId": "x"}

    rows = ndjson({"events": [EVENT, {"eventType": 5}, other]})

    assert [row.event_id for row in rows if isinstance(row, Event)] == [EVENT["eventId"], "x"]
    (refused,) = [row for row in rows if isinstance(row, Refusal)]
    assert (refused.reason, refused.position) == ("invalid_type", 3)
    assert refused.message.startswith("line 3, event 2: ")


def test_an_event_that_only_mentions_events_is_one_event() -> None:
    (row,) = ndjson(EVENT | {"properties": {"events": [1, 2]}})

    assert event_of(row).properties == '{"events": [1, 2]}'


def test_an_event_without_an_id_gets_the_one_of_its_line() -> None:
    bare = {name: value for name, value in EVENT.items() if name != "eventId"}

    (row,) = ndjson(bare)
    many = ndjson({"events": [bare, bare]})

    assert event_of(row).event_id == FALLBACK
    assert [event_of(one).event_id for one in many] == [
        ids.named(FALLBACK, "1"),
        ids.named(FALLBACK, "2"),
    ]


@pytest.mark.parametrize(
    ("raw", "reason", "field"),
    [
        pytest.param(b"hello", "malformed", "", id="no JSON"),
        pytest.param(b'{"eventId": "a', "malformed", "", id="cut"),
        pytest.param(b"[1]", "invalid_type", "", id="no object"),
        pytest.param(b'{"events": 1}', "missing_field", "eventType", id="no list"),
        pytest.param(b"[" * 5000, "invalid_type", "", id="without end"),
        pytest.param(b" " * (1 << 20) + b"x", "too_long", "", id="too long"),
        pytest.param({"eventId": "x"}, "missing_field", "eventType", id="a field is missing"),
        pytest.param({}, "missing_field", "eventType", id="nothing"),
        pytest.param(EVENT | {"timestamp": "soon"}, "invalid_value", "timestamp", id="no time"),
    ],
)
def test_a_refused_line_says_why_and_where(raw: object, reason: str, field: str) -> None:
    (row,) = ndjson(raw)

    assert isinstance(row, Refusal)
    assert (row.reason, row.field, row.position, row.message[:7]) == (reason, field, 3, "line 3:")


def test_a_row_of_csv_is_an_event() -> None:
    table = Csv(
        b"\xef\xbb\xbfevent_id;Event_Type;timestamp;sessionId;pageUrl;userId;deviceInfo.os;"
        b"properties;properties.title;properties.price;properties.deep.er\r"
    )
    row = (
        b'e1;click;1625539200.5;s1;https://example.com/;;Windows;"{""id"": ""buy"", ""n"": [1]}";'
        b"2024;3.5;true\r"
    )

    (item,) = table.read(row, 2, FALLBACK)

    assert item.row == Event(
        surface="trackflow",
        type="click",
        event_id="e1",
        time=1625539200.5,
        session_id="s1",
        page_url="https://example.com/",
        os="Windows",
        title="2024",
        element_id="buy",
        properties='{"id":"buy","n":[1],"title":"2024","price":3.5,"deep":{"er":true}}',
        extra={"n": [1], "price": 3.5, "deep": {"er": True}},
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("12", 12, id="a whole number"),
        pytest.param("-0.5", -0.5, id="a fraction"),
        pytest.param("007", "007", id="leading zeros are a name"),
        pytest.param("12345678901234567890", "12345678901234567890", id="too long for a number"),
        pytest.param("1e5", "1e5", id="an exponent"),
        pytest.param("true", True, id="true"),
        pytest.param("True", "True", id="a word"),
        pytest.param('["a"]', ["a"], id="a list"),
        pytest.param('{"a": {"b": null}}', {"a": {"b": None}}, id="an object"),
        pytest.param("[a]", "[a]", id="brackets that are no JSON"),
        pytest.param("a\nb", "a\nb", id="a line end"),
        pytest.param("😀", "😀", id="beyond the first plane"),
    ],
)
def test_a_property_is_what_it_looks_like(text: str, value: object) -> None:
    assert json.loads(event_of(cell("properties.x", text)).properties) == {"x": value}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        pytest.param("1625539200000", 1625539200.0, id="milliseconds"),
        pytest.param("1625539200", 1625539200.0, id="seconds"),
        pytest.param("2021-07-06T02:40:00Z", 1625539200.0, id="ISO 8601"),
        pytest.param("2021-07-06 02:40:00+00:00", 1625539200.0, id="with a space"),
    ],
)
def test_times(text: str, seconds: float) -> None:
    row = ROW.replace(b"1625539200000", text.encode())
    (item,) = Csv(HEADER).read(row, 2, FALLBACK)

    assert event_of(item.row).time == seconds


def test_an_empty_cell_is_no_value() -> None:
    assert event_of(cell("properties.x", "")).properties == ""
    assert event_of(cell("properties.x", "1", ROW.replace(b"e1", b""))).event_id == FALLBACK


@pytest.mark.parametrize(
    ("row", "reason", "field"),
    [
        pytest.param(ROW + b",x", "bad_line", "", id="a cell too many"),
        pytest.param(b"e1", "bad_line", "", id="cells are missing"),
        pytest.param(b'e1,"page_view,1,2,3', "bad_line", "", id="a quote that does not close"),
        pytest.param(b'e1,"page"view,1,2,3', "bad_line", "", id="text after a quote"),
        pytest.param(
            ROW.replace(b"s1", b""), "missing_field", "sessionId", id="a value is missing"
        ),
        pytest.param(
            ROW.replace(b"1625539200000", b"soon"), "invalid_value", "timestamp", id="no time"
        ),
    ],
)
def test_a_refused_row_says_why_and_where(row: bytes, reason: str, field: str) -> None:
    (item,) = Csv(HEADER).read(row, 3, FALLBACK)

    assert isinstance(item.row, Refusal)
    assert (item.row.reason, item.row.field, item.row.message[:7]) == (reason, field, "line 3:")
    assert item.raw == row


def test_properties_that_are_no_object_are_refused() -> None:
    row = cell("properties", "hello")

    assert isinstance(row, Refusal)
    assert (row.reason, row.field) == ("invalid_type", "properties")


@pytest.mark.parametrize(
    ("header", "field"),
    [
        pytest.param(HEADER + b",colour", "colour", id="no such field"),
        pytest.param(HEADER + b",event_id", "eventId", id="twice, in another spelling"),
        pytest.param(HEADER.replace(b",pageUrl", b""), "pageUrl", id="one is missing"),
        pytest.param(b"", "", id="empty"),
    ],
)
def test_a_header_is_held_to_the_fields_of_trackflow(header: bytes, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        Csv(header)

    assert caught.value.field == (field or "eventType")
