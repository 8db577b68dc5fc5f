"""HTTP/1.1 as far as a ClickHouse client speaks it: reads requests from one socket.

Strict where two readers could disagree about where a request ends: both lengths at once, two
different lengths and folded headers are refused, and the connection is closed.
"""

import socket
from dataclasses import dataclass
from typing import BinaryIO, Self, cast

LINE = 2 << 20  # a request line: bound values may travel in the URL
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


class Pieces:
    """A body in pieces of at most a megabyte. Raises CutOff where it ends too early.

    Not a generator: whoever stops in the middle must not close it, because what is left has to be
    read before the next request.
    """

    def __init__(self, source: BinaryIO, length: int | None) -> None:
        self._from = source
        self._chunked = length is None
        self._left = length or 0  # of the body, or of the chunk that was begun
        self._begun = self._ended = False

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        if self._chunked and not self._left and not self._ended:
            self._next_chunk()
        if not self._left:
            raise StopIteration
        piece = self._from.read(min(self._left, CHUNK))
        if not piece:
            raise CutOff
        self._left -= len(piece)
        return piece

    def _next_chunk(self) -> None:
        if self._begun and self._line(3) not in (b"\r\n", b"\n"):
            raise BadRequest(400, "a chunk does not end where it says")
        size = self._line(1024).partition(b";")[0].strip()
        if not size or size.translate(None, b"0123456789abcdefABCDEF") or len(size) > 15:
            raise BadRequest(400, "a chunk's size is malformed")
        self._left, self._begun = int(size, 16), True
        if not self._left:
            while self._line(HEADERS) not in (b"\r\n", b"\n"):
                pass  # trailers say nothing that is wanted
            self._ended = True

    def _line(self, most: int) -> bytes:
        line = self._from.readline(most)
        if not line:
            raise CutOff
        return line


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

    def body(self, head: Head) -> Pieces:
        """The body of the request that `head` begins."""
        length = head.headers.get("content-length")
        coding = head.headers.get("transfer-encoding", "").lower()
        if length is not None and coding:
            raise BadRequest(400, "both Content-Length and Transfer-Encoding")
        if coding not in ("", "chunked"):
            raise BadRequest(501, f"Transfer-Encoding {coding[:40]!r} is not supported")
        if length is not None and not (length.isascii() and length.isdecimal()):
            raise BadRequest(400, "Content-Length is not a number")
        if "100-continue" in head.headers.get("expect", "").lower() and (coding or length != "0"):
            self.socket.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        return Pieces(self._from, None if coding else int(length or 0))

    def close(self) -> None:
        """Close the connection."""
        self._from.close()
        self.socket.close()
