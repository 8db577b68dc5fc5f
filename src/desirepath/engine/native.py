"""FORMAT Native as clients of ClickHouse's newer protocols read it (`client_protocol_version`).

A server puts a few bytes before each block (its info) and before each column's data (whether its
serialization is a special one). chDB writes neither, and cannot be told to. Where they belong can
only be found by reading the data, so this file knows how long each type's data is.

Grafana and everything else on clickhouse-go needs this. clickhouse-connect finds out by itself
that it is missing, and reads the plain form, which costs nothing.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from desirepath.engine.refusal import Refusal

#: From this version of the protocol on, clients expect both.
SINCE = 54454

# is_overflows = 0, bucket_num = -1, the end.
_INFO = b"\x01\x00\x02\xff\xff\xff\xff\x00"
_ORDINARY = b"\x00"

_SIZES = {
    **dict.fromkeys(("Int8", "UInt8", "Bool", "Enum8", "Nothing"), 1),
    **dict.fromkeys(("Int16", "UInt16", "Date", "Enum16", "BFloat16"), 2),
    **dict.fromkeys(("Int32", "UInt32", "Float32", "Date32", "DateTime", "Time", "IPv4"), 4),
    **dict.fromkeys(("Int64", "UInt64", "Float64", "DateTime64", "Time64", "Decimal64"), 8),
    **dict.fromkeys(("Int128", "UInt128", "UUID", "IPv6", "Decimal128"), 16),
    **dict.fromkeys(("Int256", "UInt256", "Decimal256"), 32),
    "Decimal32": 4,
}
_ALIASES = {
    "Point": "Tuple(Float64, Float64)",
    "Ring": "Array(Point)",
    "LineString": "Array(Point)",
    "Polygon": "Array(Ring)",
    "MultiLineString": "Array(LineString)",
    "MultiPolygon": "Array(Polygon)",
}
_TYPE = re.compile(r"(\w+)(?:\((.*)\))?", re.DOTALL)
_NAMED = re.compile(r"(?:`(?:[^`\\]|\\.)*`|\w+)\s+(?=[A-Z])")
_PARTS = re.compile(r"'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`|.", re.DOTALL)


class _Type(NamedTuple):
    """Where the state before a column's data ends, and where so many rows of data end.

    Both raise IndexError where there is not enough data yet.
    """

    state: Callable[[bytes, int], int]
    rows: Callable[[bytes, int, int], int]


class Blocks:
    """Puts into plain Native what newer clients expect. Holds back the block that is not whole."""

    def __init__(self) -> None:
        self._held = bytearray()
        # A block is looked at again when twice as much of it is there: all in all, twice at most.
        self._look_at = 1

    def add(self, piece: bytes) -> bytes:
        """Take a piece; give what is ready. Raises Refusal for a type that it cannot read."""
        self._held += piece
        if len(self._held) < self._look_at:
            return b""
        data = bytes(self._held)
        ready: list[bytes] = []
        start = 0
        try:
            while start < len(data):
                block, start = _block(data, start)
                ready.append(block)
        except IndexError:
            pass  # the rest of it is still on its way
        del self._held[:start]
        self._look_at = max(1, 2 * len(self._held))
        return b"".join(ready)

    def end(self) -> bytes:
        """What is left. Raises Refusal where it is no whole block."""
        self._look_at = 1
        ready = self.add(b"")
        if self._held:
            raise Refusal(48, "The answer cannot be brought into the form this client asked for")
        return ready


def _block(data: bytes, start: int) -> tuple[bytes, int]:
    """The block at `start`, with what belongs between, and its end."""
    parts, begun = [_INFO], start
    columns, at = _number(data, start)
    rows, at = _number(data, at)
    for _ in range(columns):
        length, at = _number(data, _text(data, at))
        kind = data[at : at + length]
        at += length
        if at > len(data):
            raise IndexError
        parts += (data[begun:at], _ORDINARY)
        begun = at
        if rows:
            column = _type(kind.decode())
            at = column.rows(data, column.state(data, at), rows)
    if at > len(data):
        raise IndexError
    return b"".join((*parts, data[begun:at])), at


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A variable-length integer, and where it ends."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _text(data: bytes, at: int) -> int:
    length, at = _number(data, at)
    return at + length


def _integer(data: bytes, at: int) -> int:
    if at + 8 > len(data):
        raise IndexError
    return int.from_bytes(data[at : at + 8], "little")


@lru_cache(maxsize=512)
def _type(text: str) -> _Type:
    found = _TYPE.fullmatch(_ALIASES.get(text, text))
    name, inside = (found[1], found[2] or "") if found else (text, "")
    if name in _SIZES or name.startswith("Interval"):
        return _fixed(_SIZES.get(name, 8))
    if name == "FixedString":
        return _fixed(int(inside))
    if name == "Decimal":
        digits = int(inside.partition(",")[0])
        return _fixed(4 if digits <= 9 else 8 if digits <= 18 else 16 if digits <= 38 else 32)
    if name == "String":
        return _Type(_no_state, _strings)
    if name == "JSON":
        # With output_format_native_write_json_as_string, which such clients are given.
        return _Type(lambda data, at: at + 8, _strings)
    if name == "Nullable":
        return _nullable(_type(inside))
    if name == "LowCardinality":
        return _low_cardinality(inside)
    if name == "SimpleAggregateFunction":
        return _type(_parts(inside)[1])
    if name == "Array":
        return _array(_type(inside))
    if name == "Tuple":
        return _tuple(inside)
    if name in ("Map", "Nested"):
        return _array(_tuple(inside))
    raise Refusal(48, f"Columns of type {text[:64]} cannot be sent to this client; cast to String")


def _parts(text: str) -> list[str]:
    """`a T1, b Array(T2)` at its outer commas."""
    found, depth, part = [], 0, ""
    for token in _PARTS.findall(text):
        depth += (token == "(") - (token == ")")
        if token == "," and not depth:
            found.append(part.strip())
            part = ""
        else:
            part += token
    return [*found, part.strip()]


def _no_state(data: bytes, at: int) -> int:
    return at


def _fixed(size: int) -> _Type:
    return _Type(_no_state, lambda data, at, rows: at + size * rows)


def _strings(data: bytes, at: int, rows: int) -> int:
    for _ in range(rows):
        length = data[at]
        at += 1
        if length >= 0x80:
            length, at = _number(data, at - 1)
        at += length
    return at


def _nullable(inner: _Type) -> _Type:
    return _Type(inner.state, lambda data, at, rows: inner.rows(data, at + rows, rows))


def _array(inner: _Type) -> _Type:
    def skip(data: bytes, at: int, rows: int) -> int:
        if not rows:
            return at
        at += 8 * rows
        return inner.rows(data, at, _integer(data, at - 8))

    return _Type(inner.state, skip)


def _tuple(text: str) -> _Type:
    inner = [_type(_without_name(part)) for part in _parts(text) if part]
    if not inner:
        return _fixed(1)

    def state(data: bytes, at: int) -> int:
        for one in inner:
            at = one.state(data, at)
        return at

    def skip(data: bytes, at: int, rows: int) -> int:
        for one in inner:
            at = one.rows(data, at, rows)
        return at

    return _Type(state, skip)


def _without_name(part: str) -> str:
    found = _NAMED.match(part)
    return part[found.end() :] if found else part


def _low_cardinality(text: str) -> _Type:
    keys = _type(text.removeprefix("Nullable(").removesuffix(")") if "Nullable(" in text else text)

    def skip(data: bytes, at: int, rows: int) -> int:
        if not rows:
            return at
        width = 1 << (_integer(data, at) & 0xFF)
        at = keys.rows(data, at + 16, _integer(data, at + 8))
        return at + 8 + width * _integer(data, at)

    return _Type(lambda data, at: at + 8, skip)
