"""What an answer cannot do without: two applications to compare the collecting route with.

    python -m bench.bare durable --port 9000 --log FOLDER
    python -m bench.bare empty --port 9000

`durable` decodes the body into Structs, encodes each event as a line, makes it durable by the same
group commit, and answers. It checks, looks up, scrubs and recognises nothing. `empty` reads the
body and answers. Both are served by the server of the real worker.
"""

import argparse
import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

import msgspec
import uvloop
from msgspec import Raw, Struct

from desirepath.log.base import Draft, Kind
from desirepath.log.sqlite import GroupCommit, claim
from desirepath.parent import die_with_parent
from desirepath.roles.web import listening
from desirepath.settings import load_settings

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"application/json")],
}


class _Device(Struct, gc=False):
    deviceType: str = ""  # noqa: N815
    os: str = ""
    browser: str = ""


class _Event(Struct, gc=False):
    eventId: str  # noqa: N815
    eventType: str  # noqa: N815
    timestamp: int
    sessionId: str  # noqa: N815
    pageUrl: str  # noqa: N815
    tenantId: str | None = None  # noqa: N815
    userId: str | None = None  # noqa: N815
    anonymousId: str | None = None  # noqa: N815
    referrer: str | None = None
    language: str | None = None
    deviceInfo: _Device | None = None  # noqa: N815
    properties: Raw = Raw(b"{}")


class _Body(Struct):
    events: list[_Event]
    sentAt: int = 0  # noqa: N815


def durable(folder: Path) -> Application:
    """Decode, encode, group commit, answer."""
    commit = GroupCommit(claim(folder, reserve_bytes=0))
    decode, encode = msgspec.json.Decoder(_Body).decode, msgspec.json.Encoder().encode
    loop = asyncio.get_running_loop()

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        events = decode(await _read(receive)).events
        drafts = [
            Draft("bare", Kind.EVENT, e.eventId, True, 202611, 20271121, 0, 1, "", encode(e))
            for e in events
        ]
        await commit.submit(drafts, loop)
        await send(_START)
        await send(
            {"type": "http.response.body", "body": b'{"accepted":%d,"rejected":[]}' % len(events)}
        )

    return application


async def empty(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer."""
    await _read(receive)
    await send(_START)
    await send({"type": "http.response.body", "body": b'{"accepted":1,"rejected":[]}'})


async def _read(receive: Receive) -> bytes:
    message = await receive()
    body: bytes = message["body"]
    while message.get("more_body"):
        message = await receive()
        body += message["body"]
    return body


async def _serve(kind: str, port: int, log: Path) -> None:
    application = durable(log) if kind == "durable" else empty
    server = listening(application, load_settings(host="127.0.0.1", port=port))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)
    await server.serve()


def main() -> int:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(prog="bench.bare")
    parser.add_argument("kind", choices=("durable", "empty"))
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--log", type=Path, default=Path("."))
    given = parser.parse_args()
    die_with_parent()
    uvloop.run(_serve(given.kind, given.port, given.log))
    return 0


if __name__ == "__main__":
    sys.exit(main())
