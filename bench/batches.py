"""Batches of 20: from the first byte sent until the store has every event.

Beside it, `raw_insert` of the very same rows (lines as the loader would send them, 50,000 at a
time) into an empty table of the same schema, on an engine that has one core to itself.
"""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import clickhouse_connect
import msgspec

from bench import processes, visits
from bench.figures import Figure, Section, middle
from bench.plan import Plan
from bench.sender import SIZE, USER_AGENT, Sent
from bench.serving import Serving, serving
from desirepath.formats import trackflow
from desirepath.ingest import pipeline, recognise
from desirepath.ingest.base import Hit
from desirepath.intake import take
from desirepath.loader import BATCH_BYTES, BATCH_RECORDS
from desirepath.model.project import Project
from desirepath.store.client import DATABASE, Store
from desirepath.store.migrate import create_database, migrate
from tests.services.engine import start_engine

TITLE = "batches of 20, acknowledged and queryable"
PATIENCE = 300.0  # seconds
_ENGINE_CORE, _CLIENT_CORE = 1, 0


def measure(plan: Plan) -> Section:
    """Events per second of both, and where the time went."""
    rounds: list[dict[str, Any]] = []
    with (
        serving(plan.work / "batches", lent=plan.server) as server,
        _bare_engine(plan.work / "raw") as insert,
    ):
        full_load(server, min(plan.batch_events, 20_000))  # caches, and code that runs first
        for _ in range(plan.batch_rounds):
            found = full_load(server, plan.batch_events)
            found["raw_insert"] = plan.batch_events / insert(list(rows(plan.batch_events)))
            rounds.append(found)
    return Section(name="batches", title=TITLE, figures=_figures(rounds), raw={"rounds": rounds})


def full_load(server: Serving, events: int) -> dict[str, Any]:
    """Send `events` as fast as they are taken; wait until all of them can be queried."""
    expected = server.count() + events
    sender = start_sender(server, events)
    try:
        before = server.cpu()
        sent = finish(sender)
        deadline = time.monotonic() + PATIENCE
        while (there := server.count()) < expected:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{expected - there} events did not arrive")
            time.sleep(0.01)
        ended = time.monotonic()
        used = {name: now - before[name] for name, now in server.cpu().items()}
    finally:
        processes.stop(sender)
    return {
        "queryable": events / (ended - sent.began),
        "acknowledged": events / (sent.ended - sent.began),
        "seconds": ended - sent.began,
        "cpu_seconds": used | {"client": sent.cpu},
    }


def start_sender(server: Serving, events: int, per_second: float = 0.0) -> subprocess.Popen[bytes]:
    """A sender that has built its requests and waits for the word."""
    command = [sys.executable, "-m", "bench.sender", "--port", str(server.port)]
    command += ["--key", server.key, "--events", str(events), "--per-second", str(per_second)]
    sender = processes.start(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert sender.stdout is not None
    if sender.stdout.readline() != b"ready\n":
        processes.stop(sender)
        raise RuntimeError("the sender did not start")
    return sender


def finish(sender: subprocess.Popen[bytes]) -> Sent:
    """Give the word and wait for the end. Raises RuntimeError where anything was refused."""
    said, _ = sender.communicate(b"go\n", timeout=PATIENCE)
    sent = msgspec.json.decode(said, type=Sent)
    if set(sent.statuses) != {"200"}:
        raise RuntimeError(f"not everything was taken: {sent.statuses}")
    return sent


def rows(events: int) -> Iterator[bytes]:
    """INSERTs of together `events` rows: as the loader makes them, of what the sender sends."""
    project, steps, log = Project(id="default"), pipeline(trackflow.FORBIDS), str(uuid4())
    lines: list[bytes] = []
    size = 0
    for number, body in enumerate(visits.batches("", events)):
        batch = trackflow.read(body)
        hit = Hit(
            project=project,
            received_at=round(time.time(), 3),
            ip="127.0.0.1",
            user_agent=USER_AGENT,
            headers={"accept-language": "de"},
            salt=bytes(32),
            locate=None,
            sent_at=batch.sent_at,
        )
        recognise(hit)
        for at, draft in enumerate(take(batch.items, hit, steps).drafts):
            place = f'{{"project":"default","log_id":"{log}","log_shard":0,"log_offset":'
            lines.append(f"{place}{number * SIZE + at},".encode() + draft.body[1:])
            size += len(draft.body)
        if len(lines) >= BATCH_RECORDS or size >= BATCH_BYTES:
            yield b"\n".join(lines)
            lines, size = [], 0
    if lines:
        yield b"\n".join(lines)


@contextmanager
def _bare_engine(folder: Path) -> Iterator[Callable[[list[bytes]], float]]:
    """A function that inserts into an empty table and returns the seconds that took."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with processes.on_core(_ENGINE_CORE):
        engine = start_engine(folder)
    # Pinned is what is started in the block above; the connections are made on any core.
    with engine, closing(Store(engine.url)) as plain:
        create_database(plain)
        with closing(Store(f"{engine.url}/{DATABASE}")) as store:
            migrate(store)
        with clickhouse_connect.get_client(
            dsn=f"{engine.url}/{DATABASE}", autogenerate_session_id=False
        ) as client:

            def insert(inserts: list[bytes]) -> float:
                settings = {"async_insert": 0, "insert_deduplicate": 0}
                client.command("TRUNCATE TABLE events")
                began = time.perf_counter()
                for lines in inserts:
                    client.raw_insert("events", None, lines, settings, "JSONEachRow")
                return time.perf_counter() - began

            insert(list(rows(SIZE)))
            with processes.on_core(_CLIENT_CORE):
                yield insert
    shutil.rmtree(folder)


def _figures(rounds: list[dict[str, Any]]) -> list[Figure]:
    queryable = middle([one["queryable"] for one in rounds])
    raw = middle([one["raw_insert"] for one in rounds])
    seconds = middle([one["seconds"] for one in rounds])
    spent = {
        name: middle([one["cpu_seconds"][name] for one in rounds])
        for name in rounds[0]["cpu_seconds"]
    }
    shares = ", ".join(f"{name} {used:.1f}" for name, used in spent.items() if used >= 0.05)
    return [
        Figure(
            what="sent, acknowledged and queryable",
            value=queryable,
            unit="events/s",
            note=f"in {seconds:.1f} s; CPU seconds: {shares}",
            key=True,
        ),
        Figure(
            what="acknowledged", value=middle([o["acknowledged"] for o in rounds]), unit="events/s"
        ),
        Figure(
            what="bare raw_insert of the same rows, one core",
            value=raw,
            unit="events/s",
            key=True,
        ),
        Figure(what="share of the bare raw_insert", value=queryable / raw, target=0.5, key=True),
    ]
