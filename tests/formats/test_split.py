import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from desirepath.errors import Malformed, TooLarge
from desirepath.formats.split import MARKS, Cut, split
from tests.formats.bodies import TEXTS, VALUES

MEBIBYTE = 1 << 20


def cut(body: bytes) -> Cut:
    return split(body, "events", 500)


def decoded(found: Cut) -> tuple[list[Any], Any]:
    return [json.loads(element) for element in found.elements], json.loads(found.rest)


@settings(deadline=None)
@given(
    st.lists(VALUES, max_size=6),
    st.dictionaries(TEXTS.filter(lambda key: key != "events"), VALUES, max_size=3),
    st.dictionaries(TEXTS.filter(lambda key: key != "events"), VALUES, max_size=3),
    st.sampled_from([None, 0, 1]),
    st.booleans(),
)
@example([], {}, {}, None, True)
def test_the_elements_of_any_json(
    events: list[Any], before: dict[str, Any], after: dict[str, Any], indent: int, ascii_only: bool
) -> None:
    whole = before | {"events": events} | {k: v for k, v in after.items() if k not in before}
    sent = json.dumps(whole, indent=indent, ensure_ascii=ascii_only).encode()

    elements, rest = decoded(cut(sent))

    assert elements == events
    assert rest == {key: value for key, value in whole.items() if key != "events"}


@pytest.mark.parametrize(
    ("sent", "elements", "rest"),
    [
        pytest.param(b'{"events":[]}', [], b"{}", id="nothing"),
        pytest.param(b' {"events" :\t[ 1 ,\r\n2 ] } ', [b"1", b"2"], b"{}", id="spaces"),
        pytest.param(b'{"events":[1,,2,]}', [b"1", b"", b"2", b""], b"{}", id="commas"),
        pytest.param(b'{"events":["],[{"]}', [b'"],[{"'], b"{}", id="brackets in a text"),
        pytest.param(b'{"events":["\\"]}"]}', [b'"\\"]}"'], b"{}", id="escaped quotes"),
        pytest.param(b'{"events":["\\\\"]}', [b'"\\\\"'], b"{}", id="escaped backslashes"),
        pytest.param(b'{"events":[[[1]],{"a":{}}]}', [b"[[1]]", b'{"a":{}}'], b"{}", id="nested"),
        pytest.param(b'{"events":[NaN,\\]}', [b"NaN", b"\\"], b"{}", id="no JSON"),
        pytest.param(b'{"events":[1],"events":[2]}', [b"2"], b"{}", id="twice"),
        pytest.param(b'{"ev\\u0065nts":[1]}', [b"1"], b"{}", id="an escape in the key"),
        pytest.param(
            b'{"a":"\\x","\\x":{"events":[2]},"events":[1]}',
            [b"1"],
            b'{"a":"\\x","\\x":{"events":[2]}}',
            id="no JSON beside",
        ),
        pytest.param(b'{"a":[},"events":[1]}', [b"1"], b'{"a":[}}', id="the wrong brackets"),
        pytest.param(
            b'{"events":[1,{"a":"b},{"c":2}]}',
            [b"1", b'{"a":"b},{"c":2}]}'],
            b"{}",
            id="a text without end",
        ),
    ],
)  # fmt: skip
def test_the_cut(sent: bytes, elements: list[bytes], rest: bytes) -> None:
    assert cut(sent) == Cut(elements, rest)


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        pytest.param(b"", "not JSON of the form", id="empty"),
        pytest.param(b"[1]", "not JSON of the form", id="a list"),
        pytest.param(b"{}", "not JSON of the form", id="no member"),
        pytest.param(b'{"a":{"events":[1]}}', "not JSON of the form", id="further in"),
        pytest.param(b'{"events":1}', "not JSON of the form", id="a number"),
        pytest.param(b'{"events":[1],"events":1}', "not JSON of the form", id="the last is none"),
        pytest.param(b'{"events":[1]2}', "not JSON of the form", id="behind the list"),
        pytest.param(b'{"events":[1]}}', "not JSON of the form", id="a bracket too many"),
        pytest.param(b'{"events":[1],}', "not JSON of the form", id="a comma at the end"),
        pytest.param(b'{events:[1]}', "not JSON of the form", id="a name without quotes"),
        pytest.param(b'{"events":[1]', "cut off", id="cut behind the list"),
        pytest.param(b'{"events":[1', "cut off", id="cut in the list"),
        pytest.param(b'{"events":["a', "cut off", id="cut in a text"),
        pytest.param(b'{"events":["a\\', "cut off", id="cut in an escape"),
        pytest.param(b'{"events":[{"a":[1}', "cut off", id="cut in an object"),
        pytest.param(b'{"events":[1],"a":"b}', "no end", id="a text without end beside"),
    ],
)  # fmt: skip
def test_what_cannot_be_cut(sent: bytes, message: str) -> None:
    with pytest.raises(Malformed, match=message):
        cut(sent)


