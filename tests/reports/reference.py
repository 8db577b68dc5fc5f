"""Every report once more, in plain Python over the events themselves. Nothing here knows SQL.

Buckets are found by walking the local clock in steps of a quarter of an hour, which every change
of a clock since 1970 is a multiple of in the zones tested.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from desirepath.model.event import Event
from desirepath.reports.base import Scope
from desirepath.reports.errors import Errors, Example, Group, Share
from desirepath.reports.events import Events, Kind
from desirepath.reports.events import Moment as EventsMoment
from desirepath.reports.performance import Moment as PerformanceMoment
from desirepath.reports.performance import Overall, Performance
from desirepath.reports.performance import Page as PerformancePage
from desirepath.reports.sessions import Session, SessionEvent
from desirepath.reports.traffic_rows import Moment as TrafficMoment
from desirepath.reports.traffic_rows import Total
from tests.stories import Placed

QUARTER = timedelta(minutes=15)
DAY_MS = 86_400_000


def at(event: Event) -> datetime:
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=round(event.time * 1000))


def kept(placed: Iterable[Placed], scope: Scope, *types: str) -> list[Event]:
    return [one.event for one in in_order(placed, scope, *types)]


def in_order(placed: Iterable[Placed], scope: Scope, *types: str) -> list[Placed]:
    """What the scope lets through, by time, then by place in the log."""
    found = [
        one
        for one in placed
        if one.event.expires_at > "2020"
        and scope.since <= at(one.event) < scope.until
        and (scope.bots or not one.event.bot)
        and (not types or one.event.type in types)
    ]
    return sorted(found, key=lambda one: (one.event.time, one.offset))


def bots(placed: Iterable[Placed], scope: Scope, *types: str) -> int:
    with_bots = Scope(project=scope.project, since=scope.since, until=scope.until, bots=True)
    return sum(event.bot for event in kept(placed, with_bots, *types))


# -- buckets


def label(time: datetime, size: str, zone: ZoneInfo) -> str:
    local = time.astimezone(zone)
    if size == "hour":
        return local.replace(minute=0, second=0, microsecond=0).isoformat(timespec="minutes")
    if size == "day":
        return local.strftime("%Y-%m-%d")
    if size == "week":
        return (local.date() - timedelta(days=local.weekday())).isoformat()
    return local.strftime("%Y-%m")


@lru_cache
def _walk(since: datetime, until: datetime, timezone: str, size: str) -> Any:
    zone = ZoneInfo(timezone)
    edge = timedelta(days=1 if size == "hour" else 2 if size == "day" else 40)
    now = (since - edge).replace(minute=0, second=0, microsecond=0)
    found: list[tuple[datetime, str]] = []
    while now < until + edge:
        name = label(now, size, zone)
        if not found or found[-1][1] != name:
            found.append((now.astimezone(UTC), name))
        now += QUARTER
    ends = [start for start, _ in found[1:]]
    return [
        (start, name, start < since or end > until)
        for (start, name), end in zip(found, ends, strict=False)
        if end > since and start < until
    ]


def walk(scope: Scope, size: str) -> list[tuple[datetime, str, bool]]:
    """(start, label, partial) of every bucket."""
    found: list[tuple[datetime, str, bool]] = _walk(scope.since, scope.until, scope.timezone, size)
    return found


def by_label(events: list[Event], scope: Scope, size: str) -> dict[str, list[Event]]:
    zone = ZoneInfo(scope.timezone)
    found: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        found[label(at(event), size, zone)].append(event)
    return found


# -- traffic


def visitors(events: Iterable[Event]) -> int:
    return len({event.actor for event in events} - {""})


def sessions(events: Iterable[Event]) -> int:
    return len({event.session_id for event in events} - {""})


def views(placed: list[Placed], scope: Scope, *types: str) -> list[Event]:
    return [e for e in kept(placed, scope, *types) if e.surface == "trackflow"]


def total(events: list[Event]) -> Total:
    by_session = Counter(event.session_id for event in events if event.session_id)
    kinds = {event.actor_kind for event in events if event.actor}
    return Total(
        len(events),
        visitors(events),
        sessions(events),
        sum(n == 1 for n in by_session.values()) / len(by_session) if by_session else None,
        {kind: visitors(e for e in events if e.actor_kind == kind) for kind in kinds},
    )


def over_time(events: list[Event], scope: Scope, size: str) -> list[TrafficMoment]:
    rows = []
    labelled = by_label(events, scope, size)
    for start, name, partial in walk(scope, size):
        here = labelled[name]
        rows.append(TrafficMoment(start, name, partial, len(here), visitors(here), sessions(here)))
    return rows


def referrer(event: Event) -> tuple[str, str]:
    def bare(host: str) -> str:
        return host.removeprefix("www.")

    if not event.referrer_host:
        return "direct", ""
    if bare(event.referrer_host) == bare(event.host):
        return "internal", ""
    return "external", event.referrer_host


BREAKDOWNS: dict[str, Callable[[Event], tuple[str, ...]]] = {
    "pages": lambda e: (e.path,),
    "referrers": referrer,
    "sources": lambda e: (e.utm_source, e.utm_medium, e.utm_campaign),
    "devices": lambda e: (e.ua_device or e.device_type,),
    "browsers": lambda e: (e.ua_browser or e.browser,),
    "systems": lambda e: (e.ua_os or e.os,),
    "countries": lambda e: (e.country,),
    "regions": lambda e: (e.country, e.region),
    "cities": lambda e: (e.country, e.region, e.city),
}


def breakdown(events: list[Event], section: str, limit: int) -> list[Any]:
    """(name, ..., views, visitors), most views first."""
    key = BREAKDOWNS[section]
    groups: dict[tuple[str, ...], list[Event]] = {}
    for event in events:
        groups.setdefault(key(event), []).append(event)
    if section == "sources":
        groups.pop(("", "", ""), None)
    rows: list[Any] = [(*name, len(group), visitors(group)) for name, group in groups.items()]
    return sorted(rows, key=lambda row: (-row[-2], *(text.encode() for text in row[:-2])))[:limit]


def statuses(events: list[Event]) -> list[tuple[int, int, int]]:
    found = Counter(event.http_status for event in events if event.http_status)
    rows = [
        (status, n, visitors(e for e in events if e.http_status == status))
        for status, n in found.items()
    ]
    return sorted(rows, key=lambda row: (-row[1], row[0]))


# -- events


def events(placed: list[Placed], scope: Scope, size: str | None) -> Events:
    def persons(these: Iterable[Event]) -> int:
        return len({e.actor for e in these if e.actor_kind in ("user", "anonymous")})

    found = kept(placed, scope)
    buckets = walk(scope, size) if size else []
    kinds = []
    for name in {(e.surface, e.type, e.component) for e in found}:
        these = [e for e in found if (e.surface, e.type, e.component) == name]
        time = None
        if size:
            course = by_label(these, scope, size)
            time = [EventsMoment(s, n, p, len(course[n])) for s, n, p in buckets]
        times = [at(e) for e in these]
        kinds.append(Kind(*name, len(these), persons(these), min(times), max(times), time))
    kinds.sort(key=lambda kind: (-kind.events, kind.surface, kind.type, kind.component))
    return Events(
        events=len(found), persons=persons(found), bucket=size, kinds=kinds[: scope.limit]
    )


# -- errors


def errors(placed: list[Placed], scope: Scope) -> Errors:
    found = in_order(placed, scope, "error")
    ever = in_order(
        placed,
        Scope(
            project=scope.project,
            since=datetime(1970, 1, 1, tzinfo=UTC),
            until=scope.until,
            bots=scope.bots,
        ),
        "error",
    )
    groups = []
    for name in {one.event.error_group for one in found}:
        these = [one.event for one in found if one.event.error_group == name]
        last = these[-1]
        example = Example(
            at(last),
            last.error_source,
            last.error_line,
            last.error_col,
            last.error_stack,
            last.page_url,
            last.session_id,
        )
        groups.append(
            Group(
                name,
                last.error_name,
                last.error_message,
                len(these),
                visitors(these),
                sessions(these),
                min(at(one.event) for one in ever if one.event.error_group == name),
                at(last),
                _five(e.path for e in these),
                _five(e.ua_browser or e.browser for e in these),
                example,
            )
        )
    groups.sort(key=lambda group: (-group.errors, group.group))
    every = [one.event for one in found]
    return Errors(
        errors=len(every),
        users=visitors(every),
        sessions=sessions(every),
        groups=groups[: scope.limit],
    )


def _five(names: Iterable[str]) -> list[Share]:
    rows = sorted(Counter(names).items(), key=lambda row: (-row[1], row[0].encode()))
    return [Share(*row) for row in rows[:5]]


# -- performance


def percentile(values: list[float], share: float) -> float:
    """Type 7: linear between the two neighbours."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = min(int(place), len(ordered) - 2)
    if len(ordered) == 1:
        return ordered[0]
    return ordered[below] + (place - below) * (ordered[below + 1] - ordered[below])


