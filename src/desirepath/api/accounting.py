"""`GET /api/v1/projects/{project}/accounting`: what became of every event."""

from datetime import UTC, datetime

from fastapi import APIRouter, Query, Request, Response

from desirepath import accounting
from desirepath.api.access import READ, allow
from desirepath.api.answer import answer
from desirepath.api.services import Services
from desirepath.reports.period import moment


def routes(services: Services) -> APIRouter:
    """One route."""
    router = APIRouter(prefix="/api/v1/projects/{project}", tags=["data health"])

    @router.get("/accounting", summary="What became of every event, exactly.")
    def account(
        request: Request,
        project: str,
        since: str | None = Query(None, description="ISO 8601 or relative, like 24h or 7d."),
    ) -> Response:
        settings = allow(services, request, project, READ)
        start = None
        if since is not None:
            now = datetime.fromtimestamp(services.now(), UTC)
            start = moment(since, "since", now=now, timezone=settings.timezone).timestamp()
        return answer(accounting.account(services.log, services.ledger, project, start))

    return router
