"""FORMAT Native for clients of newer protocols: the same blocks, with more around them."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desirepath.engine.native import SINCE, Blocks
from desirepath.engine.refusal import Refusal
from tests.engine.asking import Asker

NEWER = {"client_protocol_version": str(SINCE)}
OLDER = {"client_protocol_version": str(SINCE - 1)}

COLUMNS = [
    "number",
    "number % 2 = 0",
    "toInt8(number), toInt16(number), toInt128(number), toUInt256(number)",
    "toFloat32(number), toFloat64(number), toBFloat16(number)",
    "toDate('2026-11-20'), toDate32('1950-01-01'), toDateTime(number, 'UTC')",
    "toDateTime64(number, 6, 'Asia/Tokyo')",
    "toDecimal32(number, 2), toDecimal64(number, 2), toDecimal128(number, 2)",
    "toDecimal256(number, 2), CAST(number, 'Decimal(12, 3)')",
    "toString(number)",
    "repeat('x', number % 400)",
    "toFixedString(toString(number % 10), 3)",
    "generateUUIDv4(), toIPv4('127.0.0.1'), toIPv6('::1')",
    "CAST(number % 2 + 1, 'Enum8(\\'a(,b\\' = 1, \\'c\\\\\\'d\\' = 2)')",
    "NULL, [NULL], []",
    "if(number % 3 = 0, NULL, toString(number))",
    "range(number % 5)",
    "[range(number % 3), [number]]",
    "[toString(number)], [if(number % 2, NULL, 'x')]",
    "toLowCardinality(toString(number % 300))",
    "toLowCardinality(if(number % 3 = 0, NULL, toString(number % 7)))",
    "arrayMap(x -> toLowCardinality(toString(x)), range(number % 4))",
    "CAST(toFixedString('ab', 2), 'LowCardinality(Nullable(FixedString(2)))')",
    "(number, toString(number), [number])",
    "CAST((number, 'x'), 'Tuple(`a (b` UInt64, c LowCardinality(String))')",
    "tuple()",
    "map(toString(number), [number])",
    "map('a', toLowCardinality('b'), 'c', toLowCardinality('d'))",
    "CAST([(1, 'x')], 'Nested(a UInt8, b String)')",
    "CAST('{\"a\": [1, {\"b\": null}]}', 'JSON')",
    "(1., 2.)::Point, [(0., 0.)]::Ring, [[(0., 0.)]]::Polygon, [[[(0., 0.)]]]::MultiPolygon",
    "INTERVAL number DAY",
]


def _native(ask: Asker, sql: str, protocol: dict[str, str]) -> bytes:
    more = {"output_format_native_write_json_as_string": "1", "max_threads": "1"}
    said = ask.said(f"{sql} FORMAT Native", parameters={**protocol, **more})
    assert said.status == 200, said.text
    return said.body


@pytest.mark.parametrize("columns", COLUMNS)
@pytest.mark.parametrize("rows", [0, 1, 1000])
def test_every_type_is_measured_to_the_byte(ask: Asker, columns: str, rows: int) -> None:
    """A byte too many or too few, and the next block would begin in the middle of something."""
    sql = f"SELECT {columns} FROM numbers({rows}) SETTINGS max_block_size = 300"
    if "generateUUID" in columns:
        sql = sql.replace("generateUUIDv4()", "toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0')")
    head = json.loads(ask(f"{sql} FORMAT JSONCompact"))
    plain, newer = _native(ask, sql, {}), _native(ask, sql, NEWER)
    blocks = newer.count(b"\x01\x00\x02\xff\xff\xff\xff\x00")

    assert len(newer) == len(plain) + blocks * (8 + len(head["meta"]))
    assert bool(blocks) == bool(plain)
    if rows == 1000:
        assert blocks == 4


def test_older_clients_get_the_plain_form(ask: Asker) -> None:
    sql = "SELECT number, 'x' FROM numbers(10)"

    assert _native(ask, sql, OLDER) == _native(ask, sql, {})
    assert _native(ask, sql, NEWER) == (
        b"\x01\x00\x02\xff\xff\xff\xff\x00" + b"\x02\x0a"
        + b"\x06number\x06UInt64\x00" + b"".join(n.to_bytes(8, "little") for n in range(10))
        + b"\x03'x'\x06String\x00" + b"\x01x" * 10
    )  # fmt: skip


@given(cuts=st.lists(st.integers(1, 4000), max_size=40))
@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_pieces_may_be_cut_anywhere(ask: Asker, cuts: list[int]) -> None:
    sql = "SELECT number, [toString(number)], toLowCardinality('y') FROM numbers(500)"
    plain = _native(ask, f"{sql} SETTINGS max_block_size = 100", {})
    whole = Blocks()
    expected = whole.add(plain) + whole.end()

    blocks, found, at = Blocks(), b"", 0
    for cut in [*cuts, len(plain)]:
        found += blocks.add(plain[at : at + cut])
        at += cut

    assert found + blocks.end() == expected
    assert expected == _native(ask, f"{sql} SETTINGS max_block_size = 100", NEWER)


def test_a_large_answer_streams(ask: Asker) -> None:
    sql = "SELECT number, toString(number) FROM numbers(1000000)"

    assert len(_native(ask, sql, NEWER)) > len(_native(ask, sql, {})) > 14_000_000


def test_an_error_comes_before_the_block_that_it_cut(ask: Asker) -> None:
    said = ask.fails("SELECT throwIf(number = 5) FROM numbers(10) FORMAT Native", **NEWER)

    assert said.code == 395


@pytest.mark.parametrize("columns", ["1::Dynamic", "1::Variant(UInt8, String)", "sumState(1)"])
def test_types_without_an_end_are_refused(ask: Asker, columns: str) -> None:
    said = ask.fails(f"SELECT {columns} FORMAT Native", **NEWER)

    assert said.code == 48
    assert "cast to String" in said.text


def test_a_cut_block_is_no_answer() -> None:
    blocks = Blocks()
    blocks.add(b"\x01\x01\x01a\x05UInt8")

    with pytest.raises(Refusal):
        blocks.end()


def test_other_statements_too(ask: Asker) -> None:
    assert _native(ask, "SHOW DATABASES", NEWER)[:8] == b"\x01\x00\x02\xff\xff\xff\xff\x00"