def figures(these: list[Event]) -> tuple[Any, ...]:
    row: list[Any] = []
    for measure in ("load_ms", "dom_content_loaded_ms"):
        values = [v for e in these if (v := getattr(e, measure)) is not None]
        row.append(len(values))
        row += [percentile(values, p) if values else None for p in (0.5, 0.75, 0.95)]
    return tuple(row)


def performance(placed: list[Placed], scope: Scope, size: str) -> Performance:
    found = kept(placed, scope, "performance")
    labelled = by_label(found, scope, size)
    pages = [
        PerformancePage(path, *figures([e for e in found if e.path == path]))
        for path in {e.path for e in found}
    ]
    pages.sort(key=lambda page: (-page.loads, -page.doms, page.path.encode()))
    time = [
        PerformanceMoment(start, name, partial, *figures(labelled[name]))
        for start, name, partial in walk(scope, size)
    ]
    return Performance(
        overall=Overall(*figures(found)), pages=pages[: scope.limit], bucket=size, time=time
    )


# -- sessions


def sent(placed: list[Placed], scope: Scope) -> dict[str, list[Event]]:
    """Session id: its events in order."""
    found: dict[str, list[Event]] = {}
    for event in kept(placed, scope):
        if event.session_id:
            found.setdefault(event.session_id, []).append(event)
    return found


