"""Sessions: who came, newest first, where they entered and left, and what they did.

- A session is a session id as it was sent. With `sessions=30m` the sessions are made anew from the
  events of each actor: one begins after a pause of more than 30 minutes, and is cut every 24 hours
  after its beginning. Nothing is cut at midnight, but an actor who is only a pseudonym is another
  one the next day.
- A session that reaches over the period is shown as far as it lies in it.
- A filter picks the sessions in which at least one event passes it; what is shown of a session is
  over all its events.
- Country, device, system and browser are the first ones known in the session, the actor is the
  last one known: who signs in on the way is known by the user id.
- `cursor` is the `next` of the page before. A page has at most 300 sessions.
- With `session_id`, `events` are those of that session, in the order of their time, then of their
  place in the log; at most 5,000.
- Events without a session id (`left_out.no_session`), or without an actor where sessions are made
  anew (`left_out.no_actor`), are in no session.
"""

from datetime import UTC, datetime
from typing import Annotated

import msgspec
from msgspec import Struct

from desirepath.errors import Invalid
from desirepath.reports.base import LATEST, Answer, Reading, Report, Scope
from desirepath.reports.period import span
from desirepath.store.client import Store

MOST_SESSIONS = 300  # their ids travel with the query for the details
MOST_EVENTS = 5000

SENT = """
SELECT e.session_id AS who, min(e.time) AS start, max(e.time) AS end
FROM events_of(project = {project:String}) AS e
WHERE e.session_id != ''
  AND ({who:String} = '' OR e.session_id = {who:String})
  AND e.time >= {since:DateTime64(3)}
  AND e.time < {until:DateTime64(3)}
  AND ({bots:Bool} OR NOT e.bot)
GROUP BY who
HAVING countIf(true /* where */) > 0
   AND (start, who) < ({before:DateTime64(3)}, {before_who:String})
ORDER BY start DESC, who DESC
LIMIT {most:UInt64}
"""

MADE = """
SELECT
    who,
    fromUnixTimestamp64Milli(visit[1].1, 'UTC') AS start,
    fromUnixTimestamp64Milli(visit[-1].1, 'UTC') AS end
FROM (
    SELECT who, arrayJoin(arraySplit((_, day) -> day != 0, busy, arrayDifference(days))) AS visit
    FROM (
        SELECT who, busy, arrayMap(m -> intDiv(m.1 - busy[1].1, 86400000), busy) AS days
        FROM (
            SELECT
                who,
                arrayJoin(arraySplit(
                    (_, pause) -> pause > {idle_ms:Int64}, moments, arrayDifference(moments.1)
                )) AS busy
            FROM (
                SELECT
                    e.actor AS who,
                    arraySort(groupArray(
                        (toUnixTimestamp64Milli(e.time), ifNull(true /* where */, false))
                    )) AS moments
                FROM events_of(project = {project:String}) AS e
                WHERE e.actor != ''
                  AND ({who:String} = '' OR e.actor = {who:String})
                  AND e.time >= {since:DateTime64(3)}
                  AND e.time < {until:DateTime64(3)}
                  AND ({bots:Bool} OR NOT e.bot)
                GROUP BY who
            )
        )
    )
)
WHERE arrayExists(m -> m.2, visit)
  AND (start, who) < ({before:DateTime64(3)}, {before_who:String})
ORDER BY start DESC, who DESC
LIMIT {most:UInt64}
"""

