"""What a report may miss, and how it says so, while the loader stands still."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.api.events import event
from tests.api.shop import Shop
from tests.api.test_collect import error
from tests.services.server import ServerHandle

REPORT = "/reports/events"
WAITING = 3


@contextmanager
def standing_still(server: ServerHandle, role: str) -> Iterator[None]:
    """A process of the server is there and does nothing."""
    pid = server.children()[role]
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_a_report_sees_what_was_answered_before_it(shop: Shop) -> None:
    for sent in range(1, 6):
        shop.send(event(tenantId=None))
        answer = shop.get(REPORT, consistency="strict", bots="true").json()
        assert (answer["data"]["events"], answer["meta"]["waiting"]) == (sent, 0)


def test_what_a_report_misses_it_counts_within_two_seconds(shop: Shop) -> None:
    shop.send(event(tenantId=None))
    shop.account()
    with standing_still(shop.server, "load"):
        shop.send(*(event(tenantId=None) for _ in range(WAITING)))
        began = time.monotonic()
        answer = shop.get(REPORT, bots="true")
        took = time.monotonic() - began
    said = answer.json()

    assert answer.status_code == 200
    assert (said["data"]["events"], said["meta"]["waiting"]) == (1, WAITING)
    assert took - said["meta"]["took_ms"] / 1000 < 2 + 0.8, "the rest is for a busy machine"
    assert shop.get(REPORT, bots="true").json()["data"]["events"] == 1 + WAITING


@pytest.mark.parametrize("way", ["GET", "POST"])
def test_whoever_would_rather_wait_than_miss_is_told_to(shop: Shop, way: str) -> None:
    asked = {"consistency": "strict"}
    with standing_still(shop.server, "load"):
        shop.send(event(tenantId=None))
        answer = shop.server.http.request(
            way,
            shop.path + REPORT,
            headers={"X-API-Key": shop.read},
            **({"params": asked} if way == "GET" else {"json": asked}),  # type: ignore[arg-type]
        )

    assert answer.status_code == 503
    assert error(answer)["code"] == "not_yet_visible"
    assert int(answer.headers["retry-after"]) >= 1
    assert shop.get(REPORT, **asked).status_code == 200


def test_events_that_wait_are_counted_as_waiting(shop: Shop) -> None:
    with standing_still(shop.server, "load"):
        shop.send(event(tenantId=None), event(tenantId=None, sessionId=None))
        found = shop.get("/accounting").json()

    assert (found["received"], found["waiting"], found["stored"]) == (2, 2, 0)
    assert shop.account()["stored"] == 1


def test_while_the_store_stands_still_events_are_taken_and_probes_answer(shop: Shop) -> None:
    with standing_still(shop.server, "engine"):
        assert shop.send(event(tenantId=None)).status_code == 200
        for _ in range(10):  # more than there are threads for it
            ready = shop.server.http.get("/readyz")
            assert ready.status_code == 200
            assert ready.json()["checks"] == {"log": "ok", "control": "ok", "store": "store_down"}
            assert shop.server.http.get("/healthz").status_code == 200
        assert b"desirepath_store_up 0.0" in shop.server.http.get("/metrics").content

    assert shop.account()["stored"] == 1