def made(placed: list[Placed], scope: Scope, idle: timedelta) -> dict[str, list[Event]]:
    """Sessions anew: by actor, apart by more than `idle`, cut every 24 hours."""
    found: dict[str, list[Event]] = {}
    runs: dict[str, list[Event]] = {}
    begun: dict[str, datetime] = {}
    for event in kept(placed, scope):
        who, now = event.actor, at(event)
        if not who:
            continue
        last = runs.get(who)
        if last is None or now - at(last[-1]) > idle:
            begun[who] = now
            runs[who] = _open(found, who, now)
        elif (now - begun[who]) // timedelta(days=1) != (at(last[-1]) - begun[who]) // timedelta(
            days=1
        ):
            runs[who] = _open(found, who, now)
        runs[who].append(event)
    return found


def _open(found: dict[str, list[Event]], who: str, now: datetime) -> list[Event]:
    return found.setdefault(f"{who}@{round(now.timestamp() * 1000)}", [])


def session(name: str, these: list[Event]) -> Session:
    pages = [e.path for e in these if e.type == "page_view"]
    start, end = at(these[0]), at(these[-1])

    def first(*values: str) -> str:
        return next((value for value in values if value), "")

    known = [e for e in these if e.actor]
    return Session(
        name,
        start,
        end,
        (end - start).total_seconds(),
        len(these),
        len(pages),
        sum(e.type == "error" for e in these),
        pages[0] if pages else "",
        pages[-1] if pages else "",
        first(*(e.country for e in these)),
        first(*(e.ua_device or e.device_type for e in these)),
        first(*(e.ua_os or e.os for e in these)),
        first(*(e.ua_browser or e.browser for e in these)),
        known[-1].actor if known else "",
        known[-1].actor_kind if known else "",
    )


def listed(found: dict[str, list[Event]]) -> list[Session]:
    """Newest first; of two that began together, the greater name first."""
    rows = [session(name, these) for name, these in found.items()]

    def place(row: Session) -> tuple[datetime, bytes]:
        return row.start, row.session.encode()

    return sorted(rows, key=place, reverse=True)


def session_events(these: list[Event]) -> list[SessionEvent]:
    return [
        SessionEvent(
            at(e),
            e.event_id,
            e.surface,
            e.type,
            e.path,
            e.title,
            e.element_key,
            e.element_text,
            e.error_message,
            e.load_ms,
            e.http_status,
            e.properties,
        )
        for e in these
    ]
