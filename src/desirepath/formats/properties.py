"""What a client adds to an event in its own words, and which of it has a column.

The text is kept as accepted. Values that a column is made for go there as well; the rest goes,
normalised, into `extra`, which is for queries only: ClickHouse's JSON type knows no null, no empty
object, no dotted key and no integer past 64 bits, and refuses a row in which a path comes twice.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from desirepath.formats import limits
from desirepath.formats.base import Reason, Unfit
from desirepath.formats.numbers import fraction

STACK = "stack"  # the one key whose text is cut, not refused

_decode = msgspec.json.Decoder(float_hook=fraction).decode
_encode = msgspec.json.Encoder().encode

_INT64 = 2**63
_NUMBERS = frozenset({int, float, bool})
_AS_THEY_ARE = frozenset({str, float, bool})


def read(text: str) -> tuple[dict[str, Any], str]:
    """Decode `text`; also the text to keep, which differs where a stack was cut. Raises Unfit."""
    try:
        found = _decode(text)
    except msgspec.DecodeError as exc:
        raise Unfit(Reason.MALFORMED, "properties", str(exc)) from exc
    if type(found) is not dict:
        if found is None:
            return {}, ""
        raise Unfit(Reason.INVALID_TYPE, "properties", "properties is an object")
    # Most are short and flat, and need no walk.
    if len(text) > limits.STRING_LENGTH or "[" in text or text.rfind("{") > 0:
        walk = _Walk()
        walk.check_object(found, 1)
        if walk.cut:
            text = _encode(found).decode()
    elif len(text) > limits.KEY_LENGTH and (
        len(found) > limits.KEYS or max(map(len, found), default=0) > limits.KEY_LENGTH
    ):
        _Walk().check_object(found, 1)
    return found, text


class _Walk:
    """Holds one event's properties against the limits; cuts stacks in place."""

    def __init__(self) -> None:
        self.cut = False
        self._keys = 0

    def check_object(self, found: dict[str, Any], depth: int) -> None:
        _check_depth(depth)
        self._keys += len(found)
        if self._keys > limits.KEYS:
            raise _too_large(f"more than {limits.KEYS} keys")
        for key, value in found.items():
            if len(key) > limits.KEY_LENGTH:
                raise _too_large(f"a key is longer than {limits.KEY_LENGTH} characters")
            kind = type(value)
            if kind is str:
                if key != STACK:
                    _check_text(value, key)
                elif len(value) > limits.STACK_LENGTH:
                    found[key] = value[: limits.STACK_LENGTH]
                    self.cut = True
            elif kind is dict:
                self.check_object(value, depth + 1)
            elif kind is list:
                self._check_list(value, depth + 1, key)

    def _check_list(self, found: list[Any], depth: int, key: str) -> None:
        _check_depth(depth)
        if _NUMBERS.issuperset(map(type, found)):
            return
        for value in found:
            kind = type(value)
            if kind is str:
                _check_text(value, key)
            elif kind is dict:
                self.check_object(value, depth + 1)
            elif kind is list:
                self._check_list(value, depth + 1, key)


def _check_depth(depth: int) -> None:
    if depth > limits.DEPTH:
        raise _too_large(f"nested deeper than {limits.DEPTH} levels")


def _check_text(text: str, key: str) -> None:
    if len(text) > limits.STRING_LENGTH:
        raise _too_large(f"the text {key!r} is longer than {limits.STRING_LENGTH} characters")


def _too_large(message: str) -> Unfit:
    return Unfit(Reason.TOO_LARGE, "properties", f"properties: {message}")


class Column:
    """Where a property goes, and what it must be to go there: a text, true or false, a number."""

    __slots__ = ("as_is", "high", "kind", "low", "name")

    def __init__(self, name: str, kind: type, low: float = 0, high: float = 2**31 - 1) -> None:
        self.name, self.kind, self.low, self.high = name, kind, low, high
        self.as_is = kind if kind in (str, bool) else None  # no look at the value is needed

    def fit(self, value: Any) -> int | float | None:
        """A number as the column takes it, or None where it does not fit."""
        if type(value) not in (int, float) or self.as_is is not None:
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
        if column is not None:
            fit = value if type(value) is column.as_is else column.fit(value)
            if fit is not None:
                setattr(event, column.name, fit)
                continue
        rest[key] = value
    return normalise(rest) if rest else rest


def normalise(found: Mapping[str, Any]) -> dict[str, Any]:
    """`found` as ClickHouse's JSON type takes it. Of keys that become equal the last one stays."""
    kept = {}
    for key, value in found.items():
        if type(value) is not str:
            value = _normal(value)
            if value is None:
                continue
        kept[key.replace(".", "_") or "_"] = value
    return kept


def _normal(value: Any) -> Any:
    kind = type(value)
    if kind is dict:
        return normalise(value) or None
    if kind is list:
        if _AS_THEY_ARE.issuperset(map(type, value)):
            return value
        return [normal for one in value if (normal := _normal(one)) is not None]
    if kind is int and not -_INT64 <= value < _INT64:
        return str(value)
    return value
