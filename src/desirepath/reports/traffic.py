"""Traffic: how many pages were viewed, by how many visitors, and where they came from.

- A view is one `page_view`. Lines of an access log that showed no page (assets, errors, redirects)
  are `request` events; they are counted as views only with `requests`.
- A visitor is a distinct actor: a user id, else the browser's own id where the site keeps one, else
  a pseudonym that changes every day. Who has only a pseudonym and comes back the next day is a
  new visitor, and `visitors_by_kind` says how many are of which kind. Visitors of two
  days, pages or countries must not be added up. All counts are exact.
- A session is a distinct session id. Views without one (access logs) are in no session.
- `bounce_share` is the share of sessions with exactly one view in the period; null without
  sessions, and where a filter names what differs between the views of one session (its pages,
  referrers, sources), because then its other views are not seen.
- A referrer is the host of the page before. None is `direct`; the site's own host, with or without
  `www.`, is `internal`.
- A source is what the link said in `utm_source`, `utm_medium` and `utm_campaign`; views without any
  of the three are in no source.
- Device, browser and system are what the User-Agent header says, else what the event says.
- `statuses` counts every line of an access log by its status, views and requests alike.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Struct

from desirepath.errors import Invalid
from desirepath.reports.base import Answer, Reading, Report, Scope
from desirepath.reports.buckets import Bucket, Size, buckets, cuts, fitting
from desirepath.reports.period import previous
from desirepath.reports.traffic_rows import (
    Browser,
    City,
    Country,
    Device,
    Moment,
    Page,
    Referrer,
    Region,
    Source,
    Status,
    System,
    Total,
    Traffic,
)
from desirepath.reports.where import only
from desirepath.store.client import Store

Section = Literal[
    "time",
    "pages",
    "referrers",
    "sources",
    "devices",
    "browsers",
    "systems",
    "countries",
    "regions",
    "cities",
    "statuses",
]
SECTIONS: tuple[Section, ...] = get_args(Section)

# Actors and sessions are hashed once a row, not once a row and grouping: the same 128 bits that
# uniqExact makes of a text, so as exact (measured: a third less time).
OVERVIEW = """
SELECT
    toBool(grouping(kind) = 0) AS of_kind,
    toBool(grouping(bucket) = 0) AS of_bucket, -- time
    bucket, -- time
    kind,
    count() AS views,
    uniqExactIf(visitor, has_visitor) AS visitors,
    uniqExactIf(visit, has_visit) AS sessions
FROM (
    SELECT
        roundDown(toInt64(toUnixTimestamp(e.time)), {cuts:Array(Int64)}) AS bucket, -- time
        toString(e.actor_kind) AS kind,
        e.actor != '' AS has_visitor,
        reinterpretAsUInt128(sipHash128(e.actor)) AS visitor,
        e.session_id != '' AS has_visit,
        reinterpretAsUInt128(sipHash128(e.session_id)) AS visit
    FROM events_of(project = {project:String}) AS e
    WHERE e.surface = 'trackflow'
      AND e.type IN {types:Array(String)}
      AND e.time >= {since:DateTime64(3)}
      AND e.time < {until:DateTime64(3)}
      AND ({bots:Bool} OR NOT e.bot) /* where */
)
GROUP BY GROUPING SETS (
    ()
    , (kind)
    , (bucket) -- time
)
"""

BOUNCES = """
SELECT count() AS sessions, countIf(views = 1) AS bounces
FROM (
    SELECT count() AS views
    FROM events_of(project = {project:String}) AS e
    WHERE e.surface = 'trackflow'
      AND e.type IN {types:Array(String)}
      AND e.session_id != ''
      AND e.time >= {since:DateTime64(3)}
      AND e.time < {until:DateTime64(3)}
      AND ({bots:Bool} OR NOT e.bot) /* where */
    GROUP BY e.session_id
)
"""

# One scan for all sections. A line that names a section at its end runs only where it is asked for.
BREAKDOWN = """
SELECT
    multiIf(
        grouping(path) = 0, 'pages', -- pages
        grouping(referrer) = 0, 'referrers', -- referrers
        grouping(source) = 0, 'sources', -- sources
        grouping(device) = 0, 'devices', -- devices
        grouping(browser) = 0, 'browsers', -- browsers
        grouping(system) = 0, 'systems', -- systems
        grouping(city) = 0, 'cities', -- cities
        grouping(region) = 0, 'regions', -- regions
        grouping(country) = 0, 'countries', -- countries
        'total'
    ) AS section,
    multiIf(
        grouping(path) = 0, [path], -- pages
        grouping(referrer) = 0, [referrer.1, referrer.2], -- referrers
        grouping(source) = 0, [source.1, source.2, source.3], -- sources
        grouping(device) = 0, [device], -- devices
        grouping(browser) = 0, [browser], -- browsers
        grouping(system) = 0, [system], -- systems
        grouping(city) = 0, [city.1, city.2, city.3], -- cities
        grouping(region) = 0, [region.1, region.2], -- regions
        grouping(country) = 0, [country], -- countries
        ['']
    ) AS names,
    count() AS views,
    uniqExactIf(visitor, has_visitor) AS visitors
