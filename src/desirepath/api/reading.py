"""Read a JSON body for the routes of FastAPI: bounded, typed, with an error that says where."""

import asyncio
from typing import Any

import msgspec
from fastapi import Request

from desirepath.api import body
from desirepath.api.errors import TooSlow, UnsupportedMediaType
from desirepath.api.services import Services
from desirepath.errors import Invalid, Malformed

MOST_BYTES = 64 * 1024
_JSON = "application/json"


async def read_json(services: Services, request: Request, kind: Any) -> Any:
    """The body as `kind`. Raises UnsupportedMediaType, TooSlow, TooLarge, Malformed, or Invalid
    with the field."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _JSON:
        # A form on another site can send text/plain unasked, but not this.
        raise UnsupportedMediaType(f"send Content-Type: {_JSON}", field="Content-Type")
    seconds = services.settings.request_seconds
    try:
        async with asyncio.timeout(seconds):
            sent = await body.read(request.receive, MOST_BYTES)
    except TimeoutError:
        raise TooSlow(seconds) from None
    try:
        return msgspec.json.decode(sent, type=kind)
    except msgspec.ValidationError as exc:
        text, _, path = str(exc).partition(" - at `$.")
        raise Invalid(text, field=path.rstrip("`") or None) from exc
    except (msgspec.DecodeError, RecursionError) as exc:
        raise Malformed(f"the body is not JSON: {exc}") from exc
