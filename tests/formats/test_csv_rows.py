from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desirepath.formats.csv_rows import ROW_LINES, Row, rows


def lines(text: bytes) -> Iterator[Row]:
    end = 0
    for number, raw in enumerate(text.split(b"\n"), 1):
        end += len(raw) + 1
        yield Row(number, end, raw)


def joined(text: bytes) -> list[Row]:
    return list(rows(lines(text), lambda raw: raw.count(b",") == 1))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param(b"a,b\nc,d", [(1, b"a,b"), (2, b"c,d")], id="a line, a row"),
        pytest.param(b'a,"b\nc"\nd,e', [(1, b'a,"b\nc"'), (3, b"d,e")], id="a line end in a cell"),
        pytest.param(b'"a\n\nb",c', [(1, b'"a\n\nb",c')], id="an empty line in a cell"),
        pytest.param(b'a,"b""\nc"', [(1, b'a,"b""\nc"')], id="doubled quotes"),
        pytest.param(b'a,"b\nc,d', [(1, b'a,"b'), (2, b"c,d")], id="never closed"),
        pytest.param(
            b'a,"b\nc,d\n"e,f', [(1, b'a,"b'), (2, b"c,d"), (3, b'"e,f')], id="closed elsewhere"
        ),
    ],
)  # fmt: skip
def test_lines_become_rows(text: bytes, found: list[tuple[int, bytes]]) -> None:
    assert [(row.number, row.raw) for row in joined(text)] == found


def test_an_open_quote_costs_its_own_line_only() -> None:
    text = b'x,"y\n' + b"\n".join(b"a,b" for _ in range(ROW_LINES * 3))

    assert [row.raw for row in joined(text)] == [b'x,"y'] + [b"a,b"] * (ROW_LINES * 3)


@given(st.text(alphabet='a,"\n', max_size=60))
def test_rows_are_all_of_the_file_in_order(text: str) -> None:
    raw = text.encode()
    found = joined(raw)

    assert b"\n".join(row.raw for row in found) == raw
    assert [row.end for row in found] == sorted({row.end for row in found})
    assert found[-1].end == len(raw) + 1
