"""Cells of a CSV file as the fields of a TrackFlow event.

An empty cell is no value. What TrackFlow says is a text stays one. In other `properties` a cell is
what it looks like: a number (but not `007`, nor one that a double would change), true, false, or
JSON in brackets. A number in `timestamp` is Unix milliseconds, or seconds where as milliseconds it
would be before March 1973.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import msgspec

from desirepath.errors import Invalid

REQUIRED = ("eventType", "timestamp", "sessionId", "pageUrl")

_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:\.\d{1,15})?", re.ASCII).fullmatch
_SECONDS_BELOW = 1e11
_decode = msgspec.json.Decoder().decode


class Column(NamedTuple):
    """Where the cells of a column go, and what is made of them."""

    path: tuple[str, ...]
    read: Callable[[str], Any]

    def put(self, event: dict[str, Any], cell: str) -> None:
        """Set the field in `event`. Two columns that fill one object share it."""
        at = event
        for name in self.path[:-1]:
            inside = at.get(name)
            if not isinstance(inside, dict):
                inside = at[name] = {}
            at = inside
        value, last = self.read(cell), self.path[-1]
        if isinstance(value, dict) and isinstance(before := at.get(last), dict):
            value = before | value
        at[last] = value


def columns_of(names: Sequence[str]) -> list[Column]:
    """The columns of a header. Raises Invalid with the name that is wrong."""
    found = [_column(name.strip()) for name in names]
    paths = [column.path for column in found]
    for path in paths:
        if paths.count(path) > 1:
            raise Invalid(f"the column {'.'.join(path)} is there twice", field=".".join(path))
    for name in REQUIRED:
        if (name,) not in paths:
            raise Invalid(f"the CSV file has no column {name}, which every event needs", field=name)
    return found


def _text(cell: str) -> str:
    return cell


def _number(cell: str) -> Any:
    return _decode(cell) if len(cell) <= 16 and _NUMBER(cell) else cell


def _time(cell: str) -> Any:
    value = _number(cell)
    if isinstance(value, str) or abs(value) >= _SECONDS_BELOW:
        return value
    return value * 1000


def _json(cell: str) -> Any:
    try:
        return _decode(cell)
    except (msgspec.DecodeError, RecursionError):
        return cell  # which is then refused, by name, as no object


def _guess(cell: str) -> Any:
    if cell in ("true", "false"):
        return cell == "true"
    if cell[0] in "[{":
        return _json(cell)
    return _number(cell)


_FIELDS: dict[str, Callable[[str], Any]] = {
    "eventId": _text,
    "eventType": _text,
    "timestamp": _time,
    "tenantId": _text,
    "sessionId": _text,
    "userId": _text,
    "anonymousId": _text,
    "pageUrl": _text,
    "referrer": _text,
    "language": _text,
    "deviceInfo": _json,
    "deviceInfo.deviceType": _text,
    "deviceInfo.os": _text,
    "deviceInfo.browser": _text,
    "properties": _json,
    "name": _text,
    "message": _text,
    "stack": _text,
    "source": _text,
    "line": _number,
    "col": _number,
}
_SPELLED = {name.lower(): name for name in _FIELDS}
_TEXTS = frozenset(
    (
        *("title", "section", "tag", "id", "type", "text", "href", "action", "value", "workflowId"),
        *("name", "message", "source", "stack", "elementKey", "query", "variant"),
    )
)


def _column(name: str) -> Column:
    if name.startswith("properties."):
        path = tuple(name.split("."))
        return Column(path, _text if len(path) == 2 and path[1] in _TEXTS else _guess)
    field = _SPELLED.get(name.replace("_", "").lower())
    if field is None:
        raise Invalid(
            f"TrackFlow has no field {name!r}; to keep the column, name it properties.{name}",
            field=name,
        )
    return Column(tuple(field.split(".")), _FIELDS[field])
