"""The one ASGI application: collecting goes straight to its routes, everything else to FastAPI.

FastAPI costs four times what a bare route does (docs/decisions/ingest-route.md), which matters
for events and for nothing else.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from fastapi import FastAPI

from desirepath import __version__
from desirepath.api import (
    accounting,
    docs,
    errors,
    health,
    metrics,
    openapi,
    projects,
    rejected,
    reports,
)
from desirepath.api.collect import Collector
from desirepath.api.services import Services

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

ROOMS = (health, metrics, reports, accounting, rejected, projects, docs)


class Application:
    """ASGI. `services` is made when the server starts, in the worker's own process."""

    def __init__(self, services: Services) -> None:
        self._collect = {collector.path: collector for collector in Collector.all(services)}
        self._rest = build(services)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        collector = self._collect.get(scope["path"])
        if collector is not None:
            await collector(scope, receive, send)
            return
        try:
            await self._rest(scope, receive, send)
        except Exception:  # noqa: BLE001
            # `errors.unforeseen` has written it down and answered it. Starlette raises it once
            # more, and the server would write down its message, which may hold what was sent.
            return


def build(services: Services) -> FastAPI:
    """Everything but collecting."""
    app = FastAPI(
        title="desirepath",
        version=__version__,
        summary="Self-hosted click and behaviour analytics.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    errors.install(app)
    for room in ROOMS:
        app.include_router(room.routes(services))
    openapi.install(app)
    return app
