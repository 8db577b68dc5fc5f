"""What a client adds to an event in its own words, and which of it has a column.

The text is kept exactly as accepted. Values that a column is made for go there as well; the rest
goes, normalised, into `extra`, which is for queries only: ClickHouse's JSON type knows no null,
no empty object, no dotted key and no integer past 64 bits.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from desirepath.formats import limits

_decode = msgspec.json.Decoder().decode

_INT64 = 2**63


def read(raw: bytes) -> dict[str, Any]:
    """Decode `raw`. Raises ValueError (depth, keys, lengths) or msgspec.DecodeError."""
    found = _decode(raw)
    if not isinstance(found, dict):
        raise ValueError("properties must be an object")
    # Cheap upper bounds first: only what could be over a limit is walked.
    if (
        len(raw) > limits.STRING_LENGTH
        or raw.count(b"{") + raw.count(b"[") > limits.DEPTH
        or raw.count(b":") > limits.KEYS
        or (len(raw) > limits.KEY_LENGTH and any(len(key) > limits.KEY_LENGTH for key in found))
    ):
        _Walk().check(found, 1)
    return found


class _Walk:
    def __init__(self) -> None:
        self.keys = 0

    def check(self, value: Any, depth: int, name: str = "") -> None:
        if isinstance(value, str):
            if len(value) > limits.STRING_LENGTH and name != "stack":
                raise ValueError(f"the text {name!r} is longer than {limits.STRING_LENGTH}")
            return
        if not isinstance(value, dict | list):
            return
        if depth > limits.DEPTH:
            raise ValueError(f"nested deeper than {limits.DEPTH} levels")
        if isinstance(value, list):
            for item in value:
                self.check(item, depth + 1, name)
            return
        self.keys += len(value)
        if self.keys > limits.KEYS:
            raise ValueError(f"more than {limits.KEYS} keys")
        for key, item in value.items():
            if len(key) > limits.KEY_LENGTH:
                raise ValueError(f"a key is longer than {limits.KEY_LENGTH}")
            self.check(item, depth + 1, key)


class Column:
    """Where a property goes, and what it must be to go there."""

    __slots__ = ("high", "kind", "low", "name")

    def __init__(self, name: str, kind: type, low: float = 0, high: float = 2**31 - 1) -> None:
        self.name, self.kind, self.low, self.high = name, kind, low, high

    def fit(self, value: Any) -> Any:
        """The value as the column takes it, or None where it does not fit."""
        if self.kind is str:
            return value if isinstance(value, str) else None
        if self.kind is bool:
            return value if isinstance(value, bool) else None
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        if not self.low <= value <= self.high:
            return None
        return round(value) if self.kind is int else float(value)


def promote(
    event: msgspec.Struct, found: Mapping[str, Any], columns: Mapping[str, Column]
) -> dict[str, Any]:
    """Set the columns of `event` that `found` fills; return what is left, normalised."""
    rest = {}
    for key, value in found.items():
        column = columns.get(key)
        if column is not None and (fit := column.fit(value)) is not None:
            setattr(event, column.name, fit)
        elif value is not None:
            rest[key] = value
    return normalise(rest) if rest else rest


def normalise(value: dict[str, Any]) -> dict[str, Any]:
    """`value` as ClickHouse's JSON type takes it without loss of what can be asked for."""
    kept = {}
    for key, item in value.items():
        if isinstance(item, dict):
            item = normalise(item)
            if not item:
                continue
        elif isinstance(item, list):
            item = [_element(one) for one in item if one is not None]
        elif item is None:
            continue
        elif isinstance(item, int) and not -_INT64 <= item < _INT64:
            item = str(item)
        kept[key.replace(".", "_") or "_"] = item
    return kept


def _element(value: Any) -> Any:
    if isinstance(value, dict):
        return normalise(value)
    if isinstance(value, list):
        return [_element(one) for one in value if one is not None]
    if isinstance(value, int) and not -_INT64 <= value < _INT64:
        return str(value)
    return value