DETAILS = """
SELECT
    arrayFirstIndex(v -> v.1 = who AND v.2 <= ms AND ms <= v.3,
        {visits:Array(Tuple(String, Int64, Int64))}) AS nth,
    count() AS events,
    countIf(is_view) AS pages,
    countIf(is_error) AS errors,
    argMinIf(path, place, is_view) AS entry_path,
    argMaxIf(path, place, is_view) AS exit_path,
    argMinIf(country_, place, country_ != '') AS country,
    argMinIf(device_, place, device_ != '') AS device,
    argMinIf(os_, place, os_ != '') AS os,
    argMinIf(browser_, place, browser_ != '') AS browser,
    argMaxIf(actor_, place, actor_ != '') AS actor,
    argMaxIf(kind_, place, actor_ != '') AS actor_kind
FROM (
    SELECT
        if({by_actor:Bool}, e.actor, e.session_id) AS who,
        toUnixTimestamp64Milli(e.time) AS ms,
        (e.time, e.log_offset, e.log_shard, e.log_id) AS place,
        e.type = 'page_view' AS is_view,
        e.type = 'error' AS is_error,
        e.path AS path,
        toString(e.country) AS country_,
        toString(if(e.ua_device = '', e.device_type, e.ua_device)) AS device_,
        toString(if(e.ua_os = '', e.os, e.ua_os)) AS os_,
        toString(if(e.ua_browser = '', e.browser, e.ua_browser)) AS browser_,
        e.actor AS actor_,
        toString(e.actor_kind) AS kind_
    FROM events_of(project = {project:String}) AS e
    WHERE who IN {whose:Array(String)}
      AND e.time >= {first:DateTime64(3)}
      AND e.time <= {last:DateTime64(3)}
      AND ({bots:Bool} OR NOT e.bot)
)
WHERE nth > 0
GROUP BY nth
"""

EVENTS = """
SELECT
    e.time AS time_,
    toString(e.event_id) AS id,
    toString(e.surface) AS surface_,
    toString(e.type) AS type_,
    e.path AS path_,
    e.title AS title_,
    e.element_key AS element_key_,
    e.element_text AS element_text_,
    e.error_message AS error_message_,
    e.load_ms AS load_ms_,
    e.http_status AS http_status_,
    e.properties AS properties_
FROM events_of(project = {project:String}) AS e
WHERE if({by_actor:Bool}, e.actor, e.session_id) = {one:String}
  AND e.time >= {start:DateTime64(3)}
  AND e.time <= {end:DateTime64(3)}
  AND ({bots:Bool} OR NOT e.bot)
ORDER BY e.time, e.log_offset, e.log_shard, e.log_id
LIMIT {most_events:UInt64}
"""

LEFT_OUT = """
SELECT
    countIf(e.bot AND NOT {bots:Bool}) AS bots_,
    countIf(
        ({bots:Bool} OR NOT e.bot) AND if({by_actor:Bool}, e.actor, e.session_id) = ''
    ) AS nobody
FROM events_of(project = {project:String}) AS e
WHERE ({who:String} = '' OR if({by_actor:Bool}, e.actor, e.session_id) = {who:String})
  AND e.time >= {since:DateTime64(3)}
  AND e.time < {until:DateTime64(3)} /* where */
"""


class Session(Struct, frozen=True):
    """Text that nobody sent is ''."""

    session: str
    start: datetime
    end: datetime
    duration_s: float
    events: int
    pages: int
    errors: int
    entry_path: str
    exit_path: str
    country: str
    device: str
    os: str
    browser: str
    actor: str
    actor_kind: str


class SessionEvent(Struct, frozen=True):
    time: datetime
    event_id: str
    surface: str
    type: str
    path: str
    title: str
    element_key: str
    element_text: str
    error_message: str
    load_ms: float | None
    http_status: int  # 0 where there was none
    properties: str  # JSON text, exactly as accepted; '' stands for {}


class Sessions(Struct, frozen=True, kw_only=True):
    sessions: list[Session]
    next: str | None  # ask again with this `cursor`; null: that was the last page
    events: list[SessionEvent] | None  # null unless `session_id` was given


