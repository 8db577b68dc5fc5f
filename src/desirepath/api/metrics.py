"""`GET /metrics`: for Prometheus. Numbers of the whole installation, never of one person.

Workers share one port, so a scrape reaches any of them. Each writes its numbers into files of the
folder PROMETHEUS_MULTIPROC_DIR (docs/decisions/metrics-of-many-processes.md), and whoever is
scraped adds them up. The gauges are worked out while it is scraped: they are the same for all.
"""

import time

from fastapi import APIRouter, Response
from prometheus_client import (
    CONTENT_TYPE_PLAIN_0_0_4,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from desirepath import accounting
from desirepath.api.services import Services

disable_created_metrics()  # type: ignore[no-untyped-call]

REQUESTS = Counter(
    "desirepath_collect_requests_total",
    "Requests to collecting routes, by status.",
    ["route", "status"],
    registry=None,
)
EVENTS = Counter(
    "desirepath_collect_events_total",
    "Events in those requests, by what was answered.",
    ["route", "answer"],
    registry=None,
)
KEYLESS = Counter(
    "desirepath_collect_events_without_key_total",
    "Events whose own key opened nothing. They belong to no project's accounting.",
    registry=None,
)
SECONDS = Histogram(
    "desirepath_collect_seconds",
    "From the whole request to its durable answer.",
    ["route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5),
    registry=None,
)
_BACKLOG = Gauge(
    "desirepath_backlog_records",
    "Records not loaded yet.",
    registry=None,
    multiprocess_mode="mostrecent",
)
_LOG_BYTES = Gauge(
    "desirepath_log_bytes", "The log on disk.", registry=None, multiprocess_mode="mostrecent"
)
_FRESHNESS = Gauge(
    "desirepath_freshness_seconds",
    "Seconds since the loader last had nothing left to load, or moved on.",
    registry=None,
    multiprocess_mode="mostrecent",
)
_STORE_UP = Gauge(
    "desirepath_store_up",
    "1: the store answers.",
    registry=None,
    multiprocess_mode="mostrecent",
)


class Route:
    """The numbers of one collecting route."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._statuses = {status: REQUESTS.labels(path, str(status)) for status in (200, 422)}
        self._accepted = EVENTS.labels(path, "accepted")
        self._rejected = EVENTS.labels(path, "rejected")
        self._seconds = SECONDS.labels(path)

    def answered(self, status: int, seconds: float) -> None:
        """A request was answered."""
        counter = self._statuses.get(status)
        if counter is None:
            counter = self._statuses[status] = REQUESTS.labels(self._path, str(status))
        counter.inc()
        self._seconds.observe(seconds)

    def took(self, accepted: int, rejected: int) -> None:
        """So many of its events were taken, and so many were not."""
        self._accepted.inc(accepted)
        if rejected:
            self._rejected.inc(rejected)


def routes(services: Services) -> APIRouter:
    """One route; on loopback for everybody, elsewhere for whoever can reach it."""
    router = APIRouter(tags=["operations"])

    @router.get("/metrics", summary="For Prometheus.")
    async def metrics() -> Response:
        checks = await services.readiness()
        _STORE_UP.set(checks["store"] == "ok")
        text = await services.in_thread(_scrape, services)
        return Response(text, media_type=CONTENT_TYPE_PLAIN_0_0_4)

    return router


def _scrape(services: Services) -> bytes:
    waiting = accounting.backlog(services.log, services.ledger)
    _BACKLOG.set(waiting)
    _LOG_BYTES.set(sum(segment.bytes for segment in services.log.segments()))
    moved = services.ledger.moved_at()
    _FRESHNESS.set(0 if waiting == 0 or moved is None else max(0.0, time.time() - moved))
    all_workers = CollectorRegistry()
    MultiProcessCollector(all_workers)  # type: ignore[no-untyped-call]
    return generate_latest(all_workers)