FROM (
    SELECT
        e.path AS path, -- pages
        multiIf( -- referrers
            e.referrer_host = '', ('direct', ''), -- referrers
            if(startsWith(e.referrer_host, 'www.'), -- referrers
               substring(e.referrer_host, 5), toString(e.referrer_host)) -- referrers
            = if(startsWith(e.host, 'www.'), -- referrers
               substring(e.host, 5), toString(e.host)), ('internal', ''), -- referrers
            ('external', toString(e.referrer_host)) -- referrers
        ) AS referrer, -- referrers
        (toString(e.utm_source), toString(e.utm_medium), -- sources
         toString(e.utm_campaign)) AS source, -- sources
        if(e.ua_device = '', toString(e.device_type), toString(e.ua_device)) AS device, -- devices
        if(e.ua_browser = '', toString(e.browser), toString(e.ua_browser)) AS browser, -- browsers
        if(e.ua_os = '', toString(e.os), toString(e.ua_os)) AS system, -- systems
        (toString(e.country), toString(e.region), toString(e.city)) AS city, -- cities
        (toString(e.country), toString(e.region)) AS region, -- regions
        toString(e.country) AS country, -- countries
        e.actor != '' AS has_visitor,
        reinterpretAsUInt128(sipHash128(e.actor)) AS visitor
    FROM events_of(project = {project:String}) AS e
    WHERE e.surface = 'trackflow'
      AND e.type IN {types:Array(String)}
      AND e.time >= {since:DateTime64(3)}
      AND e.time < {until:DateTime64(3)}
      AND ({bots:Bool} OR NOT e.bot) /* where */
)
GROUP BY GROUPING SETS (
    ()
    , (path) -- pages
    , (referrer) -- referrers
    , (source) -- sources
    , (device) -- devices
    , (browser) -- browsers
    , (system) -- systems
    , (city) -- cities
    , (region) -- regions
    , (country) -- countries
)
HAVING NOT (section = 'sources' AND names = ['', '', ''])
ORDER BY section, views DESC, names
LIMIT {limit:UInt64} BY section
"""

STATUSES = """
SELECT e.http_status AS status, count() AS requests, uniqExactIf(e.actor, e.actor != '') AS visitors
FROM events_of(project = {project:String}) AS e
WHERE e.surface = 'trackflow'
  AND e.type IN ('page_view', 'request')
  AND e.http_status > 0
  AND e.time >= {since:DateTime64(3)}
  AND e.time < {until:DateTime64(3)}
  AND ({bots:Bool} OR NOT e.bot) /* where */
