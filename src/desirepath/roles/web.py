"""A web worker: the ASGI application under Granian, on a port that all workers share."""

import asyncio
import resource
import signal
import warnings
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
import uvloop
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.embed import Server

from desirepath.api.app import Application
from desirepath.api.services import Services
from desirepath.folder import Folder
from desirepath.settings import Settings

ASGI = Callable[..., Awaitable[Any]]

#: Enough for every header a browser sends, and not for a hostile one.
HEADER_BYTES = 64 * 1024
DRAIN_SECONDS = 10.0
CONNECTIONS = 65_536  # at once, where the system's hard limit allows

_log = structlog.get_logger("desirepath.web")


def run(folder: Folder, settings: Settings) -> int:
    """Serve until SIGTERM, then finish what was begun."""
    _allow_connections()
    uvloop.run(_serve(folder, settings))
    return 0


def listening(application: ASGI, settings: Settings) -> Server:
    """The HTTP server of a worker, for any application. Served by its `serve`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Server(
            application,
            address=settings.host,
            port=settings.port,
            interface=Interfaces.ASGINL,
            http=HTTPModes.http1,
            http1_settings=HTTP1Settings(
                # Slow ones, and those that say nothing, must not hold connections open.
                header_read_timeout=round(settings.request_seconds * 1000),
                max_buffer_size=HEADER_BYTES,
            ),
            websockets=False,
            log_enabled=True,
            log_level=LogLevels.error,
            backlog=2048,
        )


def _allow_connections() -> None:
    # Each is a file. Most systems begin with 1,024, for the sake of programs that use select().
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY:
        most = CONNECTIONS if hard == resource.RLIM_INFINITY else min(hard, CONNECTIONS)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))


async def _serve(folder: Folder, settings: Settings) -> None:
    services = Services(folder, settings)
    application = Application(services)
    server = listening(application, settings)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)
    counts = asyncio.create_task(services.write_counts())
    try:
        await server.serve()
    finally:
        counts.cancel()
        await asyncio.wait_for(services.close(), DRAIN_SECONDS)
