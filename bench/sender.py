"""A cheap client: prebuilt requests over a few keep-alive connections, from one process.

    python -m bench.sender --port 8000 --key KEY --events 200000 [--per-second 30000]

It builds every request first, prints `ready`, waits for a line on its input, sends, and prints one
line of JSON: when it began and ended (the monotonic clock, which all processes share) and what was
answered. With `--per-second` (events) it sends in time, else as fast as it is answered.
"""

import argparse
import selectors
import socket
import sys
import time
from collections import Counter
from collections.abc import Iterator

import msgspec
from msgspec import Struct

from bench import visits

CONNECTIONS = 8
SIZE = 20
USER_AGENT = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/142.0.0.0 Safari/537.36"
)
# Without a language a request would be flagged as a bot's, and left out of reports.
BROWSER = f"user-agent: {USER_AGENT}\r\naccept-language: de\r\n"


class Sent(Struct, frozen=True):
    """What a run of the sender found."""

    began: float  # seconds, monotonic
    ended: float
    cpu: float  # seconds it used itself, to send and to read
    statuses: dict[str, int]


def main() -> int:
    """Build, wait for the word, send."""
    parser = argparse.ArgumentParser(prog="bench.sender")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--events", type=int, required=True)
    parser.add_argument("--per-second", type=float, default=0.0)
    given = parser.parse_args()
    requests = [
        _request(given.port, body) for body in visits.batches(given.key, given.events, SIZE)
    ]
    print("ready", flush=True)
    if not sys.stdin.readline():
        return 1  # whoever started it has gone
    sent = send(requests, given.port, given.per_second / SIZE)
    sys.stdout.write(msgspec.json.encode(sent).decode() + "\n")
    return 0


def send(requests: list[bytes], port: int, per_second: float) -> Sent:
    """Send `requests`; 0 per second: as fast as they are answered."""
    statuses: Counter[str] = Counter()
    waiting = iter(requests)
    with selectors.DefaultSelector() as selector:
        free = []
        for _ in range(min(CONNECTIONS, len(requests))):
            connection = socket.create_connection(("127.0.0.1", port), 10)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(connection, selectors.EVENT_READ)
            free.append(connection)
        began, used = time.monotonic(), time.process_time()
        due = _due(began, per_second)
        left, answered = len(requests), 0
        while answered < len(requests):
            while free and left:
                pause = next(due) - time.monotonic()
                if pause > 0:
                    time.sleep(pause)
                free.pop().sendall(next(waiting))
                left -= 1
            for key, _ in selector.select(30):
                assert isinstance(key.fileobj, socket.socket)
                statuses[_status(key.fileobj.recv(65536))] += 1
                free.append(key.fileobj)
                answered += 1
        ended, used = time.monotonic(), time.process_time() - used
        for key in list(selector.get_map().values()):
            assert isinstance(key.fileobj, socket.socket)
            key.fileobj.close()
    return Sent(began, ended, used, dict(statuses))


def _due(began: float, per_second: float) -> Iterator[float]:
    number = 0
    while True:
        yield began + (number / per_second if per_second else 0)
        number += 1


def _status(answer: bytes) -> str:
    # The answers are short: they come in one piece.
    if not answer:
        raise ConnectionError("the server closed a connection")
    return answer[9:12].decode()


def _request(port: int, body: bytes) -> bytes:
    head = (
        f"POST /v1/events HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n"
        f"content-type: application/json\r\n{BROWSER}content-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


if __name__ == "__main__":
    sys.exit(main())
