"""Senders that are slow or say nothing: each is ended in time, and the others notice nothing.

The server gives one second instead of fifteen. Deadlines are kept to within a second more.
"""

import resource
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import psutil
import pytest

from tests.api.events import event
from tests.api.raw import PATIENCE, Said, talk
from tests.api.test_collect import ALL_TAKEN
from tests.services.server import ServerHandle, start_server

GIVEN = 1.0
#: The sweep of deadlines comes once a second; the rest is for a machine that is busy.
AT_MOST = GIVEN + 1 + 3
SEND = b"POST /v1/events HTTP/1.1\r\nHost: localhost\r\n"
ASK = (
    b"POST /api/v1/projects/default/reports/events HTTP/1.1\r\nHost: localhost\r\n"
    b"Content-Type: application/json\r\n"
)
IDLE = 1_500


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerHandle]:
    folder = tmp_path_factory.mktemp("impatient") / "data"
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # What most systems begin with is not enough for what is tried here; the server asks for more.
    resource.setrlimit(resource.RLIMIT_NOFILE, (1_024, hard))
    try:
        running = start_server(folder, request_seconds=str(GIVEN))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 4 * IDLE), hard))
    with running:
        yield running
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture(autouse=True)
def _it_still_answers(impatient: ServerHandle) -> Iterator[None]:
    yield
    # A connection of its own: this server closes those that rest.
    assert impatient.send(event(), Connection="close").content == ALL_TAKEN


def drip(port: int, head: bytes, byte: bytes) -> Said:
    """Send `head`, and then one byte every tenth of a second for as long as it is taken."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
        began, text, closed = time.monotonic(), b"", False
        connection.sendall(head)
        connection.settimeout(0.1)
        while not closed and time.monotonic() - began < PATIENCE:
            try:
                connection.sendall(byte)
                got = connection.recv(65_536)
            except TimeoutError:
                continue
            except ConnectionError:
                break
            closed = not got
            text += got
        return Said(text, closed, time.monotonic() - began)


@pytest.mark.parametrize(
    ("head", "byte"),
    [
        pytest.param(SEND + b"Content-Length: 1000\r\n\r\n", b" ", id="events"),
        pytest.param(SEND + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n", id="in chunks"),
        pytest.param(ASK + b"Content-Length: 1000\r\n\r\n", b" ", id="a report"),
    ],
)
def test_a_slow_body_is_ended(impatient: ServerHandle, head: bytes, byte: bytes) -> None:
    said = drip(impatient.port, head, byte)

    assert said.statuses == [408]
    assert b'"code":"too_slow"' in said.text
    assert b"connection: close" in said.text
    assert GIVEN <= said.seconds < AT_MOST


def test_a_body_that_never_comes_is_ended(impatient: ServerHandle) -> None:
    said = talk(impatient.port, SEND + b"Content-Length: 10\r\n\r\n")

    assert said.statuses == [408]
    assert said.closed
    assert said.seconds < AT_MOST


@pytest.mark.parametrize("path", ["/api/v1/projects", "/api/v1/projects/default/keys"])
def test_without_a_key_a_body_is_not_even_waited_for(impatient: ServerHandle, path: str) -> None:
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n".encode()

    said = talk(impatient.port, head + b"Content-Type: application/json\r\n\r\n", quiet=GIVEN / 2)

    assert said.statuses == [401]


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(SEND + b"X-A: b\r\n", id="half a head"),
        pytest.param(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", id="one request and no other"),
    ],
)
def test_who_says_nothing_more_is_cut_off(impatient: ServerHandle, sent: bytes) -> None:
    said = talk(impatient.port, sent)

    assert said.closed
    assert said.seconds < AT_MOST


def test_a_slow_head_is_ended(impatient: ServerHandle) -> None:
    said = drip(impatient.port, SEND, b"X")

    assert said.statuses in ([], [408])
    assert said.seconds < AT_MOST


def test_many_that_say_nothing_hold_up_nobody(impatient: ServerHandle) -> None:
    web = psutil.Process(impatient.children()["web"])
    assert web.rlimit(psutil.RLIMIT_NOFILE)[0] > IDLE
    with ExitStack() as idle:
        for _ in range(IDLE):
            connection = socket.create_connection(("127.0.0.1", impatient.port), PATIENCE)
            idle.enter_context(connection)
        waited = []
        for _ in range(20):
            began = time.monotonic()
            assert impatient.send(event(), Connection="close").content == ALL_TAKEN
            waited.append(time.monotonic() - began)
        assert sorted(waited)[10] < 1
        assert max(waited) < AT_MOST


def test_slow_bodies_hold_up_nobody(impatient: ServerHandle) -> None:
    with ThreadPoolExecutor(50) as pool:
        head = SEND + b"Content-Length: 1000\r\n\r\n"
        slow = [pool.submit(drip, impatient.port, head, b" ") for _ in range(50)]
        began = time.monotonic()
        for _ in range(10):
            assert impatient.send(event(), Connection="close").content == ALL_TAKEN
        assert time.monotonic() - began < AT_MOST
        assert [one.result().statuses for one in slow] == [[408]] * 50
