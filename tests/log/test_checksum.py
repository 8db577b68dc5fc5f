"""The checksum that is stored with a record, at any place."""

from typing import Any

import apsw
from hypothesis import given, settings
from hypothesis import strategies as st

from desirepath.log.base import Draft, Record
from desirepath.log.sqlite import checksum, reading, schema

text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
number = st.integers(-(2**63), 2**63 - 1)
draft = st.builds(
    Draft,
    text,
    st.integers(0, 2),
    text,
    st.booleans(),
    number,
    number,
    number,
    number,
    text,
    st.binary(max_size=300),
)
place = st.integers(1, 2**53)


def stored(some: list[Draft], first: int) -> list[tuple[Any, ...]]:
    """The rows that SQLite gives back."""
    db = apsw.Connection("")
    for statement in schema.CREATE.strip().split(";\n"):
        db.execute(statement)
    values, _ = checksum.flatten(some)
    db.execute(schema.insert(len(some)), [*schema.leading(first), *values])
    rows = db.execute(reading.READ, (0, 2**63 - 1, len(some))).fetchall()
    db.close()
    return rows


@settings(deadline=None)  # the machine may be busy
@given(st.lists(draft, min_size=1, max_size=5), place)
def test_a_record_fits_where_it_was_written(some: list[Draft], first: int) -> None:
    found = [checksum.checked(row) for row in stored(some, first)]

    assert found == [Record(first + at, *one) for at, one in enumerate(some)]


@settings(deadline=None)  # the machine may be busy
@given(draft, place, st.integers(0, 53), st.data())
def test_it_does_not_fit_with_any_part_changed(
    one: Draft, offset: int, bit: int, data: st.DataObject
) -> None:
    (row,) = stored([one], offset)
    column = data.draw(st.integers(2, len(row) - 2))
    other = data.draw(
        st.one_of(st.none(), number, text, st.binary()).filter(lambda it: it != row[column])
    )

    assert checksum.checked((offset ^ (1 << bit), *row[1:])).body is None
    assert checksum.checked((offset, row[1] ^ (1 << bit), *row[2:])).body is None
    assert checksum.checked((*row[:column], other, *row[column + 1 :])).body is None
    assert checksum.checked((*row[:-1], row[-1] + b"x")) == Record(offset, *one)._replace(body=None)
