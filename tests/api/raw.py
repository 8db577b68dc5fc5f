"""Bytes on a socket, as no client library would send them."""

import re
import select
import socket
import time
from typing import NamedTuple

#: Of a server that answers at all; a test that waits this long has found something.
PATIENCE = 20.0


class Said(NamedTuple):
    """What came back until the server closed, or said nothing more for `quiet` seconds."""

    text: bytes
    closed: bool
    seconds: float

    @property
    def statuses(self) -> list[int]:
        """The status of each answer, in order."""
        # An answer begins right behind the body of the one before it.
        return [int(found) for found in re.findall(rb"HTTP/1\.1 (\d{3}) ", self.text)]


def talk(port: int, sent: bytes, *, quiet: float = PATIENCE) -> Said:
    """Send `sent`, and read until the server closes or is quiet."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
        began = time.monotonic()
        connection.sendall(sent)
        text, closed = _read(connection, quiet)
        return Said(text, closed, time.monotonic() - began)


def flood(port: int, head: bytes, piece: bytes, most: int) -> tuple[Said, int]:
    """Send `head`, then `piece` again and again up to `most` bytes, until the server has had
    enough; also how many bytes it let through."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
        connection.sendall(head)
        connection.setblocking(False)
        began, sent, text = time.monotonic(), 0, b""
        while sent < most and time.monotonic() - began < PATIENCE:
            readable, writable, _ = select.select([connection], [connection], [], PATIENCE)
            try:
                if readable:
                    got = connection.recv(65_536)
                    text += got
                    if not got:
                        break
                if writable:
                    sent += connection.send(piece)
            except ConnectionError:
                break  # it will not read on
        return Said(text, True, time.monotonic() - began), sent


def _read(connection: socket.socket, quiet: float) -> tuple[bytes, bool]:
    connection.settimeout(quiet)
    text = b""
    while True:
        try:
            got = connection.recv(65_536)
        except TimeoutError:
            return text, False
        except ConnectionError:
            return text, True
        if not got:
            return text, True
        text += got
