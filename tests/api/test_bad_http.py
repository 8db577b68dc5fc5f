"""HTTP that no browser speaks: nothing is taken for a request that was none, and there is no 5xx.

Where a framing is unclear, whoever stands in front could read it in another way, so the connection
must end with the answer: what follows in it is never read as a request of its own (`NEXT`).
"""

from collections.abc import Iterator

import pytest

from tests.api.events import event
from tests.api.raw import talk
from tests.api.test_collect import ALL_TAKEN
from tests.services.server import ServerHandle

HEAD = b"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
BODY = b'{"events":[]}'
CHUNKED = b"d\r\n" + BODY + b"\r\n0\r\n\r\n"
NEXT = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
QUIET = 0.5  # seconds after which nothing more is expected


@pytest.fixture(autouse=True)
def _it_still_answers(server: ServerHandle) -> Iterator[None]:
    yield
    assert server.send(event()).content == ALL_TAKEN


UNCLEAR = {
    "both lengths, the body by chunks": b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"0\r\n\r\n",
    "both lengths, the other way round": b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n"
    + CHUNKED,
    "two lengths": b"Content-Length: 13\r\nContent-Length: 5\r\n\r\n" + BODY,
    "a list of lengths": b"Content-Length: 13, 13\r\n\r\n" + BODY,
    "a length with a sign": b"Content-Length: +13\r\n\r\n" + BODY,
    "a length below nothing": b"Content-Length: -1\r\n\r\n" + BODY,
    "a length in hex": b"Content-Length: 0xd\r\n\r\n" + BODY,
    "an unknown coding": b"Transfer-Encoding: xchunked\r\n\r\n" + CHUNKED,
    "a coding behind chunked": b"Transfer-Encoding: chunked, identity\r\n\r\n" + CHUNKED,
    "a space before the colon": b"Content-Length : 13\r\n\r\n" + BODY,
    "a folded line": b"X-A: b\r\n c\r\nContent-Length: 13\r\n\r\n" + BODY,
    "a folded coding": b"Transfer-Encoding:\r\n chunked\r\n\r\n" + CHUNKED,
    "a bare CR": b"X-A: b\rX-B: c\r\nContent-Length: 13\r\n\r\n" + BODY,
    "NUL in a header": b"X-A: a\x00b\r\nContent-Length: 13\r\n\r\n" + BODY,
    "a chunk that ends in a bare LF": b"Transfer-Encoding: chunked\r\n\r\nd\n" + BODY,
    "a chunk without end": b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n" + BODY,
    "a chunk of no length": b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n" + BODY,
}
CLEAR = {
    "one length, said twice": b"Content-Length: 13\r\nContent-Length: 13\r\n\r\n" + BODY,
    "chunks with extensions": b"Transfer-Encoding: chunked\r\n\r\nd;a=b\r\n" + CHUNKED[3:],
    "lines that end in a bare LF": b"X-A: b\nContent-Length: 13\r\n\r\n" + BODY,
}


@pytest.mark.parametrize("rest", [pytest.param(v, id=k) for k, v in UNCLEAR.items()])
def test_after_an_unclear_body_nothing_is_read(server: ServerHandle, rest: bytes) -> None:
    said = talk(server.port, HEAD + rest + NEXT, quiet=QUIET)

    assert said.statuses == [400]
    assert said.closed


@pytest.mark.parametrize("rest", [pytest.param(v, id=k) for k, v in CLEAR.items()])
def test_where_the_body_ends_is_agreed_upon(server: ServerHandle, rest: bytes) -> None:
    """The control: here the next request is one."""
    assert talk(server.port, HEAD + rest + NEXT, quiet=QUIET).statuses == [400, 200]


@pytest.mark.parametrize(
    ("sent", "statuses"),
    [
        pytest.param(b"GET /healthz\r\n\r\n", [400], id="HTTP/0.9"),
        pytest.param(b"\x16\x03\x01\x00\xa5\x01" + b"\x00" * 60, [400], id="TLS"),
        pytest.param(b"G@T /healthz HTTP/1.1\r\nHost: a\r\n\r\n", [400], id="no method"),
        pytest.param(b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n", [400], id="no address"),
        pytest.param(b"GET /%ff%00%0d%0a HTTP/1.1\r\nHost: a\r\n\r\n", [404], id="odd escapes"),
        pytest.param(b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", [414], id="a long address"),
        pytest.param(
            b"GET /healthz HTTP/1.1\r\n" + b"X-A: b\r\n" * 300 + b"\r\n", [431], id="300 headers"
        ),
        pytest.param(
            b"GET /healthz HTTP/1.1\r\nX-A: " + b"a" * (1 << 20) + b"\r\n\r\n",
            [431],
            id="a header of 1 MiB",
        ),
        pytest.param(b"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", [404], id="CONNECT"),
        pytest.param(b"TRACE /v1/events HTTP/1.1\r\nHost: a\r\n\r\n", [405], id="TRACE"),
        pytest.param(HEAD.replace(b"\r\n", b"\r\nHost: b\r\n", 1) + b"\r\n", [400], id="two Hosts"),
        pytest.param(NEXT * 3, [200, 200, 200], id="three at once"),
    ],
)
def test_odd_requests_are_answered(server: ServerHandle, sent: bytes, statuses: list[int]) -> None:
    assert talk(server.port, sent, quiet=QUIET).statuses == statuses


def test_two_hosts_are_none_so_protected_mode_is_off(server: ServerHandle) -> None:
    sent = b'{"events":[{}]}'
    head = HEAD + b"Host: localhost\r\nContent-Length: %d\r\n\r\n" % len(sent)

    assert talk(server.port, head + sent, quiet=QUIET).statuses == [401]
