"""Read a request body: limits kept while reading, one layer of gzip, bounded memory."""

import zlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from desirepath.errors import Malformed, TooLarge

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

_GZIP = 16 + zlib.MAX_WBITS


class Disconnected(Exception):
    """The client went away before its body was complete. Nobody is there to answer."""


async def read(receive: Receive, limit: int) -> bytes:
    """The body as sent. Raises TooLarge as soon as it is over `limit`."""
    message = await receive()
    if message["type"] == "http.disconnect":
        raise Disconnected
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        if len(body) > limit:
            raise _too_large(limit)
        return body
    parts, size = [body], len(body)
    while True:
        if size > limit:
            raise _too_large(limit)
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        part = message.get("body", b"")
        size += len(part)
        parts.append(part)
        if not message.get("more_body"):
            break
    if size > limit:
        raise _too_large(limit)
    return b"".join(parts)


def inflate(body: bytes, encoding: str, limit: int) -> bytes:
    """Undo one `Content-Encoding`. Never makes more than `limit` + 1 bytes."""
    if encoding in ("", "identity"):
        return body
    if encoding not in ("gzip", "x-gzip"):
        raise Malformed(
            f"Content-Encoding {encoding[:40]!r} is not read here: send gzip, or nothing",
            field="Content-Encoding",
        )
    inflater = zlib.decompressobj(_GZIP)
    try:
        plain = inflater.decompress(body, limit + 1)
    except zlib.error as exc:
        raise Malformed(f"the body is not gzip: {exc}") from exc
    if len(plain) > limit or inflater.unconsumed_tail:
        raise _too_large(limit)
    if not inflater.eof:
        raise Malformed("the gzip body ends too early: it was cut off on its way")
    if inflater.unused_data:
        raise Malformed("something follows the gzip body: send one gzip member")
    return plain


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"the body is over {limit} bytes: send fewer events in one request")
