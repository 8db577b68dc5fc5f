import re
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desirepath.errors import Invalid
from desirepath.model.event import Event
from desirepath.reports import traffic, where
from desirepath.reports.base import Scope
from desirepath.reports.where import COLUMNS, HOLE, NUMBERS, OPERATORS, TEXTS, Filter, parse
from desirepath.store.client import Store
from tests.stories import NOON, events_of, insert

HOSTILE = [
    "'",
    '"',
    "\\",
    "\\'",
    "' OR 1=1 --",
    "') OR (1=1",
    "/a' UNION ALL SELECT 1 --",
    "{project:String}",
    "{filter_0:Array(String)}",
    "/* where */",
    "%",
    "_",
    "a\tb",
    "a\\tb",
    "a\nb",
    "\0",
    "\\N",
    "NULL",
    "['/a']",
    "é😀",
    "; DROP TABLE events",
    "-- pages",
]

hostile = st.sampled_from(HOSTILE) | st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from("'\"\\`{}[]()%_\t\n\0;,|"),
    max_size=12,
)

MEANING: dict[str, Callable[[str, str], bool]] = {
    "is": lambda text, value: text == value,
    "contains": lambda text, value: value in text,
    "starts_with": lambda text, value: text.startswith(value),
    "ends_with": lambda text, value: text.endswith(value),
}


def batched(names: Iterable[str]) -> list[list[str]]:
    """Six at a time: so many, each with all its operators, fit into two questions."""
    every = [*names]
    return [every[at : at + 6] for at in range(0, len(every), 6)]


def counted(store: Store, project: str, *filters: Filter) -> int:
    scope = Scope(
        project=project, since=NOON, until=NOON + timedelta(days=1), filters=list(filters)
    )
    return traffic.run(store, scope, traffic.TrafficParams(by=())).data.total.views


@pytest.fixture(scope="module")
def odd(store: Store) -> tuple[str, list[str]]:
    """A project, and the titles of its page views."""
    placed = events_of(*[f"ann: view /a {n}" for n in range(len(HOSTILE))])
    for title, one in zip(HOSTILE, placed, strict=True):
        one.event.title = title
    name = f"odd{uuid4().hex}"
    insert(store, name, placed)
    insert(store, f"{name}-other", events_of("bob: view /a 0"))
    return name, HOSTILE


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(values=st.lists(hostile, min_size=1, max_size=3), op=st.sampled_from(sorted(MEANING)))
def test_any_text_is_a_value_never_sql(
    store: Store, odd: tuple[str, list[str]], values: list[str], op: str
) -> None:
    project, titles = odd
    values = [value or "x" for value in values]
    expected = [t for t in titles if any(MEANING[op](t, value) for value in values)]

    found = counted(store, project, Filter(column="title", op=op, values=values))

    assert found == len(expected)
    if op == "is":
        others = Filter(column="title", op="is_not", values=values)
        assert counted(store, project, others) == len(titles) - len(expected)


@pytest.mark.parametrize("columns", batched(COLUMNS), ids=lambda columns: str(columns[0]))
def test_every_column_can_be_asked(store: Store, project: str, columns: list[str]) -> None:
    asked = [
        Filter(column=column, op=op, values=[0] if column in NUMBERS else ["0"])
        for column in columns
        for op in (where.NUMBER_OPERATORS if column in NUMBERS else where.TEXT_OPERATORS)
    ]

    assert counted(store, project, *asked[: len(asked) // 2]) == 0
    assert counted(store, project, *asked[len(asked) // 2 :]) == 0


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("http_status=404", 1),
        ("http_status=404|200", 2),
        ("http_status!=404", 1),
        ("http_status>=404", 1),
        ("http_status>404", 0),
        ("http_status<404", 1),
        ("http_status<=404", 2),
        ("viewport_w>0.5", 0),
        ("load_ms<1e9", 0),
        ("load_ms!=1", 0),
    ],
)
def test_numbers(store: Store, project: str, where: str, found: int) -> None:
    """The event without a status or a load time holds for no filter on it."""
    insert(store, project, events_of("ann: view /a 0", http_status=404))
    insert(store, project, events_of("ann: view /a 0", http_status=200))
    insert(store, project, events_of("ann: view /a 0"))

    assert counted(store, project, parse(where)) == found


@pytest.mark.parametrize(
    ("column", "told", "value"),
    [
        ("device", {"device_type": "mobile", "ua_device": "desktop"}, "desktop"),
        ("device", {"device_type": "mobile"}, "mobile"),
        ("browser", {"browser": "Chrome", "ua_browser": "Chrome Mobile"}, "Chrome Mobile"),
        ("os", {"os": "Linux"}, "Linux"),
    ],
)
def test_the_header_wins_over_what_the_event_says(
    store: Store, project: str, column: str, told: dict[str, Any], value: str
) -> None:
    insert(store, project, events_of("ann: view /a 0", **told))

    assert counted(store, project, Filter(column=column, values=[value])) == 1


def test_all_filters_must_hold(store: Store, project: str) -> None:
    insert(store, project, events_of("ann: view /a 0, view /b 1", "bob: view /a 0"))

    assert counted(store, project, parse("path=/a"), parse("user_id=ann")) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("path=/pricing", Filter(column="path", values=["/pricing"])),
        ("path = /pricing ", Filter(column="path", values=["/pricing"])),
        ("path is /pricing", Filter(column="path", values=["/pricing"])),
        ("path!=/a|/b", Filter(column="path", op="is_not", values=["/a", "/b"])),
        ("path is not /a", Filter(column="path", op="is_not", values=["/a"])),
        ("path is_not /a", Filter(column="path", op="is_not", values=["/a"])),
        ("path~=blog", Filter(column="path", op="contains", values=["blog"])),
        ("path^=/blog", Filter(column="path", op="starts_with", values=["/blog"])),
        ("path starts with /blog", Filter(column="path", op="starts_with", values=["/blog"])),
        ("path$=.html", Filter(column="path", op="ends_with", values=[".html"])),
        ("http_status>=400", Filter(column="http_status", op="at_least", values=["400"])),
        ("http_status greater 399", Filter(column="http_status", op="greater", values=["399"])),
        ("title=a\\|b|c\\\\", Filter(column="title", values=["a|b", "c\\"])),
        ("title==x", Filter(column="title", values=["=x"])),
        ("referrer_host=", Filter(column="referrer_host", values=[""])),
        ("referrer_host is", Filter(column="referrer_host", values=[""])),
        ("title is island", Filter(column="title", values=["island"])),
    ],
)
def test_filters_as_text(text: str, expected: Filter) -> None:
    assert parse(text) == expected


