"""`/healthz`: this process lives. `/readyz`: it can take events, and reports can be asked for."""

from fastapi import APIRouter, Response

from desirepath.api.answer import answer
from desirepath.api.services import Services


def routes(services: Services) -> APIRouter:
    """The two probes. Neither needs a key, neither says more than it must."""
    router = APIRouter(tags=["operations"])

    # Both `async`: a plain function would wait for a thread behind slow reports, and a worker that
    # is busy is not dead.
    @router.get("/healthz", summary="This process lives.")
    async def healthz() -> Response:
        return answer({"status": "ok"})

    @router.get("/readyz", summary="Events can be taken and reports be asked for.")
    async def readyz() -> Response:
        checks = await services.readiness()
        ready = checks["log"] == "ok" and checks["control"] == "ok"
        return answer({"ready": ready, "checks": checks}, 200 if ready else 503)

    return router
