"""`GET /api/v1/projects/{project}/rejected`: read back the events that were not taken."""

from datetime import UTC, datetime

from fastapi import APIRouter, Query, Request, Response
from msgspec import Struct

from desirepath.api.access import READ, allow
from desirepath.api.answer import answer
from desirepath.api.services import Services
from desirepath.reports.period import moment

_SQL = """
SELECT received_at, reason, field, message, surface, event_id_text AS event_id, position, body
FROM refused_of(project = {project:String})
WHERE received_at >= {since:DateTime64(3)} AND ({reason:String} = '' OR reason = {reason:String})
ORDER BY received_at DESC, log_shard, log_offset DESC
LIMIT {limit:UInt32}
"""


class Rejected(Struct, frozen=True):
    """One event that was not taken. `body` is as it was sent, scrubbed and cut."""

    received_at: datetime
    reason: str
    field: str
    message: str
    surface: str
    event_id: str
    position: int
    body: str


def routes(services: Services) -> APIRouter:
    """One route."""
    router = APIRouter(prefix="/api/v1/projects/{project}", tags=["data health"])

    @router.get("/rejected", summary="Events of the last 7 days that were not taken, and why.")
    def rejected(
        request: Request,
        project: str,
        since: str = Query("7d", description="ISO 8601 or relative, like 24h."),
        reason: str = Query("", description="Only those refused for this reason."),
        limit: int = Query(100, ge=1, le=10_000),
    ) -> Response:
        settings = allow(services, request, project, READ)
        now = datetime.fromtimestamp(services.now(), UTC)
        start = moment(since, "since", now=now, timezone=settings.timezone)
        waiting = services.fresh()
        found = services.store.rows(
            _SQL, Rejected, project=project, since=start, reason=reason, limit=limit
        )
        return answer({"data": found.data, "meta": {"waiting": waiting, "since": start}})

    return router
