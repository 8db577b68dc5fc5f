"""HTTP that a well-behaved client would never send."""

import socket
import time

import pytest

from desirepath.engine import wire
from tests.engine.asking import Asker, raw
from tests.services.engine import EngineHandle


def _head(engine: EngineHandle, *lines: str, line: str = "POST / HTTP/1.1") -> bytes:
    key = f"X-ClickHouse-Key: {engine.write_secret}"
    return "\r\n".join([line, key, *lines, "", ""]).encode()


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (["Content-Length: 8", "Transfer-Encoding: chunked"], 400),
        (["Content-Length: 8", "Content-Length: 9"], 400),
        (["Content-Length: +8"], 400),
        (["Content-Length: -8"], 400),
        (["Content-Length: 8 8"], 400),
        (["Content-Length: ٨"], 400),
        (["Transfer-Encoding: gzip, chunked"], 501),
        (["Transfer-Encoding: identity", "Transfer-Encoding: chunked"], 400),
        (["Content-Length : 8"], 400),
        ([" folded: header"], 400),
        (["no colon"], 400),
        ([": no name"], 400),
        ([f"X-Long: {'x' * (wire.HEADERS + 10)}"], 431),
    ],
)
def test_what_two_readers_could_read_differently(
    engine: EngineHandle, lines: list[str], status: int
) -> None:
    said = raw(engine, _head(engine, *lines) + b"SELECT 1")

    assert said.startswith(f"HTTP/1.1 {status} ".encode()), said[:200]
    assert b"Connection: close" in said
    assert said.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("POST /", 400),
        ("nonsense", 400),
        ("POST / FTP/1.1", 400),
        ("POST / HTTP/2", 400),
        ("PUT / HTTP/1.1", 405),
        ("DELETE / HTTP/1.1", 405),
        ("POST /play HTTP/1.1", 404),
        ("POST /../ping HTTP/1.1", 404),
    ],
)
def test_what_is_not_for_this_server(engine: EngineHandle, line: str, status: int) -> None:
    said = raw(engine, _head(engine, "Content-Length: 8", line=line) + b"SELECT 1")

    assert said.startswith(f"HTTP/1.1 {status} ".encode()), said[:200]


def test_a_line_without_an_end(engine: EngineHandle) -> None:
    said = raw(engine, b"GET /?query=" + b"x" * (wire.LINE + 10))

    assert said.startswith(b"HTTP/1.1 414 ")


@pytest.mark.parametrize("body", [b"zz\r\n", b"-5\r\n", b"\r\n", b"8\r\nSELECT 1XX\r\n0\r\n\r\n"])
def test_malformed_chunks(engine: EngineHandle, body: bytes) -> None:
    said = raw(engine, _head(engine, "Transfer-Encoding: chunked") + body)

    assert said.startswith(b"HTTP/1.1 400 ")


def test_chunks_of_any_size_are_one_body(engine: EngineHandle) -> None:
    chunks = b"".join(b"1;extension=x\r\n%c\r\n" % byte for byte in b"SELECT 41 + 1")
    head = _head(engine, "Transfer-Encoding: chunked", "Connection: close")

    said = raw(engine, head + chunks + b"0\r\nTrailer: x\r\n\r\n")

    assert said.endswith(b"\r\n\r\n42\n")


def test_requests_one_behind_another(engine: EngineHandle) -> None:
    one = _head(engine, "Content-Length: 8") + b"SELECT 1"
    two = _head(engine, "Content-Length: 8", "Connection: close") + b"SELECT 2"

    said = raw(engine, one + b"\r\n" + two)

    assert [part.rpartition(b"\r\n\r\n")[2] for part in said.split(b"HTTP/1.1 200 OK")[1:]] == [
        b"1\n",
        b"2\n",
    ]


