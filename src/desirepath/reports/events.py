"""Events: what happened, how often, by how many persons, and when first and last.

- One row for each surface, type and component. A custom event is its own type; only in-app events
  (clickstream) have a component, for all others it is ''.
- A person is a distinct actor who can be known again: a user id, or the browser's own id where the
  site keeps one. Events by pseudonyms that change every day, by ids minted here, or by nobody are
  counted as events and not as persons; `left_out.no_person` says how many they are.
- `first_seen` and `last_seen` lie in the period: the first is not the first ever.
- With `bucket`, each row has its counts over time, with 0 where nothing happened.
All counts are exact.
"""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Struct

from desirepath.reports.base import Answer, Reading, Report, Scope
from desirepath.reports.buckets import Size, buckets, cuts
from desirepath.store.client import Store

COUNTS = """
SELECT
    toBool(grouping(e.type)) AS of_all,
    toString(e.surface) AS surface_,
    toString(e.type) AS type_,
    toString(e.component) AS component_,
    count() AS events,
    uniqExactIf(e.actor, e.actor_kind IN ('user', 'anonymous')) AS persons,
    countIf(e.actor_kind NOT IN ('user', 'anonymous')) AS no_person,
    min(e.time) AS first_seen,
    max(e.time) AS last_seen
FROM events_of(project = {project:String}) AS e
WHERE e.time >= {since:DateTime64(3)}
  AND e.time < {until:DateTime64(3)}
  AND ({bots:Bool} OR NOT e.bot) /* where */
GROUP BY GROUPING SETS ((), (e.surface, e.type, e.component))
ORDER BY of_all DESC, events DESC, surface_, type_, component_
LIMIT {limit:UInt64} + 1
"""

OVER_TIME = """
SELECT
    toString(e.surface) AS surface_,
    toString(e.type) AS type_,
    toString(e.component) AS component_,
    roundDown(toInt64(toUnixTimestamp(e.time)), {cuts:Array(Int64)}) AS bucket,
    count() AS events
FROM events_of(project = {project:String}) AS e
WHERE e.type IN {types:Array(String)}
  AND e.time >= {since:DateTime64(3)}
  AND e.time < {until:DateTime64(3)}
  AND ({bots:Bool} OR NOT e.bot) /* where */
GROUP BY surface_, type_, component_, bucket
"""


class Moment(Struct, frozen=True):
    start: datetime
    label: str  # on the local clock
    partial: bool
    events: int


class Kind(Struct, frozen=True):
    surface: str
    type: str
    component: str
    events: int
    persons: int
    first_seen: datetime
    last_seen: datetime
    time: list[Moment] | None  # null unless `bucket` was asked for


class Events(Struct, frozen=True, kw_only=True):
    """`kinds`: most events first, cut at the limit; `events` and `persons` are over all of them."""

    events: int
    persons: int
    bucket: str | None
    kinds: list[Kind]


class EventsParams(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    bucket: Annotated[
        Size | None, msgspec.Meta(description="Count each kind over time, in buckets of this size.")
    ] = None


class _Row(Struct):
    of_all: bool
    surface_: str
    type_: str
    component_: str
    events: int
    persons: int
    no_person: int
    first_seen: datetime
    last_seen: datetime


class _Cell(Struct):
    surface_: str
    type_: str
    component_: str
    bucket: int
    events: int


def run(store: Store, scope: Scope, params: EventsParams) -> Answer[Events]:
    """Answer the counts, and their course where `params.bucket` is given."""
    reading = Reading(store, scope)
    size = params.bucket
    shown = buckets(scope.since, scope.until, size, scope.timezone) if size else []
    rows = reading.rows(COUNTS, _Row)
    kinds = [row for row in rows if not row.of_all]
    cells: dict[tuple[str, str, str, int], int] = {}
    if shown and kinds:
        types = sorted({row.type_ for row in kinds})
        for cell in reading.rows(OVER_TIME, _Cell, cuts=cuts(shown), types=types):
            at = (cell.surface_, cell.type_, cell.component_, cell.bucket)
            cells[at] = cell.events
    whole = next((row for row in rows if row.of_all), None)
    reading.leave_out("no_person", whole.no_person if whole else 0)
    reading.leave_out_bots()

    def course(row: _Row) -> list[Moment] | None:
        if not size:
            return None
        key = (row.surface_, row.type_, row.component_)
        return [
            Moment(
                one.start,
                one.label,
                one.partial,
                cells.get((*key, int(one.start.timestamp())), 0),
            )
            for one in shown
        ]

    data = Events(
        events=whole.events if whole else 0,
        persons=whole.persons if whole else 0,
        bucket=size,
        kinds=[
            Kind(
                row.surface_,
                row.type_,
                row.component_,
                row.events,
                row.persons,
                row.first_seen,
                row.last_seen,
                course(row),
            )
            for row in kinds
        ],
    )
    return reading.answer("events", data)


EVENTS = Report(
    "events",
    EventsParams,
    Events,
    {"counts": COUNTS, "over_time": OVER_TIME},
    run,
    example=EventsParams(),
    table="kinds",
)
