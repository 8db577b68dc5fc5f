"""One HTTP answer. Small ones leave in a single packet: header and body apart cost 40 ms each.

An answer that was begun cannot change its status. An error after that is told twice, as ClickHouse
does: in a block marked by the header X-ClickHouse-Exception-Tag, and by an end that is missing
(no last chunk, the connection closed), so that no client takes a part for the whole.
"""

import secrets

from desirepath.engine.compression import Compressor, compressor
from desirepath.engine.refusal import Refusal
from desirepath.engine.wire import Head, Wire

_REASONS = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    411: "Length Required",
    413: "Content Too Large",
    414: "URI Too Long",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    501: "Not Implemented",
    503: "Service Unavailable",
}
# Below this, compressing costs more than it saves.
_WORTH_COMPRESSING = 1024
_ONE_PACKET = 1 << 20


class Answer:
    """The answer to one request. `begun`: the status has left."""

    def __init__(self, wire: Wire, head: Head) -> None:
        self._wire = wire
        self._bodiless = head.method == "HEAD"
        self._chunked = head.version == "HTTP/1.1"
        self.keep_alive = head.keep_alive
        self.begun = False
        self.known = False  #: the client has shown a secret
        self.headers: dict[str, str] = {}
        self.encoding = ""
        self._tag = ""
        self._compressor: Compressor | None = None

    def send(self, status: int, body: bytes) -> None:
        """The whole answer at once."""
        if self.encoding and len(body) >= _WORTH_COMPRESSING:
            packed = compressor(self.encoding)
            body = packed.compress(body) + packed.flush()
            self.headers["Content-Encoding"] = self.encoding
        self.headers["Content-Length"] = str(len(body))
        head = self._head(status)
        if self._bodiless:
            body = b""
        if len(body) <= _ONE_PACKET:
            self._wire.socket.sendall(head + body)
        else:
            self._wire.socket.sendall(head)
            self._wire.socket.sendall(body)

    def refuse(self, refusal: Refusal) -> None:
        """Tell `refusal`: as the answer, or at the end of one that was begun."""
        text = refusal.text.encode(errors="backslashreplace")
        if not self.begun:
            self.headers["X-ClickHouse-Exception-Code"] = str(refusal.code)
            self.headers["Content-Type"] = "text/plain; charset=UTF-8"
            self.encoding = ""
            if refusal.status == 503:
                self.headers["Retry-After"] = "1"
            self.send(refusal.status, text + b"\n")
            return
        self.keep_alive = False
        tag = self._tag.encode()
        block = b"\r\n__exception__\r\n%b\r\n%b\n%d %b\r\n__exception__\r\n"
        self._put(block % (tag, text, len(text) + 1, tag))
        if self._compressor is not None:
            self._chunk(self._compressor.flush())

    def begin(self) -> None:
        """Send the head of an answer whose length is not known."""
        self._tag = secrets.token_hex(8)
        self.headers["X-ClickHouse-Exception-Tag"] = self._tag
        if self.encoding:
            self.headers["Content-Encoding"] = self.encoding
            self._compressor = compressor(self.encoding)
        if self._chunked:
            self.headers["Transfer-Encoding"] = "chunked"
        else:
            self.keep_alive = False
        self._wire.socket.sendall(self._head(200))

    def write(self, data: bytes) -> None:
        """Send a piece of a begun answer."""
        if data:
            self._put(data)

    def end(self) -> None:
        """Say that a begun answer is whole."""
        if self._compressor is not None:
            self._chunk(self._compressor.flush())
        if self._chunked:
            self._wire.socket.sendall(b"0\r\n\r\n")

    def _put(self, data: bytes) -> None:
        self._chunk(data if self._compressor is None else self._compressor.compress(data))

    def _chunk(self, data: bytes) -> None:
        if not data or self._bodiless:
            return
        self._wire.socket.sendall(b"%x\r\n%b\r\n" % (len(data), data) if self._chunked else data)

    def _head(self, status: int) -> bytes:
        self.begun = True
        self.headers["Connection"] = "keep-alive" if self.keep_alive else "close"
        lines = [f"HTTP/1.1 {status} {_REASONS.get(status, 'Unknown')}"]
        lines += [f"{name}: {_clean(value)}" for name, value in self.headers.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", errors="replace")


def _clean(value: str) -> str:
    # Some of it came from the client.
    return value.replace("\r", " ").replace("\n", " ")
