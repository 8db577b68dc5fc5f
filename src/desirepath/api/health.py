"""`/healthz`: this process lives. `/readyz`: it can take events, and reports can be asked for."""

import msgspec
from fastapi import APIRouter, Response

from desirepath.api.services import Services


def routes(services: Services) -> APIRouter:
    """The two probes. Neither needs a key, neither says more than it must."""
    router = APIRouter(tags=["operations"])

    @router.get("/healthz", summary="This process lives.")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/readyz", summary="Events can be taken and reports be asked for.")
    def readyz() -> Response:
        checks = services.readiness()
        ready = checks["log"] == "ok" and checks["control"] == "ok"
        body = msgspec.json.encode({"ready": ready, "checks": checks})
        return Response(
            body, 200 if ready else 503, {"cache-control": "no-store"}, "application/json"
        )

    return router