class SessionsParams(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    session_id: Annotated[
        str, msgspec.Meta(description="One session, by its `session`, with its events.")
    ] = ""
    sessions: Annotated[
        str, msgspec.Meta(description="Make sessions anew, with this pause: 30m, 2h.")
    ] = ""
    cursor: Annotated[str, msgspec.Meta(description="`next` of the page before.")] = ""


class _Visit(Struct):
    who: str
    start: datetime
    end: datetime


class _Details(Struct):
    nth: int
    events: int
    pages: int
    errors: int
    entry_path: str
    exit_path: str
    country: str
    device: str
    os: str
    browser: str
    actor: str
    actor_kind: str


class _Event(Struct):
    time_: datetime
    id: str
    surface_: str
    type_: str
    path_: str
    title_: str
    element_key_: str
    element_text_: str
    error_message_: str
    load_ms_: float | None
    http_status_: int
    properties_: str


class _LeftOut(Struct):
    bots_: int
    nobody: int


def run(store: Store, scope: Scope, params: SessionsParams) -> Answer[Sessions]:
    """Answer a page of sessions, or one session and its events."""
    reading = Reading(store, scope)
    made = bool(params.sessions)
    idle = span(params.sessions, "sessions") if made else None
    before, before_who = _place(params.cursor, "cursor") or (datetime(LATEST, 1, 1, tzinfo=UTC), "")
    one = _place(params.session_id, "session_id") if made else None
    who = one[1] if one else params.session_id
    most = min(scope.limit, MOST_SESSIONS)
    visits = reading.rows(
        MADE if made else SENT,
        _Visit,
        who=who,
        before=before,
        before_who=before_who,
        # One more than asked for tells whether there is a next page.
        most=MOST_EVENTS if one else most + 1,
        **({"idle_ms": int(idle.total_seconds() * 1000)} if idle else {}),
    )
    if one:
        visits = [visit for visit in visits if visit.start == one[0]]
    more = len(visits) > most
    visits = visits[:most]
    sessions = _describe(reading, visits, made)
    events = None
    if params.session_id:
        events = _events(reading, visits[0], made) if visits else []
    left = reading.rows(LEFT_OUT, _LeftOut, by_actor=made, who=who)[0]
    if not scope.bots:
        reading.leave_out("bots", left.bots_)
    reading.leave_out("no_actor" if made else "no_session", left.nobody)
    data = Sessions(
        sessions=sessions,
        next=_name(visits[-1]) if more else None,
        events=events,
    )
    return reading.answer("sessions", data)


def _describe(reading: Reading, visits: list[_Visit], made: bool) -> list[Session]:
    if not visits:
        return []
    found = reading.rows(
        DETAILS,
        _Details,
        by_actor=made,
        whose=sorted({visit.who for visit in visits}),
        visits=[(visit.who, _ms(visit.start), _ms(visit.end)) for visit in visits],
        first=min(visit.start for visit in visits),
        last=max(visit.end for visit in visits),
    )
    details = {row.nth: msgspec.structs.astuple(row)[1:] for row in found}
    return [
        Session(
            _name(visit) if made else visit.who,
            visit.start,
            visit.end,
            (visit.end - visit.start).total_seconds(),
            *details[nth],
        )
        for nth, visit in enumerate(visits, 1)
    ]


def _events(reading: Reading, visit: _Visit, made: bool) -> list[SessionEvent]:
    rows = reading.rows(
        EVENTS,
        _Event,
        by_actor=made,
        one=visit.who,
        start=visit.start,
        end=visit.end,
        most_events=MOST_EVENTS,
    )
    return [SessionEvent(*msgspec.structs.astuple(row)) for row in rows]


def _name(visit: _Visit) -> str:
    return f"{visit.who}@{_ms(visit.start)}"


def _place(text: str, field: str) -> tuple[datetime, str] | None:
    """The start and the id in a name made by `_name`. Raises Invalid for `field`."""
    if not text:
        return None
    who, _, ms = text.rpartition("@")
    try:
        return datetime.fromtimestamp(int(ms) / 1000, UTC), who
    except (ValueError, OverflowError, OSError) as exc:
        raise Invalid(f"{field} is not one that this report gave: {text!r}", field=field) from exc


def _ms(time: datetime) -> int:
    return round(time.timestamp() * 1000)


SESSIONS = Report(
    "sessions",
    SessionsParams,
    Sessions,
    {"sent": SENT, "made": MADE, "details": DETAILS, "events": EVENTS, "left_out": LEFT_OUT},
    run,
    example=SessionsParams(),
    table="sessions",
)
