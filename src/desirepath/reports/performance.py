"""Performance: how long pages took to load, at the median, the 75th and the 95th percentile.

- Read are `performance` events: `load` until the page had loaded, `dom` until DOMContentLoaded,
  both in milliseconds since the navigation began.
- Percentiles are exact, with linear interpolation between neighbours (type 7, as in spreadsheets,
  NumPy and R). Percentiles of days or pages must not be averaged.
- Each measure has its own count, because an event may have one and not the other. Where the count
  is 0 the percentiles are null.
- `pages` are those with the most measured loads; `time` has every bucket of the period.
"""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Struct

from desirepath.reports.base import Answer, Reading, Report, Scope
from desirepath.reports.buckets import Size, buckets, cuts
from desirepath.store.client import Store

SQL = """
SELECT
    multiIf(grouping(path) = 0, 'page', grouping(bucket) = 0, 'time', 'all') AS part,
    path,
    bucket,
    count(load) AS loads,
    quantilesExactInclusiveIf(0.5, 0.75, 0.95)(assumeNotNull(load), load IS NOT NULL) AS load_at,
    count(dom) AS doms,
    quantilesExactInclusiveIf(0.5, 0.75, 0.95)(assumeNotNull(dom), dom IS NOT NULL) AS dom_at
FROM (
    SELECT
        e.path AS path,
        roundDown(toInt64(toUnixTimestamp(e.time)), {cuts:Array(Int64)}) AS bucket,
        e.load_ms AS load,
        e.dom_content_loaded_ms AS dom
    FROM events_of(project = {project:String}) AS e
    WHERE e.type = 'performance'
      AND e.time >= {since:DateTime64(3)}
      AND e.time < {until:DateTime64(3)}
      AND ({bots:Bool} OR NOT e.bot) /* where */
)
GROUP BY GROUPING SETS ((), (path), (bucket))
ORDER BY part, bucket, loads DESC, doms DESC, path
LIMIT {limit:UInt64} BY part, bucket
"""


class Page(Struct, frozen=True):
    path: str
    loads: int
    load_p50: float | None
    load_p75: float | None
    load_p95: float | None
    doms: int
    dom_p50: float | None
    dom_p75: float | None
    dom_p95: float | None


class Moment(Struct, frozen=True):
    start: datetime
    label: str  # on the local clock
    partial: bool
    loads: int
    load_p50: float | None
    load_p75: float | None
    load_p95: float | None
    doms: int
    dom_p50: float | None
    dom_p75: float | None
    dom_p95: float | None


class Overall(Struct, frozen=True):
    loads: int
    load_p50: float | None
    load_p75: float | None
    load_p95: float | None
    doms: int
    dom_p50: float | None
    dom_p75: float | None
    dom_p95: float | None


class Performance(Struct, frozen=True, kw_only=True):
    """All times in milliseconds."""

    overall: Overall
    pages: list[Page]
    bucket: str
    time: list[Moment]


class PerformanceParams(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    bucket: Annotated[Size, msgspec.Meta(description="Of `time`.")] = "day"


class _Row(Struct):
    part: str
    path: str
    bucket: int
    loads: int
    load_at: tuple[float | None, float | None, float | None]
    doms: int
    dom_at: tuple[float | None, float | None, float | None]

    def figures(self) -> tuple[Any, ...]:
        return (self.loads, *self.load_at, self.doms, *self.dom_at)


_NONE = (None, None, None)
_EMPTY = _Row("", "", 0, 0, _NONE, 0, _NONE)


def run(store: Store, scope: Scope, params: PerformanceParams) -> Answer[Performance]:
    """Answer the percentiles overall, by page, and over time."""
    reading = Reading(store, scope)
    shown = buckets(scope.since, scope.until, params.bucket, scope.timezone)
    rows = reading.rows(SQL, _Row, cuts=cuts(shown))
    reading.leave_out_bots(types=["performance"])
    at = {row.bucket: row for row in rows if row.part == "time"}
    data = Performance(
        overall=Overall(*next((row for row in rows if row.part == "all"), _EMPTY).figures()),
        pages=[Page(row.path, *row.figures()) for row in rows if row.part == "page"],
        bucket=params.bucket,
        time=[
            Moment(
                one.start,
                one.label,
                one.partial,
                *at.get(int(one.start.timestamp()), _EMPTY).figures(),
            )
            for one in shown
        ],
    )
    return reading.answer("performance", data)


PERFORMANCE = Report(
    "performance",
    PerformanceParams,
    Performance,
    {"percentiles": SQL},
    run,
    example=PerformanceParams(),
    table="pages",
)
