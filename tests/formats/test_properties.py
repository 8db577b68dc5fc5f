import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from desirepath.formats import limits, properties
from desirepath.formats.base import Unfit
from desirepath.formats.properties import Column, normalise, promote
from tests.formats.bodies import PROPERTIES


class Row(Struct):
    text: str = ""
    yes: bool = False
    whole: int | None = None
    part: float | None = None


COLUMNS = {
    "text": Column("text", str),
    "yes": Column("yes", bool),
    "whole": Column("whole", int, -10, 10),
    "part": Column("part", float, 0, 1e3),
}


@pytest.mark.parametrize(
    ("found", "row", "rest"),
    [
        pytest.param({}, Row(), {}, id="nothing"),
        pytest.param({"text": "a", "b": 1}, Row(text="a"), {"b": 1}, id="some"),
        pytest.param({"text": ""}, Row(), {}, id="an empty text"),
        pytest.param({"text": None, "whole": None}, Row(), {}, id="null"),
        pytest.param({"text": 1}, Row(), {"text": 1}, id="a number for a text"),
        pytest.param({"text": ["a"]}, Row(), {"text": ["a"]}, id="a list for a text"),
        pytest.param({"yes": True}, Row(yes=True), {}, id="true"),
        pytest.param({"yes": 1}, Row(), {"yes": 1}, id="1 is not true"),
        pytest.param({"whole": True}, Row(), {"whole": True}, id="true is not 1"),
        pytest.param({"whole": 10}, Row(whole=10), {}, id="the highest"),
        pytest.param({"whole": 11}, Row(), {"whole": 11}, id="too high"),
        pytest.param({"whole": -10.4}, Row(), {"whole": -10.4}, id="too low"),
        pytest.param({"whole": 2.6}, Row(whole=3), {}, id="a fraction is rounded"),
        pytest.param({"whole": "2"}, Row(), {"whole": "2"}, id="a text for a number"),
        pytest.param({"whole": 10**30}, Row(), {"whole": str(10**30)}, id="a very large number"),
        pytest.param({"part": 2}, Row(part=2.0), {}, id="an integer for a fraction"),
        pytest.param({"part": 1e300}, Row(), {"part": 1e300}, id="a large fraction"),
    ],
)
def test_what_fits_a_column_goes_there(
    found: dict[str, Any], row: Row, rest: dict[str, Any]
) -> None:
    event = Row()

    assert promote(event, found, COLUMNS) == rest
    assert event == row
    assert type(event.whole) is type(row.whole)
    assert type(event.part) is type(row.part)


@pytest.mark.parametrize(
    ("found", "kept"),
    [
        pytest.param({"a": None, "b": {}, "c": {"d": None}, "e": []}, {"e": []}, id="nothings"),
        pytest.param({"a.b": 1, "c": {"d.e": 2}}, {"a_b": 1, "c": {"d_e": 2}}, id="dots"),
        pytest.param({"a.b": 1, "a_b": 2}, {"a_b": 2}, id="keys that become equal"),
        pytest.param({"": 1, ".": 2}, {"_": 2}, id="empty keys"),
        pytest.param(
            {"a": [1, None, {}, [None], {"b.c": None, "d": 1}]},
            {"a": [1, [], {"d": 1}]},
            id="in lists",
        ),
        pytest.param({"a": 2**63 - 1}, {"a": 2**63 - 1}, id="64 bits"),
        pytest.param({"a": -(2**63)}, {"a": -(2**63)}, id="64 bits, negative"),
        pytest.param({"a": 2**63}, {"a": str(2**63)}, id="more than 64 bits"),
        pytest.param({"a": [-(2**63) - 1]}, {"a": [str(-(2**63) - 1)]}, id="and negative"),
        pytest.param({"a": [True, 1.5, "a.b"]}, {"a": [True, 1.5, "a.b"]}, id="the rest"),
    ],
)
def test_what_clickhouse_would_not_take(found: dict[str, Any], kept: dict[str, Any]) -> None:
    assert normalise(found) == kept


def _paths(value: Any, path: str = "") -> list[str]:
    if isinstance(value, dict):
        return [p for key, item in value.items() for p in _paths(item, f"{path}.{key}")]
    return [path]


@given(PROPERTIES)
def test_no_path_comes_twice_and_no_null_is_left(found: dict[str, Any]) -> None:
    kept = normalise(found)

    paths = _paths(kept)
    assert len(set(paths)) == len(paths)
    assert "null" not in json.dumps(_without_texts(kept))
    assert normalise(kept) == kept


def _without_texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {"key": [_without_texts(item) for item in value.values()]}
    if isinstance(value, list):
        return [_without_texts(item) for item in value]
    return "" if isinstance(value, str) else value


@given(PROPERTIES)
def test_the_text_is_kept_as_it_was_sent(found: dict[str, Any]) -> None:
    text = json.dumps(found)

    assert properties.read(text) == (found, text)


def _nested(depth: int, kind: str) -> Any:
    value: Any = 1
    for _ in range(depth - 1):
        value = [value] if kind == "list" else {"a": value}
    return {"a": value}


@pytest.mark.parametrize(
    ("within", "over"),
    [
        pytest.param(_nested(16, "list"), _nested(17, "list"), id="lists in lists"),
        pytest.param(_nested(16, "object"), _nested(17, "object"), id="objects in objects"),
        pytest.param({"a": "x" * 8192}, {"a": "x" * 8193}, id="a text"),
        pytest.param({"a": ["x" * 8192]}, {"a": ["x" * 8193]}, id="a text in a list"),
        pytest.param({"a": "é" * 8192}, {"a": "é" * 8193}, id="characters, not bytes"),
        pytest.param({"a" * 128: 1}, {"a" * 129: 1}, id="a key"),
        pytest.param({"b": [{"a" * 128: 1}]}, {"b": [{"a" * 129: 1}]}, id="a key in a list"),
        pytest.param({str(n): n for n in range(256)}, {str(n): n for n in range(257)}, id="keys"),
        pytest.param(
            {str(n): {"a": 1} for n in range(128)},
            {str(n): {"a": 1} for n in range(129)},
            id="keys at all levels together",
        ),
    ],
)
def test_limits(within: dict[str, Any], over: dict[str, Any]) -> None:
    assert properties.read(json.dumps(within)) == (within, json.dumps(within))
    with pytest.raises(Unfit) as caught:
        properties.read(json.dumps(over))
    assert (caught.value.reason, caught.value.field) == ("too_large", "properties")


def test_long_lists_of_numbers_are_no_problem() -> None:
    found = {"trail": list(range(100_000))}

    assert properties.read(json.dumps(found))[0] == found


def test_only_a_stack_is_cut() -> None:
    long = "x" * (limits.STACK_LENGTH + 1)

    found, text = properties.read(json.dumps({"stack": long, "in": [{"stack": long}], "n": 1e3}))

    assert found == {"stack": long[:-1], "in": [{"stack": long[:-1]}], "n": 1e3}
    assert json.loads(text) == found
    with pytest.raises(Unfit):
        properties.read(json.dumps({"stack": [long]}))


@given(st.text(max_size=200))
def test_any_text_is_read_or_unfit(text: str) -> None:
    try:
        found, kept = properties.read(text)
    except Unfit:
        return
    assert kept in (text, "")
    assert isinstance(found, dict)