GROUP BY status
ORDER BY requests DESC, status
LIMIT {limit:UInt64}
"""

# What is the same for all views of a session: a filter on it takes the session whole or not at all.
_STEADY = frozenset(
    {"country", "region", "city", "device", "browser", "os", "language", "application", "surface"}
    | {"actor", "actor_kind", "user_id", "session_id", "bot_name", "bot_purpose"}
)

_ROWS: dict[str, type[Any]] = {
    "pages": Page,
    "referrers": Referrer,
    "sources": Source,
    "devices": Device,
    "browsers": Browser,
    "systems": System,
    "countries": Country,
    "regions": Region,
    "cities": City,
}


class TrafficParams(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    by: Annotated[
        Sequence[Section] | str,
        msgspec.Meta(
            description=f"Sections to answer, as a list or with commas: {', '.join(SECTIONS)}."
            " The total is always answered."
        ),
    ] = SECTIONS
    bucket: Annotated[
        Size | None,
        msgspec.Meta(description="Of the section `time`; none: by the period's length."),
    ] = None
    compare: Annotated[
        bool, msgspec.Meta(description="Answer the total of the period before, too.")
    ] = False
    requests: Annotated[
        bool, msgspec.Meta(description="Count lines of an access log that showed no page as views.")
    ] = False


class _Overview(Struct):
    of_kind: bool
    of_bucket: bool = False
    bucket: int = 0
    kind: str = ""
    views: int = 0
    visitors: int = 0
    sessions: int = 0


class _Bounces(Struct):
    sessions: int
    bounces: int


class _Part(Struct):
    section: str
    names: list[str]
    views: int
    visitors: int


def run(store: Store, scope: Scope, params: TrafficParams) -> Answer[Traffic]:
    """Answer the sections of `params.by`. Raises Invalid for one there is not."""
    asked = _sections(params.by)
    reading = Reading(store, scope)
    types = ["page_view", "request"] if params.requests else ["page_view"]
    size = params.bucket or fitting(scope.since, scope.until)
    shown = buckets(scope.since, scope.until, size, scope.timezone) if "time" in asked else []
    total, over_time = _overview(reading, types, scope, shown)
    before = None
    if params.compare:
        since, until = previous(scope.since, scope.until)
        earlier = msgspec.structs.replace(scope, since=since, until=until)
        before, _ = _overview(reading, types, earlier, [])
    sections: dict[str, list[Any]] = {name: [] for name in _ROWS if name in asked}
    if sections:
        sql = only(BREAKDOWN, SECTIONS, sections)
        for part in reading.rows(sql, _Part, types=types):
            if part.section != "total":
                row = _ROWS[part.section]
                sections[part.section].append(row(*part.names, part.views, part.visitors))
    if "statuses" in asked:
        sections["statuses"] = reading.rows(STATUSES, Status)
    reading.leave_out_bots(surfaces=["trackflow"], types=types)
    data = Traffic(
        total=total,
        previous=before,
        bucket=size if shown else None,
        time=over_time if "time" in asked else None,
        **sections,
    )
    return reading.answer("traffic", data)


def _sections(by: Sequence[str] | str) -> set[str]:
    asked = {name.strip() for name in by.split(",")} if isinstance(by, str) else set(by)
    unknown = sorted(asked - set(SECTIONS))
    if unknown:
        raise Invalid(
            f"there is no section {unknown[0]!r}; there are {', '.join(SECTIONS)}", field="by"
        )
    return asked


def _overview(
    reading: Reading, types: list[str], scope: Scope, shown: list[Bucket]
) -> tuple[Total, list[Moment]]:
    period = {"since": scope.since, "until": scope.until, "types": types}
    sql = only(OVERVIEW, SECTIONS, ["time"] if shown else [])
    rows = reading.rows(sql, _Overview, cuts=cuts(shown), **period)
    whole = next((row for row in rows if not (row.of_kind or row.of_bucket)), _Overview(False))
    kinds = {row.kind: row.visitors for row in rows if row.of_kind and row.visitors}
    at = {row.bucket: row for row in rows if row.of_bucket}
    empty = _Overview(False)
    moments = [
        Moment(one.start, one.label, one.partial, row.views, row.visitors, row.sessions)
        for one in shown
        for row in [at.get(int(one.start.timestamp()), empty)]
    ]
    share = None
    if all(one.column in _STEADY for one in scope.filters):
        found = reading.rows(BOUNCES, _Bounces, **period)[0]
        share = found.bounces / found.sessions if found.sessions else None
    return Total(whole.views, whole.visitors, whole.sessions, share, kinds), moments


TRAFFIC = Report(
    "traffic",
    TrafficParams,
    Traffic,
    {
        "overview": OVERVIEW,
        "bounces": BOUNCES,
        "breakdown": BREAKDOWN,
        "statuses": STATUSES,
    },
    run,
    example=TrafficParams(by=("time", "pages", "referrers", "countries"), bucket="day"),
    table="time",
)
