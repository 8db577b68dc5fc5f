"""One keep-alive connection, for measurements where a client library's own time would show."""

import socket
import time
from types import TracebackType
from typing import Self
from urllib.parse import urlencode

from bench.sender import BROWSER


class Client:
    """Raises OSError where nobody listens or the server goes away."""

    def __init__(self, port: int, *, timeout: float = 30.0) -> None:
        self._port = port
        self._socket = socket.create_connection(("127.0.0.1", port), timeout)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def post(self, path: str, body: bytes) -> tuple[int, bytes]:
        """Status and body of the answer."""
        head = (
            f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1:{self._port}\r\n"
            f"content-type: application/json\r\n{BROWSER}"
            f"content-length: {len(body)}\r\n\r\n"
        )
        return self._ask(head.encode() + body)

    def get(self, path: str, **parameters: str) -> tuple[int, bytes]:
        """Status and body of the answer."""
        query = f"?{urlencode(parameters)}" if parameters else ""
        head = f"GET {path}{query} HTTP/1.1\r\nhost: 127.0.0.1:{self._port}\r\n\r\n"
        return self._ask(head.encode())

    def close(self) -> None:
        """Give the connection back."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _ask(self, request: bytes) -> tuple[int, bytes]:
        self._socket.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self._more()
        head, _, body = answer.partition(b"\r\n\r\n")
        length = next(
            int(line.partition(b":")[2])
            for line in head.lower().splitlines()
            if line.startswith(b"content-length:")
        )
        while len(body) < length:
            body += self._more()
        return int(head[9:12]), body

    def _more(self) -> bytes:
        found = self._socket.recv(1 << 16)
        if not found:
            raise ConnectionError("the server closed the connection")
        return found


def answered(port: int, ask: str, *, seconds: float, body: bytes = b"") -> float:
    """When `ask` was first answered with 200 (seconds, monotonic): GET, or POST with a `body`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            with Client(port) as client:
                status, _ = client.post(ask, body) if body else client.get(ask)
                if status == 200:
                    return time.monotonic()
        except OSError:
            pass  # not there yet
        time.sleep(0.005)
    raise TimeoutError(f"{ask} was not answered with 200 in {seconds} s")