def test_after_a_refusal_the_connection_goes_on(engine: EngineHandle) -> None:
    wrong = b"POST / HTTP/1.1\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100_000
    right = _head(engine, "Content-Length: 8", "Connection: close") + b"SELECT 1"

    said = raw(engine, wrong + right)

    assert said.startswith(b"HTTP/1.1 403 ")
    assert said.endswith(b"\r\n\r\n1\n")


@pytest.mark.parametrize("chunked", [False, True])
def test_what_was_not_read_of_a_request_is_no_request(engine: EngineHandle, chunked: bool) -> None:
    """A body that is given up in the middle (here: it is no gzip) holds another request."""
    hidden = _head(engine, "Content-Length: 8") + b"SELECT 7" + b"x" * 3_000_000
    if chunked:
        lines, body = ["Transfer-Encoding: chunked"], b"%x\r\n%b\r\n0\r\n\r\n"
        body %= (len(hidden), hidden)
    else:
        lines, body = [f"Content-Length: {len(hidden)}"], hidden
    last = _head(engine, "Content-Length: 8", "Connection: close") + b"SELECT 1"

    said = raw(engine, _head(engine, "Content-Encoding: gzip", *lines) + body + last)

    assert said.count(b"HTTP/1.1 ") == 2
    assert b"X-ClickHouse-Exception-Code: 271" in said
    assert said.endswith(b"\r\n\r\n1\n")


def test_expect_continue(engine: EngineHandle) -> None:
    with socket.create_connection((engine.host, engine.port), timeout=10) as client:
        client.sendall(
            _head(engine, "Content-Length: 8", "Expect: 100-continue", "Connection: close")
        )
        assert client.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"SELECT 1")
        assert client.recv(1000).startswith(b"HTTP/1.1 200 OK\r\n")


def test_head_has_no_body(engine: EngineHandle) -> None:
    line = "HEAD /?query=SELECT+1 HTTP/1.1"

    said = raw(engine, _head(engine, "Connection: close", line=line))

    assert said.startswith(b"HTTP/1.1 200 ")
    assert said.endswith(b"\r\n\r\n")


def test_what_a_client_says_does_not_become_a_header(ask: Asker) -> None:
    said = ask.said("SELECT 1", parameters={"query_id": "a\r\nX-Evil: 1"})

    assert "X-Evil" not in said.headers
    assert said.headers["X-ClickHouse-Query-Id"] == "a  X-Evil: 1"


def test_small_answers_leave_in_one_packet(engine: EngineHandle) -> None:
    with socket.create_connection((engine.host, engine.port), timeout=10) as client:
        for _ in range(5):
            client.sendall(_head(engine, "Content-Length: 8") + b"SELECT 1")
            assert client.recv(65536).endswith(b"\r\n\r\n1\n")


def test_too_many_connections_are_refused_and_others_go_on(
    engine: EngineHandle, ask: Asker
) -> None:
    assert ask("SELECT 1") == "1"
    idle = [socket.create_connection((engine.host, engine.port), timeout=10) for _ in range(140)]
    try:
        time.sleep(0.2)
        with socket.create_connection((engine.host, engine.port), timeout=10) as late:
            assert late.recv(1000).startswith(b"HTTP/1.1 503 ")
        assert ask("SELECT 2") == "2"
    finally:
        for client in idle:
            client.close()
    time.sleep(0.2)
    assert raw(engine, b"GET /ping HTTP/1.0\r\n\r\n").endswith(b"Ok.\n")


def test_a_refused_upload_is_not_read_to_its_end(engine: EngineHandle) -> None:
    head = b"POST / HTTP/1.1\r\nX-ClickHouse-Key: guess\r\nContent-Length: 1000000000000\r\n\r\n"
    with socket.create_connection((engine.host, engine.port), timeout=20) as client:
        client.sendall(head)
        assert client.recv(100).startswith(b"HTTP/1.1 403 ")
        with pytest.raises(ConnectionError):
            client.sendall(bytes(200 << 20))
