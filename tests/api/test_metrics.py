"""One scrape says what all workers did, whichever worker it reaches, also after one was killed."""

import os
import signal
import time
from collections.abc import Callable, Iterator

import httpx
import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.api.events import event
from tests.api.raw import PATIENCE
from tests.services.server import ServerHandle, start_server

ROUTE = (("route", "/v1/events"),)
Numbers = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerHandle]:
    """A server with two workers."""
    with start_server(tmp_path_factory.mktemp("pair") / "data", workers="2") as running:
        yield running


def scrape(server: ServerHandle) -> Numbers:
    """Over a new connection, so that the system chooses the worker."""
    answer = httpx.get(f"{server.url}/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def eventually(server: ServerHandle, holds: Callable[[Numbers], bool]) -> Numbers:
    """Numbers are written after the answer, and the loader's after that."""
    deadline = time.monotonic() + PATIENCE
    while True:
        found = scrape(server)
        if holds(found):
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.1)


def answered(status: int) -> tuple[str, tuple[tuple[str, str], ...]]:
    return "desirepath_collect_requests_total", (*ROUTE, ("status", str(status)))


def send(server: ServerHandle, times: int) -> None:
    for _ in range(times):
        with httpx.Client(base_url=server.url) as client:
            assert client.post("/v1/events", json={"events": [event()]}).status_code == 200


def workers(server: ServerHandle) -> set[int]:
    """Process ids of the workers that live."""
    found = set()
    for child in psutil.Process(server.process.pid).children():
        try:
            if "web" in child.cmdline():
                found.add(child.pid)
        except psutil.Error:
            continue  # just killed
    return found


def test_every_worker_says_the_same_and_the_whole(pair: ServerHandle) -> None:
    send(pair, 40)
    httpx.post(f"{pair.url}/v1/events", content=b"{")

    found = eventually(
        pair, lambda now: (now.get(answered(200)), now.get(answered(400))) == (40, 1)
    )

    assert found["desirepath_collect_events_total", (("answer", "accepted"), *ROUTE)] == 40
    assert found["desirepath_collect_seconds_count", ROUTE] == 41
    for _ in range(12):  # whichever worker answers
        assert scrape(pair)[answered(200)] == 40


def test_a_worker_that_is_killed_takes_no_number_along(pair: ServerHandle) -> None:
    before = scrape(pair)[answered(200)]
    left = workers(pair)
    assert len(left) == 2
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + PATIENCE
    while len(workers(pair) - left) < 2 or not _answers(pair):
        assert time.monotonic() < deadline
        time.sleep(0.1)

    send(pair, 10)

    assert eventually(pair, lambda now: now[answered(200)] >= before + 10)[answered(200)] == (
        before + 10
    )
    files = (pair.folder.root / "metrics").glob("*.db")
    assert {path.stem.rpartition("_")[2] for path in files} == {"web-0", "web-1", "load"}


def test_what_the_loader_did_is_told_by_the_workers(pair: ServerHandle) -> None:
    before = scrape(pair)
    send(pair, 5)

    found = eventually(
        pair,
        lambda now: (
            now["desirepath_load_records_total", ()]
            >= before["desirepath_load_records_total", ()] + 5
            and now["desirepath_backlog_records", ()] == 0
        ),
    )

    assert found["desirepath_load_batches_total", ()] >= 1
    assert found["desirepath_load_seconds_count", ()] == found["desirepath_load_batches_total", ()]
    assert found["desirepath_freshness_seconds", ()] == 0
    assert found["desirepath_store_up", ()] == 1
    assert found["desirepath_log_bytes", ()] > 0


def test_a_loader_that_stands_still_shows(pair: ServerHandle) -> None:
    (loader,) = (pid for role, pid in pair.children().items() if role == "load")
    os.kill(loader, signal.SIGSTOP)
    try:
        send(pair, 3)
        time.sleep(1.1)
        found = scrape(pair)
    finally:
        os.kill(loader, signal.SIGCONT)

    assert found["desirepath_backlog_records", ()] == 3
    assert found["desirepath_freshness_seconds", ()] > 1


def _answers(server: ServerHandle) -> bool:
    try:
        return httpx.get(f"{server.url}/readyz").status_code == 200
    except httpx.TransportError:
        return False
