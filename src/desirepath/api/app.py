"""The one ASGI application: collecting goes straight to its routes, everything else to FastAPI.

FastAPI costs four times what a bare route does (docs/decisions/ingest-route.md), which matters
for events and for nothing else.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from fastapi import FastAPI, Request, Response

from desirepath import __version__
from desirepath.api import accounting, errors, health, metrics, projects, rejected, reports
from desirepath.api.collect import Collector
from desirepath.api.services import Services
from desirepath.errors import DesirepathError

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

ROOMS = (health, metrics, reports, accounting, rejected, projects)


class Application:
    """ASGI. `services` is made when the server starts, in the worker's own process."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._collect = {collector.path: collector for collector in Collector.all(services)}
        self._rest = build(services)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http":
            collector = self._collect.get(scope["path"])
            if collector is not None:
                await collector(scope, receive, send)
                return
        await self._rest(scope, receive, send)


def build(services: Services) -> FastAPI:
    """Everything but collecting."""
    app = FastAPI(
        title="desirepath",
        version=__version__,
        summary="Self-hosted click and behaviour analytics.",
        docs_url="/docs",
        redoc_url=None,
    )

    @app.exception_handler(DesirepathError)
    async def _known(_: Request, exc: Exception) -> Response:
        assert isinstance(exc, DesirepathError)
        return Response(errors.body(exc), errors.status(exc), errors.headers(exc))

    for room in ROOMS:
        app.include_router(room.routes(services))
    return app
