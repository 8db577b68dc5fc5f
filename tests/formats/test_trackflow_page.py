"""docs/formats/trackflow.md says what the code does."""

import re
from pathlib import Path

from desirepath.formats import limits
from desirepath.formats.trackflow_columns import COLUMNS
from desirepath.formats.trackflow_event import WireEvent
from desirepath.intake import REFUSED_BYTES, REFUSED_BYTES_TOGETHER

PAGE = (Path(__file__).parents[2] / "docs" / "formats" / "trackflow.md").read_text()


def section(name: str) -> str:
    return PAGE.partition(f"\n## {name}\n")[2].partition("\n## ")[0]


def test_every_field_is_on_the_page() -> None:
    told = re.findall(r"^\| `(\w+)` \|", section("An event"), re.MULTILINE)
    beside = re.findall(r"`(\w+)`", section("An event").partition("An `error` has two")[2])

    fields = WireEvent.__struct_fields__
    assert sorted(told) == sorted(fields[: fields.index("properties") + 1])
    assert set(fields[fields.index("properties") + 1 :]) <= set(beside)


def test_every_property_with_a_column_is_on_the_page() -> None:
    told = {
        (kind, name, column)
        for kinds, name, column in re.findall(
            r"^\| ([\w, ]+) \| `(\w+)` \| `(\w+)` \|$", section("Properties"), re.MULTILINE
        )
        for kind in kinds.split(", ")
    }

    assert told == {
        (kind, name, column.name)
        for kind, found in COLUMNS.items()
        for name, column in found.items()
    }


def test_every_limit_is_on_the_page() -> None:
    told = re.findall(r"^\| .+ \| (\d+)[^|]*\| .+ \|$", section("Limits"), re.MULTILINE)

    assert [int(number) for number in told] == [
        limits.BODY_BYTES,
        limits.EVENTS,
        limits.STRING_LENGTH,
        limits.STACK_LENGTH,
        limits.KEYS,
        limits.KEY_LENGTH,
        limits.DEPTH,
        limits.LISTS,
    ]
    assert f"cut at {REFUSED_BYTES >> 10} KiB" in PAGE
    assert f"the first {REFUSED_BYTES_TOGETHER >> 10} KiB" in PAGE