@given(st.text() | st.from_regex(r"\A(path|title|nope)( is not | is |=|~=|>)[^\n]*\Z"))
def test_any_text_is_a_filter_or_is_refused(text: str) -> None:
    try:
        found = parse(text)
    except Invalid:
        return
    assert found.column in COLUMNS


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("colour=red", r"there is no column 'colour'; there are surface, type, host, path, "),
        ("path>1", r"path cannot be compared by 'greater', only by is, is_not, contains, "),
        ("load_ms~=1", r"load_ms cannot be compared by 'contains', only by is, is_not, greater, "),
        ("load_ms>fast", r"load_ms is compared with a number, not 'fast'"),
        ("load_ms>nan", r"load_ms is compared with a number, not 'nan'"),
        ("load_ms>1|2", r"load_ms greater takes one value"),
        ("path~=", r"path contains needs some text"),
        ("path", r"'path' is not a filter: write a column, one of != "),
        ("", r"'' is not a filter"),
    ],
)
def test_what_is_refused_and_what_is_allowed_instead(text: str, message: str) -> None:
    with pytest.raises(Invalid, match=message) as caught:
        parse(text)

    assert caught.value.field == "where"


def test_a_wrong_filter_cannot_be_made_from_json_either() -> None:
    with pytest.raises(Invalid, match="there is no column"):
        msgspec.json.decode(b'{"column":"1=1 OR path","values":["x"]}', type=Filter)
    with pytest.raises(Invalid, match="cannot be compared by 'LIKE'"):
        msgspec.json.decode(b'{"column":"path","op":"LIKE","values":["x"]}', type=Filter)
    with pytest.raises(Invalid, match="compared with text, not with 5"):
        msgspec.json.decode(b'{"column":"path","values":[5]}', type=Filter)
    with pytest.raises(Invalid, match="is not Unicode text"):
        Filter(column="path", values=["\ud800"])
    with pytest.raises(Invalid, match="1 to 100 values"):
        Filter(column="path", values=["x"] * 101)


def test_too_many_filters() -> None:
    with pytest.raises(Invalid, match="at most 20"):
        where.narrow(HOLE, [parse("path=/a")] * 21)


def test_values_never_reach_the_text() -> None:
    filters = [
        Filter(column=column, op=op, values=["1234567"])
        for column in COLUMNS
        for op in (where.TEXT_OPERATORS if column in TEXTS else where.NUMBER_OPERATORS)
    ]
    for one in filters:
        sql, values = where.narrow(f"SELECT 1 {HOLE}", [one])

        assert "1234567" not in sql
        assert [*values.values()] in (["1234567"], [["1234567"]], [1234567.0], [[1234567.0]])


def test_the_columns_are_columns_of_an_event() -> None:
    named = {name for sql in COLUMNS.values() for name in re.findall(r"e\.(\w+)", sql)}

    assert named <= set(Event.__struct_fields__)
    assert len(OPERATORS) == len(set(OPERATORS))


def test_lines_of_sections_that_were_not_asked_for_are_left_out() -> None:
    sql = "SELECT 1 -- a\n, 2 -- b\nFROM x -- abc"

    assert where.only(sql, ["a", "b"], ["b"]) == ", 2 -- b\nFROM x -- abc"
    assert where.only(sql, ["a", "b"], ["a", "b"]) == sql


def test_the_schema_names_columns_and_operators() -> None:
    schema: dict[str, Any] = msgspec.json.schema_components([Filter])[1]["Filter"]

    assert schema["properties"]["column"]["enum"] == [*COLUMNS]
    assert schema["properties"]["op"]["enum"] == [*OPERATORS]
