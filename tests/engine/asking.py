"""Bare HTTP to an engine, for what a well-behaved client would never send."""

import http.client
import socket
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import urlencode

from tests.services.engine import EngineHandle


@dataclass(frozen=True)
class Said:
    """An answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body, without its last newline."""
        return self.body.decode().removesuffix("\n")

    @property
    def code(self) -> int:
        """ClickHouse's number of the error; 0 where there is none."""
        return int(self.headers.get("X-ClickHouse-Exception-Code", 0))


class Asker:
    """`ask("SELECT 1")`. Raises AssertionError for an error, unless `fails` expects one."""

    def __init__(self, engine: EngineHandle) -> None:
        self.engine = engine
        self._open = ExitStack()
        self._connection = http.client.HTTPConnection(engine.host, engine.port, timeout=60)
        self._open.callback(self._connection.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def __call__(
        self, sql: str | bytes = "", *, secret: str | None = None, **parameters: str
    ) -> str:
        """The text of the answer."""
        said = self.said(sql, secret=secret, parameters=parameters)
        assert said.status == 200, said.text
        return said.text

    def reader(self, sql: str | bytes = "", **parameters: str) -> str:
        """The same with the read secret."""
        return self(sql, secret=self.engine.read_secret, **parameters)

    def fails(self, sql: str | bytes, *, secret: str | None = None, **parameters: str) -> Said:
        """The answer, which is an error."""
        said = self.said(sql, secret=secret, parameters=parameters)
        assert said.status != 200, said.text
        return said

    def said(
        self,
        body: str | bytes | Iterable[bytes] = b"",
        *,
        method: str = "POST",
        secret: str | None = None,
        headers: Mapping[str, str] | None = None,
        parameters: Mapping[str, str] | None = None,
    ) -> Said:
        """The whole answer, whatever it is."""
        if isinstance(body, str):
            body = body.encode()
        key = self.engine.write_secret if secret is None else secret
        self._connection.request(
            method,
            "/?" + urlencode(parameters or {}),
            body,
            {"X-ClickHouse-User": "test", "X-ClickHouse-Key": key, **(headers or {})},
            encode_chunked=not isinstance(body, bytes),
        )
        answer = self._connection.getresponse()
        return Said(answer.status, dict(answer.getheaders()), answer.read())


def raw(engine: EngineHandle, sent: bytes, *, half_close: bool = False) -> bytes:
    """What the engine says to these very bytes, until it closes the connection."""
    with socket.create_connection((engine.host, engine.port), timeout=20) as client:
        client.sendall(sent)
        if half_close:
            client.shutdown(socket.SHUT_WR)
        said = bytearray()
        while piece := client.recv(65536):
            said += piece
        return bytes(said)