# Without brackets in their texts: what was a text is taken for brackets behind one without end.
_PLAIN = st.dictionaries(
    st.text("abz", min_size=1),
    st.one_of(st.text("a/:., -"), st.integers(), st.dictionaries(st.text("ab"), st.text("c"))),
    min_size=1,
)


@settings(deadline=None)
@given(st.lists(_PLAIN, max_size=4), st.lists(_PLAIN, max_size=4))
def test_what_lies_before_a_text_without_end_is_whole(
    before: list[dict[str, Any]], after: list[dict[str, Any]]
) -> None:
    texts = [*map(json.dumps, before), '{"a":"b}', *map(json.dumps, after)]

    found = cut(('{"events":[' + ",".join(texts) + "]}").encode())

    assert [json.loads(one) for one in found.elements[:-1]] == before
    assert found.elements[-1].startswith(b'{"a":"b}')


def test_no_more_than_allowed() -> None:
    assert len(split(b'{"a":[1,2,3]}', "a", 3).elements) == 3
    with pytest.raises(TooLarge):
        split(b'{"a":[1,2,3,4]}', "a", 3)


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=100), st.text('[]{}",:\\ a\n', max_size=60))
def test_any_bytes(sent: bytes, marks: str) -> None:
    for body in (
        sent,
        marks.encode(),
        b'{"events":[' + sent,
        b'{"events":[' + marks.encode() + b"]}",
    ):
        try:
            found = cut(body)
        except (Malformed, TooLarge):
            continue
        assert sum(map(len, found.elements)) <= len(body)


# The slowest texts found, each as large as a body can be: quadratic work on them takes minutes.
HOSTILE = [
    b"[",
    b"[]",
    b"[[]]",
    b'[["',
    b'""',
    b'"\\""',
    b'{"a":[',
    b"{}[",
    b"\\",
    b'"[',
    b"[1],[[2]],",
]


@pytest.mark.parametrize("piece", HOSTILE)
@pytest.mark.parametrize("start", [b'{"events":[1,', b'{"events":[1,{"a":', b'{"a":'])
def test_no_body_keeps_the_server_busy(start: bytes, piece: bytes) -> None:
    body = start + piece * ((MEBIBYTE - 40) // len(piece)) + b"}]}"

    try:
        found = cut(body)
    except (Malformed, TooLarge):
        return
    assert found.elements[0] == b"1"


def test_an_event_of_too_many_brackets_takes_what_follows_it() -> None:
    within, over = (b'{"a":' + b"[[1]]," * (MARKS // n) + b"1}" for n in (4, 1))

    assert cut(b'{"events":[1,' + within + b",2]}").elements == [b"1", within, b"2"]
    assert cut(b'{"events":[1,' + over + b",2]}").elements == [b"1", over + b",2]}"]
    with pytest.raises(Malformed, match="brackets"):
        cut(b'{"a":' + over + b',"events":[1]}')
