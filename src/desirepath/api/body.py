"""Read a request body: limits kept while reading, one layer of gzip, bounded memory."""

import zlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from desirepath.errors import Malformed, TooLarge

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

_GZIP = 16 + zlib.MAX_WBITS


async def read(receive: Receive, limit: int) -> bytes:
    """The body as sent. Raises TooLarge as soon as it is over `limit`, Malformed where it ends
    before it said it would."""
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            # Gone, or of a framing that makes no sense: whoever is still there learns of it.
            raise Malformed("the body broke off before its end")
        part: bytes = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise _too_large(limit)
        more = message.get("more_body", False)
        if not more and not parts:
            return part
        parts.append(part)
    return b"".join(parts)


def inflate(body: bytes, encoding: str, limit: int) -> bytes:
    """Undo one `Content-Encoding`. Never makes more than `limit` + 1 bytes."""
    if encoding in ("", "identity"):
        return body
    if encoding.lower() not in ("gzip", "x-gzip"):
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
    return TooLarge(f"the body is over {limit} bytes: send less in one request")
