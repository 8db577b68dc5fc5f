"""HTTP/1.1 as far as a ClickHouse client speaks it: reads requests from one socket.

Strict where two readers could disagree about where a request ends: both lengths at once, two
different lengths and folded headers are refused, and the connection is closed.
"""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, cast

LINE = 1 << 20  # a request line: bound parameters may travel in the URL
HEADERS = 128 << 10
CHUNK = 1 << 20


class BadRequest(Exception):
    """What came is no HTTP that this server reads; the connection is closed after the answer."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class CutOff(Exception):
    """The client went away in the middle of a request."""


@dataclass(slots=True)
class Head:
    """The request line and the headers, names in lower case."""

    method: str
    target: str
    version: str
    headers: dict[str, str]

    @property
    def keep_alive(self) -> bool:
        """The client wants to send more requests on this connection."""
        wish = self.headers.get("connection", "").lower()
        return "close" not in wish if self.version == "HTTP/1.1" else "keep-alive" in wish


class Wire:
    """One client's connection. Not shared between threads."""

    def __init__(self, client: socket.socket) -> None:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = client
        self._from = cast(BinaryIO, client.makefile("rb", 1 << 16))

    def head(self) -> Head | None:
        """The next request's head; None where the client closed the connection before one."""
        line = self._from.readline(LINE)
        while line in (b"\r\n", b"\n"):
            line = self._from.readline(LINE)
        if not line:
            return None
        if not line.endswith(b"\n"):
            raise BadRequest(414, f"the request line is over {LINE} bytes, or cut off")
        parts = line.decode("latin-1").split()
        if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
            raise BadRequest(400, "this is not an HTTP/1.1 request")
        return Head(parts[0].upper(), parts[1], parts[2], self._headers())

    def _headers(self) -> dict[str, str]:
        headers: dict[str, str] = {}
        left = HEADERS
        while True:
            line = self._from.readline(left)
            left -= len(line)
            if line in (b"\r\n", b"\n"):
                return headers
            if not line.endswith(b"\n"):
                raise BadRequest(431, f"the headers are over {HEADERS} bytes, or cut off")
            name, colon, value = line.decode("latin-1").partition(":")
            name = name.lower()
            if not colon or not name or name != name.strip():
                raise BadRequest(400, "a header line is malformed")
            value = value.strip()
            if (
                name in ("content-length", "transfer-encoding")
                and headers.get(name, value) != value
            ):
                raise BadRequest(400, f"two different {name} headers")
            headers[name] = value

    def body(self, head: Head) -> Iterator[bytes]:
        """The body in pieces of at most a megabyte. Raises CutOff where it ends too early."""
        length = head.headers.get("content-length")
        coding = head.headers.get("transfer-encoding", "").lower()
        if length is not None and coding:
            raise BadRequest(400, "both Content-Length and Transfer-Encoding")
        if coding not in ("", "chunked"):
            raise BadRequest(501, f"Transfer-Encoding {coding[:40]!r} is not supported")
        if length is not None and not length.isdecimal():
            raise BadRequest(400, "Content-Length is not a number")
        if "100-continue" in head.headers.get("expect", "").lower() and (coding or length != "0"):
            self.socket.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        return self._chunks() if coding else self._exactly(int(length or 0))

    def _exactly(self, length: int) -> Iterator[bytes]:
        while length > 0:
            piece = self._from.read(min(length, CHUNK))
            if not piece:
                raise CutOff
            length -= len(piece)
            yield piece

    def _chunks(self) -> Iterator[bytes]:
        while True:
            line = self._from.readline(1024)
            if not line.endswith(b"\n"):
                raise CutOff
            try:
                size = int(line.split(b";")[0].strip() or b"-", 16)
            except ValueError:
                raise BadRequest(400, "a chunk's size is malformed") from None
            if size < 0:
                raise BadRequest(400, "a chunk's size is malformed")
            if size == 0:
                while (line := self._from.readline(HEADERS)) not in (b"\r\n", b"\n"):
                    if not line:
                        raise CutOff
                return
            yield from self._exactly(size)
            if self._from.readline(3) not in (b"\r\n", b"\n"):
                raise BadRequest(400, "a chunk does not end where it says") if line else CutOff

    def close(self) -> None:
        """Close the connection."""
        self._from.close()
        self.socket.close()
