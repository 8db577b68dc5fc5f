"""How soon an event that was answered can be seen.

- Under half of full load: from the answer of a POST until a query sees that event. Nobody rings the
  loader's bell, so this is what a dashboard that only looks would see.
- Idle: the extra time that a report takes right after a write, because it waits for that write.
"""

import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
from msgspec import Struct

from bench import processes
from bench.batches import finish, full_load, start_sender
from bench.client import Client
from bench.figures import Figure, Section, middle, percentile
from bench.plan import Plan
from bench.serving import Serving, serving
from desirepath.model import ids

TITLE = "from the answer until it can be seen"
PATIENCE = 60.0  # seconds
_LOOK_EVERY = 0.005  # seconds
_SEEN = """
SELECT toString(session_id) AS session
FROM events_of(project = 'default')
WHERE type = 'probe' AND session_id IN {waiting:Array(String)}
"""


class _Seen(Struct):
    session: str


class _Traffic(Struct):
    events: int


class _Meta(Struct):
    waiting: int


class _Report(Struct):
    data: _Traffic
    meta: _Meta


def measure(plan: Plan) -> Section:
    """Both of them."""
    with serving(plan.work / "visible", lent=plan.server) as server:
        reading = _read_your_writes(server, plan.pairs)
        full = full_load(server, plan.batch_events)["queryable"]
        server.settle()
        seconds = plan.probes * plan.probe_every
        half = full / 2
        sender = start_sender(server, max(20, int(half * seconds)), half)
        try:
            probes = _probe(server, plan, sender)
        finally:
            processes.stop(sender)
    raw: dict[str, Any] = {"full_load": full, "probes_ms": probes, **reading}
    return Section(name="visible", title=TITLE, figures=_figures(raw, half), raw=raw)


def _probe(server: Serving, plan: Plan, sender: subprocess.Popen[bytes]) -> list[float]:
    """Milliseconds that each probe took to be seen, while `sender` sends."""
    waiting: dict[str, float] = {}
    took: list[float] = []
    with ThreadPoolExecutor(1) as pool, Client(server.port) as client:
        sending = pool.submit(finish, sender)
        due, left = time.monotonic() + plan.probe_every, plan.probes
        deadline = time.monotonic() + plan.probes * plan.probe_every + PATIENCE
        while left or waiting:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(waiting)} probes were not seen in {PATIENCE} s")
            if left and time.monotonic() >= due:
                session = _post(client, server.key, "probe")
                waiting[session] = time.monotonic()
                due, left = due + plan.probe_every, left - 1
            if waiting:
                seen = server.store.rows(_SEEN, _Seen, waiting=list(waiting)).data
                now = time.monotonic()
                took += [(now - waiting.pop(one.session)) * 1000 for one in seen]
            time.sleep(_LOOK_EVERY)
        sending.result()
    return took


def _read_your_writes(server: Serving, pairs: int) -> dict[str, list[float]]:
    """Milliseconds of a report right after a write, and of the same one without."""
    found: dict[str, list[float]] = {"without_ms": [], "after_write_ms": []}
    path = "/api/v1/projects/default/reports/events"
    with Client(server.port) as client:

        def ask(kind: str) -> int:
            began = time.perf_counter()
            status, body = client.get(path, since="1h")
            found[kind].append((time.perf_counter() - began) * 1000)
            report = msgspec.json.decode(body, type=_Report) if status == 200 else None
            if report is None or report.meta.waiting:
                raise RuntimeError(f"the report did not see everything: {status} {body[:200]!r}")
            return report.data.events

        for number in range(pairs + 2):
            before = ask("without_ms")
            _post(client, server.key, "idle")
            if ask("after_write_ms") != before + 1:
                raise RuntimeError("a report did not see what was written before it")
            if number == 1:  # code that runs for the first time
                found = {"without_ms": [], "after_write_ms": []}
            time.sleep(0.05)  # until the loader has booked it
    return found


def _post(client: Client, key: str, kind: str) -> str:
    """Send one event; return its session id."""
    session = ids.mint()
    event = {
        "eventId": ids.mint(),
        "eventType": kind,
        "timestamp": int(time.time() * 1000),
        "tenantId": key,
        "sessionId": session,
        "pageUrl": "https://www.larkandpine.example/",
    }
    status, body = client.post("/v1/events", msgspec.json.encode({"events": [event]}))
    if status != 200:
        raise RuntimeError(f"a probe was answered with {status}: {body[:200]!r}")
    return session


def _figures(raw: dict[str, Any], half: float) -> list[Figure]:
    probes = raw["probes_ms"]
    extra = middle(raw["after_write_ms"]) - middle(raw["without_ms"])
    return [
        Figure(
            what="visible after the answer, under half load, p50",
            value=percentile(probes, 0.5),
            unit="ms",
            more=False,
            note=f"{len(probes)} probes beside {half:,.0f} events/s",
        ),
        Figure(
            what="visible after the answer, under half load, p99",
            value=percentile(probes, 0.99),
            unit="ms",
            target=1000,
            more=False,
            key=True,
        ),
        Figure(
            what="a report right after a write, idle: extra time",
            value=extra,
            unit="ms",
            target=20,
            more=False,
            note=f"{middle(raw['without_ms']):.1f} ms without, p95 of after a write"
            f" {percentile(raw['after_write_ms'], 0.95):.1f} ms",
            key=True,
        ),
    ]
