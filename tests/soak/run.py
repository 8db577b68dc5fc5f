"""Send at a steady rate, ask reports in between, and look at what the processes hold."""

import time
from collections.abc import Callable
from pathlib import Path

from tests.api.events import event
from tests.services.server import start_server
from tests.soak.watch import Watch

BATCH = 20
REPORTS = ("traffic", "events", "errors", "performance", "sessions")


def soak(
    folder: Path, *, seconds: float, per_second: int, tell: Callable[[str], None]
) -> tuple[Watch, int, int]:
    """The samples, events sent, and events stored."""
    watch, sent, rounds = Watch(), 0, 0
    with start_server(folder) as server:
        begun = time.monotonic()
        every = max(1.0, seconds / 60)
        looked = -every
        while (passed := time.monotonic() - begun) < seconds:
            answer = server.send(*(event(sessionId=f"s{sent // 100}") for _ in range(BATCH)))
            sent += answer.json()["accepted"]
            rounds += 1
            if rounds % 50 == 0:
                report = REPORTS[rounds // 50 % len(REPORTS)]
                server.http.get(f"/api/v1/projects/default/reports/{report}").raise_for_status()
            if passed - looked >= every:
                watch.look({"serve": server.process.pid, **server.children()})
                looked = passed
                tell(f"{passed:.0f} s, {sent:,} events")
            time.sleep(max(0.0, sent / per_second - (time.monotonic() - begun)))
        found = server.http.get("/api/v1/projects/default/reports/events").json()
        assert found["meta"]["waiting"] == 0
        return watch, sent, found["data"]["events"]
