"""`GET /metrics`: for Prometheus. Numbers of the whole installation, never of one person."""

import time

from fastapi import APIRouter, Response
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

from desirepath import accounting
from desirepath.api.services import Services

disable_created_metrics()

REGISTRY = CollectorRegistry()

REQUESTS = Counter(
    "desirepath_collect_requests_total",
    "Requests to collecting routes, by status.",
    ["route", "status"],
    registry=REGISTRY,
)
EVENTS = Counter(
    "desirepath_collect_events_total",
    "Events in those requests, by what was answered.",
    ["route", "answer"],
    registry=REGISTRY,
)
KEYLESS = Counter(
    "desirepath_collect_events_without_key_total",
    "Events whose own key opened nothing. They belong to no project's accounting.",
    registry=REGISTRY,
)
SECONDS = Histogram(
    "desirepath_collect_seconds",
    "From the whole request to its durable answer.",
    ["route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5),
    registry=REGISTRY,
)
_BACKLOG = Gauge("desirepath_backlog_records", "Records not loaded yet.", registry=REGISTRY)
_LOG_BYTES = Gauge("desirepath_log_bytes", "The log on disk.", registry=REGISTRY)
_FRESHNESS = Gauge(
    "desirepath_freshness_seconds",
    "Seconds since the loader last had nothing left to load, or moved on.",
    registry=REGISTRY,
)
_STORE_UP = Gauge("desirepath_store_up", "1: the store answers.", registry=REGISTRY)


def routes(services: Services) -> APIRouter:
    """One route; on loopback for everybody, elsewhere for whoever can reach it."""
    router = APIRouter(tags=["operations"])

    @router.get("/metrics", summary="For Prometheus.")
    def metrics() -> Response:
        waiting = accounting.backlog(services.log, services.ledger)
        _BACKLOG.set(waiting)
        _LOG_BYTES.set(sum(segment.bytes for segment in services.log.segments()))
        moved = services.ledger.moved_at()
        _FRESHNESS.set(0 if waiting == 0 or moved is None else max(0.0, time.time() - moved))
        _STORE_UP.set(services.readiness()["store"] == "ok")
        return Response(
            generate_latest(REGISTRY), media_type="text/plain; version=0.0.4; charset=utf-8"
        )

    return router
