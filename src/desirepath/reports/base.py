"""What every report takes and gives: whose events and when, the answer, and why it is that number.

A report is a question with a name. It reads events only through `events_of(project = ...)`, so it
cannot forget whose data it reads, and it says in `meta` what it read and what it left out.
"""

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter
from typing import Any, Generic, TypeVar

from msgspec import Struct

from desirepath.errors import Invalid
from desirepath.reports.period import zone
from desirepath.reports.where import Filter, narrow
from desirepath.store.client import Store

P = TypeVar("P", bound=Struct)
A = TypeVar("A", bound=Struct)
T = TypeVar("T", bound=Struct)

MOST_ROWS = 10_000
EARLIEST, LATEST = 1900, 2200  # years; what the store's times can tell apart

COUNT_BOTS = """
SELECT count() AS bots
FROM events_of(project = {project:String}) AS e
WHERE e.bot
  AND (empty({surfaces:Array(String)}) OR e.surface IN {surfaces:Array(String)})
  AND (empty({types:Array(String)}) OR e.type IN {types:Array(String)})
  AND e.time >= {since:DateTime64(3)}
  AND e.time < {until:DateTime64(3)} /* where */
"""

_PLACEHOLDER = re.compile(r"\{(\w+):")


class Scope(Struct, frozen=True, kw_only=True):
    """Whose events, and when. Every report takes one; no report takes less.

    Raises Invalid where a time has no zone, the zone is unknown, or the limit is out of range.
    """

    project: str
    since: datetime  # included
    until: datetime  # not included
    timezone: str = "UTC"  # an IANA name: where days begin
    filters: Sequence[Filter] = ()
    bots: bool = False  # False: events flagged as a bot's are left out, and counted in `meta`
    limit: int = 100  # rows of a list, at most 10,000

    def __post_init__(self) -> None:
        zone(self.timezone)
        for name, time in (("since", self.since), ("until", self.until)):
            if time.tzinfo is None:
                raise Invalid(f"{name} needs a time zone", field=name)
            if not EARLIEST <= time.year <= LATEST:
                raise Invalid(f"{name} lies between the years {EARLIEST} and {LATEST}", field=name)
        if self.since > self.until:
            raise Invalid("since must not be after until", field="since")
        if not 1 <= self.limit <= MOST_ROWS:
            raise Invalid(f"limit is 1 to {MOST_ROWS:,}, not {self.limit}", field="limit")


class Meta(Struct, frozen=True, kw_only=True):
    """Why this number: what was asked, of which rows, and what was left out."""

    definition: str  # the page that defines the report, relative to the root of the project
    since: datetime
    until: datetime
    timezone: str
    left_out: dict[str, int]  # reason: events
    waiting: int = 0  # events accepted and not yet in the store; whoever asked fills it in
    rows_read: int
    took_ms: float
    sql: str  # as it ran; several statements are apart by ';'
    values: dict[str, Any]  # what was bound to the {names} in `sql`


class Answer(Struct, Generic[A], frozen=True):
    data: A
    meta: Meta


@dataclass(frozen=True, slots=True)
class Report(Generic[P, A]):
    """One question. `table` names the list of rows in the answer that is shown first."""

    name: str
    params: type[P]
    answer: type[A]
    sql: Mapping[str, str]
    run: Callable[[Store, Scope, P], Answer[A]]
    example: P
    table: str

    @property
    def title(self) -> str:
        """The first line of the report's file. Docs, CLI help and OpenAPI all show it."""
        return self.text.partition("\n")[0]

    @property
    def text(self) -> str:
        """The definition: the docstring of the report's file."""
        return sys.modules[self.run.__module__].__doc__ or ""

    def main(self, data: A) -> str:
        """The name of the table to show: `table`, or the first one, where it was not asked for."""
        if getattr(data, self.table) is not None:
            return self.table
        fields = self.answer.__struct_fields__
        return next((one for one in fields if isinstance(getattr(data, one), list)), self.table)


class Reading:
    """The queries of one answer: runs them, and remembers their texts and what they cost."""

    def __init__(self, store: Store, scope: Scope) -> None:
        self.scope = scope
        self._store = store
        self._began = perf_counter()
        self._texts: list[str] = []
        self._bound: dict[str, Any] = {}
        self._rows_read = 0
        self._left_out: dict[str, int] = {}

    def rows(self, sql: str, row: type[T], **values: Any) -> list[T]:
        """Run `sql`, its hole filled; bound are the scope, its filters and `values`, which win."""
        text, chosen = narrow(sql, self.scope.filters)
        known = {
            "project": self.scope.project,
            "since": self.scope.since,
            "until": self.scope.until,
            "bots": self.scope.bots,
            "limit": self.scope.limit,
        }
        known |= chosen | values
        bound = {name: known[name] for name in sorted(set(_PLACEHOLDER.findall(text)))}
        found = self._store.rows(text, row, **bound)
        if text.strip() not in self._texts:  # it may run again, for the period before
            self._texts.append(text.strip())
            self._bound |= bound
        self._rows_read += found.statistics.rows_read
        return found.data

    def leave_out(self, reason: str, events: int) -> None:
        """Note that so many events were not counted."""
        self._left_out[reason] = self._left_out.get(reason, 0) + events

    def leave_out_bots(self, *, surfaces: Sequence[str] = (), types: Sequence[str] = ()) -> None:
        """Count the events of bots that the report would have counted; none: any."""
        if not self.scope.bots:
            found = self.rows(COUNT_BOTS, _Bots, surfaces=list(surfaces), types=list(types))
            self.leave_out("bots", found[0].bots)

    def answer(self, name: str, data: A) -> Answer[A]:
        """`data`, and how it came about."""
        meta = Meta(
            definition=f"docs/reports/{name}.md",
            since=self.scope.since,
            until=self.scope.until,
            timezone=self.scope.timezone,
            left_out=self._left_out,
            rows_read=self._rows_read,
            took_ms=round((perf_counter() - self._began) * 1000, 3),
            sql=";\n\n".join(self._texts),
            values=self._bound,
        )
        return Answer(data, meta)


class _Bots(Struct):
    bots: int
