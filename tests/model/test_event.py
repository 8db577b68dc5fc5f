"""The fields of an event are the columns of the store, so a line needs no translation."""

import re

import msgspec
import pytest

from desirepath.model.event import Event, Refusal, line
from desirepath.store.migrate import steps

# What the loader writes in front of a line.
PLACE = {"project", "log_id", "log_shard", "log_offset"}


def columns(table: str) -> set[str]:
    """The columns that the schema gives a table, over all its steps."""
    found: set[str] = set()
    for _, sql in steps():
        if f"CREATE TABLE IF NOT EXISTS {table}\n" in sql:
            body = sql.partition("\n(\n")[2].partition("\n)\n")[0]
            found |= set(re.findall(r"^    (\w+) [A-Z]\w+", body, re.MULTILINE)) - {"INDEX"}
        if f"ALTER TABLE {table}\n" in sql or f"ALTER TABLE {table} " in sql:
            found |= set(re.findall(r"ADD COLUMN (?:IF NOT EXISTS )?(\w+)", sql))
    return found


@pytest.mark.parametrize(("table", "row"), [("events", Event), ("refused", Refusal)])
def test_every_field_has_its_column(table: str, row: type[msgspec.Struct]) -> None:
    assert columns(table) == set(row.__struct_encode_fields__) | PLACE


def test_what_is_left_at_its_default_is_not_written() -> None:
    event = Event(surface="trackflow", type="click", event_id="x", time=1.5)

    assert line(event) == b'{"surface":"trackflow","type":"click","event_id":"x","time":1.5}'


def test_a_line_is_one_line_and_comes_back() -> None:
    event = Event(
        surface="trackflow",
        type="click",
        event_id="x",
        time=1790000000.123,
        title="two\nlines \u2028 \x7f",
        extra={"deep": {"er": [1, None]}},
    )

    assert b"\n" not in line(event)
    assert msgspec.json.decode(line(event), type=Event) == event
