"""`/api/v1/projects/{project}/reports/{name}`: GET with simple parameters, POST with filters.

This file knows HTTP and JSON. It holds no SQL and makes no decision about counting.
"""

from typing import Any

import msgspec
from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from desirepath import reports
from desirepath.api.access import READ, allow
from desirepath.api.answer import answer
from desirepath.api.reading import read_json
from desirepath.api.services import Services
from desirepath.errors import Invalid, NotYetVisible
from desirepath.model.project import Project
from desirepath.reports.asking import ask
from desirepath.reports.base import Report

CONSISTENCY = "consistency"


def routes(services: Services) -> APIRouter:
    """Two routes a report, made from the registry."""
    router = APIRouter(prefix="/api/v1/projects/{project}/reports", tags=["reports"])

    @router.get("", summary="The reports there are.")
    def list_reports(request: Request, project: str) -> Response:
        allow(services, request, project, READ)
        found = [{"name": report.name, "title": report.title} for report in reports.ALL]
        return answer({"data": found})

    for report in reports.ALL:
        _add(router, services, report)
    return router


def _add(router: APIRouter, services: Services, report: Report[Any, Any]) -> None:
    # A plain `def` runs in a worker thread, so a slow query never holds up the events.
    def simple(
        request: Request,
        project: str,
        since: str = Query("", description="ISO 8601 or relative: 7d, 24h, today. Default: 7d."),
        until: str = Query("", description="Not included. Default: now."),
        where: list[str] = Query([], description="Filters such as `country=DE|AT`."),  # noqa: B008
        consistency: str = Query("", description="`strict`: 503 rather than miss an event."),
    ) -> Response:
        settings = allow(services, request, project, READ)
        asked = dict(request.query_params) | {"since": since, "until": until, "where": where}
        asked.pop("key", None)
        return _answer(services, settings, report.name, asked)

    async def with_filters(request: Request, project: str) -> Response:
        settings = allow(services, request, project, READ)
        asked = await read_json(services, request, dict[str, Any])
        return await run_in_threadpool(_answer, services, settings, report.name, asked)

    schema, _ = msgspec.json.schema_components([report.params])
    body = {"content": {"application/json": {"schema": schema[0]}}}
    title = report.title
    router.add_api_route(
        f"/{report.name}", simple, methods=["GET"], summary=title, name=f"{report.name}_get"
    )
    router.add_api_route(
        f"/{report.name}",
        with_filters,
        methods=["POST"],
        summary=title,
        name=f"{report.name}_post",
        description=report.text,
        openapi_extra={"requestBody": body},
    )


def _answer(services: Services, settings: Project, name: str, asked: dict[str, Any]) -> Response:
    consistency = asked.pop(CONSISTENCY, "")
    if consistency not in ("", "strict"):
        raise Invalid(f"{CONSISTENCY} is strict, or left out", field=CONSISTENCY)
    waiting = services.fresh()
    if waiting and consistency:
        raise NotYetVisible(f"{waiting} records are not in the store yet")
    return answer(ask(services.store, settings, name, asked, now=services.now(), waiting=waiting))
