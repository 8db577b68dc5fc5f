"""Which format a file is, and how one of its lines becomes items with who sent them.

Told apart by their first lines: `{` begins NDJSON, a line that reads as a log line is an access
log, and a header that TrackFlow knows is CSV.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple, Protocol

from desirepath.cli.importing.source import Source
from desirepath.cli.importing.state import Options
from desirepath.errors import Invalid
from desirepath.formats import access_log, csv_rows, tables
from desirepath.formats.access_log import AccessLog
from desirepath.formats.base import Item
from desirepath.formats.csv_rows import Row
from desirepath.ingest import pipeline
from desirepath.ingest.base import Step
from desirepath.model.event import Event

_LINES_TRIED = 20


class Kind(StrEnum):
    """The formats of files."""

    ACCESS_LOG = "access_log"
    NDJSON = "ndjson"
    CSV = "csv"


class Read(NamedTuple):
    """What a line held, and who sent it, as far as the line says."""

    items: list[Item]
    ip: str = ""
    user_agent: str = ""


class Reader(Protocol):
    """Reads the rows of one file."""

    steps: tuple[Step, ...]  # of ingest
    has_visits: bool  # lines say who asked, but not in which session

    def rows(self, source: Source, offset: int, number: int) -> Iterator[Row]:
        """The rows from `offset` on."""

    def read(self, row: Row, id_: str) -> Read:
        """What `row` holds. `id_`: the id of an event that brings none."""


class _Log:
    steps = pipeline(access_log.FORBIDS)
    has_visits = True

    def __init__(self, options: Options) -> None:
        self._log = AccessLog(host=options.host, include_static=options.include_static)

    def rows(self, source: Source, offset: int, number: int) -> Iterator[Row]:
        return source.lines(offset, number)

    def read(self, row: Row, id_: str) -> Read:
        raw = row.raw.removesuffix(b"\r")
        found, ip, user_agent = self._log.read(raw, row.number)
        if isinstance(found, Event):
            found.event_id = id_
            raw = b""
        return Read([Item(found, "", raw, row.number)], ip, user_agent)


class _Ndjson:
    steps = pipeline(tables.FORBIDS)
    has_visits = False

    def __init__(self) -> None:
        self._table = tables.Ndjson()

    def rows(self, source: Source, offset: int, number: int) -> Iterator[Row]:
        return source.lines(offset, number)

    def read(self, row: Row, id_: str) -> Read:
        return Read(self._table.read(row.raw, row.number, id_))


class _Csv:
    steps = pipeline(tables.FORBIDS)
    has_visits = False

    def __init__(self, head: bytes) -> None:
        header, end, _ = head.partition(b"\n")
        self._table = tables.Csv(header)
        self._start = len(header) + len(end)

    def rows(self, source: Source, offset: int, number: int) -> Iterator[Row]:
        lines = source.lines(max(offset, self._start), max(number, 1))
        return csv_rows.rows(lines, self._table.fits)

    def read(self, row: Row, id_: str) -> Read:
        return Read(self._table.read(row.raw, row.number, id_))


def reader_of(options: Options, head: bytes) -> Reader:
    """The reader of a file of `options.kind` that begins with `head`."""
    if options.kind == Kind.ACCESS_LOG:
        return _Log(options)
    if options.kind == Kind.NDJSON:
        return _Ndjson()
    if options.kind == Kind.CSV:
        return _Csv(head)
    raise Invalid(
        f"there is no format {options.kind!r}; there are {', '.join(Kind)}", field="format"
    )


def kind_of(head: bytes, path: str) -> Kind:
    """The format of a file that begins with `head`. Raises Invalid where none fits."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"{"):
        return Kind.NDJSON
    if text.startswith(b"["):
        raise Invalid(
            f"{path} is one JSON array; write one event a line, as `jq -c '.[]'` does",
            field="format",
        )
    lines = text.split(b"\n", _LINES_TRIED)[:_LINES_TRIED]
    log = AccessLog()
    if any(isinstance(log.read(line.removesuffix(b"\r"), 1).row, Event) for line in lines):
        return Kind.ACCESS_LOG
    try:
        tables.Csv(lines[0])
    except Invalid as exc:
        if exc.field and b"," in lines[0] and b"event" in lines[0].lower():
            raise  # nearly a header, so that its own message helps more
        raise Invalid(
            f"{path} is no access log (common or combined), no NDJSON and no CSV of TrackFlow"
            f" events; where it is one, say which with --format {'|'.join(Kind)}",
            field="format",
        ) from exc
    return Kind.CSV
