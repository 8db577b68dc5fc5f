"""One-event requests, through every ingest step and durable before the answer.

Three servers answer the same requests in turn, each alone on core 0: the real one, the bare durable
path and the empty handler (bench/bare.py). wrk, the loader and the engine share core 1.
"""

import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

from bench import processes, visits, wrk
from bench.figures import Figure, Section, middle
from bench.plan import Plan
from bench.serving import Serving, free_port, serving

TITLE = "one-event requests, durable before the answer"
WEB, REST = 0, 1  # cores


def measure(plan: Plan) -> Section:
    """Requests per second of the three, and their ratios."""
    shutil.rmtree(plan.work / "bare", ignore_errors=True)
    with serving(plan.work / "ingest", lent=plan.server) as server:
        bares: dict[str, _Bare] = {}
        try:
            for kind in ("durable", "empty"):
                bares[kind] = _start_bare(kind, plan.work / "bare")
            rounds = _measure(plan, server, bares)
        finally:
            for bare in bares.values():
                processes.stop(bare.process)
            shutil.rmtree(plan.work / "bare", ignore_errors=True)
    return Section(name="ingest", title=TITLE, figures=_figures(rounds), raw={"rounds": rounds})


class _Bare(NamedTuple):
    process: subprocess.Popen[bytes]
    port: int


def _measure(plan: Plan, server: Serving, bares: dict[str, _Bare]) -> list[dict[str, Any]]:
    pids = server.pids()
    for name, pid in pids.items():
        processes.pin(pid, WEB if name == "web" else REST)
    workers = {"desirepath": pids["web"], **{k: bare.process.pid for k, bare in bares.items()}}
    ports = {"desirepath": server.port, **{kind: bare.port for kind, bare in bares.items()}}
    files = {name: server.folder.root / f"{name}.requests" for name in ports}
    requests = list(visits.singles(server.key))
    for name, port in ports.items():
        wrk.write_requests(files[name], port, requests)
    if plan.seconds >= 1:
        for name, port in ports.items():  # caches, and code that runs for the first time
            wrk.load(files[name], port, 1, core=REST)
            server.settle()
    rounds = []
    for _ in range(plan.rounds):
        found: dict[str, Any] = {}
        for name, port in ports.items():
            before = processes.cpu_seconds(workers[name])
            load = wrk.load(files[name], port, plan.seconds, core=REST)
            used = processes.cpu_seconds(workers[name]) - before
            found[name] = {
                "per_second": load.per_second,
                "p50_ms": load.p50_ms,
                "p99_ms": load.p99_ms,
                "cpu_us": used / load.requests * 1e6,
                "busy": used / load.seconds,
            }
            if name == "desirepath":
                server.settle()
        rounds.append(found)
    return rounds


def _figures(rounds: list[dict[str, Any]]) -> list[Figure]:
    rate = {
        name: middle([one[name]["per_second"] for one in rounds])
        for name in ("desirepath", "durable", "empty")
    }
    cpu = {name: middle([one[name]["cpu_us"] for one in rounds]) for name in rate}
    busy = {name: middle([one[name]["busy"] for one in rounds]) for name in rate}
    p99 = middle([one["desirepath"]["p99_ms"] for one in rounds])

    def note(name: str) -> str:
        return f"{cpu[name]:.0f} µs of CPU a request, its core {busy[name]:.0%} busy"

    return [
        Figure(
            what="all ingest steps, durable",
            value=rate["desirepath"],
            unit="requests/s",
            note=f"{note('desirepath')}; p99 {p99:.1f} ms",
            key=True,
        ),
        Figure(
            what="bare durable path",
            value=rate["durable"],
            unit="requests/s",
            note=note("durable"),
        ),
        Figure(what="empty handler", value=rate["empty"], unit="requests/s", note=note("empty")),
        Figure(
            what="share of the bare durable path",
            value=rate["desirepath"] / rate["durable"],
            target=0.8,
            note=f"{cpu['durable'] / cpu['desirepath']:.2f} by CPU time",
            key=True,
        ),
        Figure(
            what="share of the empty handler", value=rate["desirepath"] / rate["empty"], key=True
        ),
    ]


def _start_bare(kind: str, folder: Path) -> _Bare:
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "bench.bare", kind, "--port", str(port)]
    process = processes.start([*command, "--log", str(folder)], core=WEB)
    try:
        _wait_for(process, port)
    except RuntimeError:
        processes.stop(process)
        raise
    return _Bare(process, port)


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise RuntimeError("the bare server did not start")
