"""Errors: which errors happened, how often, and how many people they hit.

- An error is one `error` event. Errors of one cause are one group, whatever the browser and the
  build (how: `formats/error_group.py`).
- `users` are distinct actors of any kind. Who has only a pseudonym counts anew every day.
- `first_seen` looks at everything that is kept, not only at the period: an error is new where
  `first_seen` is not before `since`. `last_seen` lies in the period. Both are of events that pass
  the filters.
- `name`, `message` and the example are those of the group's latest error in the period.
- `pages` and `browsers` are the five with most of the group's errors.
- At most 300 groups are shown, whatever the limit.
All counts are exact.
"""

from datetime import datetime

from msgspec import Struct

from desirepath.reports.base import Answer, Reading, Report, Scope
from desirepath.store.client import Store

MOST_GROUPS = 300  # their examples' places travel with the query for them

# The stack is long: only the row to show of each group is named here, and read afterwards.
GROUPS = """
SELECT
    toBool(grouping(e.error_group)) AS of_all,
    toString(e.error_group) AS group,
    count() AS errors,
    uniqExactIf(e.actor, e.actor != '') AS users,
    uniqExactIf(e.session_id, e.session_id != '') AS sessions,
    max(e.time) AS last_seen,
    argMax(
        (e.log_id, e.log_shard, e.log_offset),
        (e.time, e.log_offset, e.log_shard, e.log_id)
    ) AS latest
FROM events_of(project = {project:String}) AS e
WHERE e.type = 'error'
  AND e.time >= {since:DateTime64(3)}
  AND e.time < {until:DateTime64(3)}
  AND ({bots:Bool} OR NOT e.bot) /* where */
GROUP BY GROUPING SETS ((), (e.error_group))
ORDER BY of_all DESC, errors DESC, group
LIMIT {limit:UInt64} + 1
"""

EXAMPLES = """
SELECT
    toString(e.error_group) AS group,
    e.time AS at,
    toString(e.error_name) AS name,
    e.error_message AS message,
    e.error_source AS source,
    e.error_line AS line,
    e.error_col AS col,
    e.error_stack AS stack,
    e.page_url AS page_url,
    e.session_id AS session
FROM events_of(project = {project:String}) AS e
WHERE e.type = 'error'
  AND e.time >= {since:DateTime64(3)}
  AND e.time < {until:DateTime64(3)}
  AND (e.log_id, e.log_shard, e.log_offset) IN {rows:Array(Tuple(UUID, UInt16, UInt64))} /* where */
"""

WHERE_SEEN = """
SELECT
    toString(e.error_group) AS group,
    if(grouping(e.path) = 0, 'page', 'browser') AS kind,
    if(grouping(e.path) = 0, e.path, browser_) AS name,
    count() AS errors
FROM (
    SELECT e.error_group, e.path, if(e.ua_browser = '', e.browser, e.ua_browser) AS browser_
    FROM events_of(project = {project:String}) AS e
    WHERE e.type = 'error'
      AND e.error_group IN {groups:Array(String)}
      AND e.time >= {since:DateTime64(3)}
      AND e.time < {until:DateTime64(3)}
      AND ({bots:Bool} OR NOT e.bot) /* where */
) AS e
GROUP BY GROUPING SETS ((e.error_group, e.path), (e.error_group, browser_))
ORDER BY group, kind, errors DESC, name
LIMIT 5 BY group, kind
"""

FIRST_SEEN = """
SELECT toString(e.error_group) AS group, min(e.time) AS first_seen
FROM events_of(project = {project:String}) AS e
WHERE e.type = 'error'
  AND e.error_group IN {groups:Array(String)}
  AND e.time < {until:DateTime64(3)}
  AND ({bots:Bool} OR NOT e.bot) /* where */
GROUP BY e.error_group
"""


class Share(Struct, frozen=True):
    name: str
    errors: int


class Example(Struct, frozen=True):
    at: datetime
    source: str
    line: int | None
    col: int | None
    stack: str
    page_url: str
    session: str


class Group(Struct, frozen=True):
    group: str
    name: str
    message: str
    errors: int
    users: int
    sessions: int
    first_seen: datetime
    last_seen: datetime
    pages: list[Share]
    browsers: list[Share]
    example: Example


class Errors(Struct, frozen=True, kw_only=True):
    """`groups`: most errors first, cut at the limit; the counts beside it are over all of them."""

    errors: int
    users: int
    sessions: int
    groups: list[Group]


class ErrorsParams(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class _Row(Struct):
    of_all: bool
    group: str
    errors: int
    users: int
    sessions: int
    last_seen: datetime
    latest: tuple[str, int, int]


class _Example(Struct):
    group: str
    at: datetime
    name: str
    message: str
    source: str
    line: int | None
    col: int | None
    stack: str
    page_url: str
    session: str


class _Seen(Struct):
    group: str
    kind: str
    name: str
    errors: int


class _First(Struct):
    group: str
    first_seen: datetime


def run(store: Store, scope: Scope, params: ErrorsParams) -> Answer[Errors]:
    """Answer the groups."""
    reading = Reading(store, scope)
    rows = reading.rows(GROUPS, _Row, limit=min(scope.limit, MOST_GROUPS))
    groups = [row for row in rows if not row.of_all]
    names = [row.group for row in groups]
    examples: dict[str, _Example] = {}
    seen: list[_Seen] = []
    first: dict[str, datetime] = {}
    if groups:
        latest = [row.latest for row in groups]
        examples = {row.group: row for row in reading.rows(EXAMPLES, _Example, rows=latest)}
        seen = reading.rows(WHERE_SEEN, _Seen, groups=names)
        first = {
            row.group: row.first_seen for row in reading.rows(FIRST_SEEN, _First, groups=names)
        }
    reading.leave_out_bots(types=["error"])
    whole = next((row for row in rows if row.of_all), None)
    data = Errors(
        errors=whole.errors if whole else 0,
        users=whole.users if whole else 0,
        sessions=whole.sessions if whole else 0,
        groups=[_group(row, examples[row.group], first[row.group], seen) for row in groups],
    )
    return reading.answer("errors", data)


def _group(row: _Row, example: _Example, first: datetime, seen: list[_Seen]) -> Group:
    def shares(kind: str) -> list[Share]:
        return [
            Share(one.name, one.errors)
            for one in seen
            if one.group == row.group and one.kind == kind
        ]

    return Group(
        row.group,
        example.name,
        example.message,
        row.errors,
        row.users,
        row.sessions,
        first,
        row.last_seen,
        shares("page"),
        shares("browser"),
        Example(
            example.at,
            example.source,
            example.line,
            example.col,
            example.stack,
            example.page_url,
            example.session,
        ),
    )


ERRORS = Report(
    "errors",
    ErrorsParams,
    Errors,
    {
        "groups": GROUPS,
        "examples": EXAMPLES,
        "where_seen": WHERE_SEEN,
        "first_seen": FIRST_SEEN,
    },
    run,
    example=ErrorsParams(),
    table="groups",
)
