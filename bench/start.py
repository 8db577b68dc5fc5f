"""How long `desirepath serve` takes until it answers, and what memory all its processes take.

On an empty folder, where everything is made first, and on one with events. Time runs from the start
of the command to the first POST answered with 200, and to the first report answered with 200.
"""

import shutil
import time
from pathlib import Path
from typing import Any

import msgspec

from bench import processes
from bench.client import answered
from bench.figures import Figure, Section, middle
from bench.plan import Plan
from bench.serving import Serving, demo
from desirepath.model import ids

TITLE = "start, and memory when idle"
PATIENCE = 60.0  # seconds
_REPORT = "/api/v1/projects/default/reports/events"
MiB = 1 << 20


def measure(plan: Plan) -> Section:
    """Seconds and MiB, on both folders."""
    filled, empty = plan.work / "start-filled", plan.work / "start-empty"
    raw: dict[str, Any] = {"empty": [], "filled": []}
    try:
        if plan.filled_events:
            with demo(filled, plan.filled_events, keep=True):
                pass
        else:
            filled = empty
        for number in range(plan.starts):
            last = number == plan.starts - 1
            shutil.rmtree(empty, ignore_errors=True)
            raw["empty"].append(_start(empty, plan.idle_seconds if last else 0))
            raw["filled"].append(_start(filled, plan.idle_seconds if last else 0))
    finally:
        for folder in (filled, empty):
            shutil.rmtree(folder, ignore_errors=True)
    return Section(name="start", title=TITLE, figures=_figures(raw), raw=raw)


def _start(folder: Path, idle: float) -> dict[str, Any]:
    server = Serving(folder)
    try:
        posted = answered(server.port, "/v1/events", seconds=PATIENCE, body=_body(server.key))
        reported = answered(server.port, _REPORT, seconds=PATIENCE)
        found: dict[str, Any] = {
            "post_seconds": posted - server.began,
            "report_seconds": reported - server.began,
        }
        if idle:
            time.sleep(idle)
            found["memory"] = {name: processes.memory(pid) for name, pid in server.pids().items()}
    finally:
        server.stop()
    return found


def _body(key: str) -> bytes:
    event = {
        "eventId": ids.mint(),
        "eventType": "page_view",
        "timestamp": int(time.time() * 1000),
        "tenantId": key,
        "sessionId": "first",
        "pageUrl": "https://www.larkandpine.example/",
    }
    return msgspec.json.encode({"events": [event]})


def _figures(raw: dict[str, Any]) -> list[Figure]:
    figures = []
    for kind, starts in raw.items():
        for what, measured in (("POST", "post_seconds"), ("report", "report_seconds")):
            figures.append(
                Figure(
                    what=f"{kind} folder: first {what} answered",
                    value=middle([one[measured] for one in starts]),
                    unit="s",
                    target=3,
                    more=False,
                    key=what == "report",
                )
            )
    for kind, starts in raw.items():
        memory = starts[-1]["memory"]
        total = {how: sum(one[how] for one in memory.values()) / MiB for how in ("pss", "rss")}
        each = ", ".join(f"{name} {one['pss'] / MiB:.0f}" for name, one in memory.items())
        figures.append(
            Figure(
                what=f"{kind} folder: memory when idle (PSS)",
                value=total["pss"],
                unit="MiB",
                target=500,
                more=False,
                note=f"{each}; RSS, shared pages counted each time: {total['rss']:.0f}",
                key=kind == "filled",
            )
        )
    return figures
