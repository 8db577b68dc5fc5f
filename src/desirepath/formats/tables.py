"""Files of TrackFlow events: NDJSON and CSV.

NDJSON holds one event a line, or `{"events": [...]}` a line. CSV has a header of TrackFlow field
names (`eventType` or `event_type`, as you like); parts of objects have dots (`deviceInfo.os`,
`properties.title`), or `properties` is a column of JSON objects, or both. What cells become is in
`csv_cells`.

Every event goes through `trackflow.read_one`: a file is held to the same rules as a request. An
event without an id gets the one given for its line, so that the same line has the same id again.
"""

import csv
from typing import Any

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from desirepath.errors import Invalid
from desirepath.formats import limits, trackflow
from desirepath.formats.base import Item, Reason
from desirepath.formats.clean import clean
from desirepath.formats.csv_cells import Column, columns_of
from desirepath.formats.lines import LineReason
from desirepath.model import ids
from desirepath.model.event import Event, Refusal

NAME = trackflow.NAME
FORBIDS = trackflow.FORBIDS

_BOM = b"\xef\xbb\xbf"


class _Wrapped(Struct):
    events: list[Raw] | UnsetType = UNSET


_unwrap = msgspec.json.Decoder(_Wrapped).decode
_decode = msgspec.json.Decoder(dict[str, Any]).decode
_encode = msgspec.json.Encoder().encode


class Ndjson:
    """Reads the lines of an NDJSON file."""

    def read(self, raw: bytes, number: int, fallback: str) -> list[Item]:
        """Read line `number` (from 1); `fallback` is the id of an event that has none."""
        if len(raw) > limits.BODY_BYTES:
            return [_refused(LineReason.TOO_LONG, number, _TOO_LONG, raw)]
        raw = clean(raw)
        wrapped = _events(raw) if b'"events"' in raw else None
        if wrapped is None:
            return [_read(raw, fallback, f"line {number}", number)]
        return [
            _read(one, ids.named(fallback, str(at)), f"line {number}, event {at}", number)
            for at, one in enumerate(wrapped, 1)
        ]


class Csv:
    """Reads the rows of a CSV file under its header.

    Raises Invalid where the header has no such field, or lacks what every event needs.
    """

    def __init__(self, header: bytes) -> None:
        text = _text(header.removeprefix(_BOM))
        self._delimiter = max(",;\t", key=text.count)
        names = self._cells(text)
        if names is None:
            raise Invalid("line 1: the header of the CSV file has a quote that does not close")
        self._columns: list[Column] = columns_of(names)

    def fits(self, raw: bytes) -> bool:
        """Whether `raw` is one row of this file."""
        cells = self._cells(_text(raw))
        return cells is not None and len(cells) == len(self._columns)

    def read(self, raw: bytes, number: int, fallback: str) -> list[Item]:
        """Read the row that begins in line `number`."""
        if len(raw) > limits.BODY_BYTES:
            return [_refused(LineReason.TOO_LONG, number, _TOO_LONG, raw)]
        cells = self._cells(_text(raw))
        if cells is None:
            return [_refused(LineReason.BAD_LINE, number, "a quote that does not close", raw)]
        if len(cells) != len(self._columns):
            message = f"{len(cells)} cells, where the header has {len(self._columns)}"
            return [_refused(LineReason.BAD_LINE, number, message, raw)]
        found: dict[str, Any] = {}
        for cell, column in zip(cells, self._columns, strict=True):
            if cell:
                column.put(found, cell)
        item = _read(clean(_encode(found)), fallback, f"line {number}", number)
        return [item if isinstance(item.row, Event) else item._replace(raw=raw)]

    def _cells(self, text: str) -> list[str] | None:
        try:
            return next(csv.reader([text], delimiter=self._delimiter, strict=True), None)
        except csv.Error:
            return None


_TOO_LONG = f"longer than {limits.BODY_BYTES} bytes"


def _text(raw: bytes) -> str:
    return raw.removesuffix(b"\r").decode(errors="replace").replace("\0", "\ufffd")


def _events(raw: bytes) -> list[bytes] | None:
    """The events of `{"events": [...]}`; None where the line is no such object."""
    try:
        events = _unwrap(raw).events
    except (msgspec.DecodeError, RecursionError):
        return None  # what it is then, reading it as one event will say
    return None if events is UNSET else [bytes(one) for one in events]


def _read(raw: bytes, fallback: str, where: str, number: int) -> Item:
    item = trackflow.read_one(raw, number)
    row = item.row
    if isinstance(row, Refusal) and row.reason == Reason.MISSING_FIELD and row.field == "eventId":
        item = trackflow.read_one(_encode(_decode(raw) | {"eventId": fallback}), number)
        row = item.row
    if isinstance(row, Refusal):
        row.message = f"{where}: {row.message}"
    return item


def _refused(reason: LineReason, number: int, message: str, raw: bytes) -> Item:
    refusal = Refusal(
        reason=reason, message=f"line {number}: {message}", surface=NAME, position=number
    )
    return Item(refusal, "", raw[: limits.STRING_LENGTH], number)
