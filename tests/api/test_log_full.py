"""The log at its cap: 503, nothing lost, reads go on, and it takes events again by itself."""

import os
import signal
import time
from collections.abc import Iterator

import pytest

from tests.api.events import event
from tests.api.raw import PATIENCE
from tests.api.test_collect import error
from tests.services.server import ServerHandle, start_server

CAP = 4 << 20  # the least there is
PATH = "/api/v1/projects/default"
BATCH = 50


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerHandle]:
    folder = tmp_path_factory.mktemp("small") / "data"
    with start_server(folder, log_cap_bytes=str(CAP)) as running:
        yield running


def fill(server: ServerHandle, patience: float = PATIENCE) -> int:
    """Send until the server takes no more; how many events it took."""
    taken, deadline = 0, time.monotonic() + patience
    while time.monotonic() < deadline:
        answer = server.send(*(event(properties={"x": "a" * 2_000}) for _ in range(BATCH)))
        if answer.status_code != 200:
            assert answer.status_code == 503, answer.text
            return taken
        taken += BATCH
    raise AssertionError(f"it is not full after {taken} events")


def until_taken(server: ServerHandle) -> float:
    """Seconds until a batch is taken again."""
    began = time.monotonic()
    while server.send(*(event() for _ in range(BATCH))).status_code != 200:
        assert time.monotonic() - began < PATIENCE, server.said()
        time.sleep(0.1)
    return time.monotonic() - began


def used(server: ServerHandle) -> int:
    return sum(path.stat().st_size for path in server.folder.log.rglob("*") if path.is_file())


def test_a_full_log_refuses_says_when_to_come_back_and_resumes(small: ServerHandle) -> None:
    os.kill(small.children()["load"], signal.SIGSTOP)
    try:
        taken = fill(small)
        refused = small.send(event(), event(properties={"x": "a" * 5_000}))
        account = small.http.get(f"{PATH}/accounting").json()
        report = small.http.get(f"{PATH}/reports/events?bots=true")
        ready = small.http.get("/readyz")
    finally:
        os.kill(small.children()["load"], signal.SIGCONT)

    assert refused.status_code == 503
    assert error(refused)["code"] == "log_full"
    assert int(refused.headers["retry-after"]) >= 1
    assert str(small.folder.root) not in refused.text
    assert used(small) <= CAP
    assert (account["received"], account["waiting"]) == (taken, taken)
    assert (report.status_code, report.json()["meta"]["waiting"]) == (200, taken)
    assert ready.status_code == 200

    assert until_taken(small) < 10
    assert small.http.get(f"{PATH}/reports/events?bots=true").json()["data"]["events"] == (
        taken + BATCH
    )


def test_what_is_loaded_makes_room_for_what_is_new(small: ServerHandle) -> None:
    """More than the cap in a row, though loaded events are kept for a day where there is room."""
    before = small.http.get(f"{PATH}/accounting").json()["received"]
    taken, deadline = 0, time.monotonic() + 2 * PATIENCE
    while taken * 2_000 < CAP:  # most of them are two kilobytes
        assert time.monotonic() < deadline, taken
        taken += fill(small)
        until_taken(small)
        taken += BATCH
    assert used(small) <= CAP

    deadline = time.monotonic() + PATIENCE
    while (account := small.http.get(f"{PATH}/accounting").json())["waiting"]:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert account["stored"] == account["received"] == before + taken
