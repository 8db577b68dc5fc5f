"""Read a JSON body for the routes of FastAPI: bounded, typed, with an error that says where."""

from typing import Any

import msgspec
from fastapi import Request

from desirepath.errors import Invalid, Malformed, TooLarge

MOST_BYTES = 64 * 1024


async def read_json(request: Request, kind: Any) -> Any:
    """The body as `kind`. Raises Malformed, TooLarge, or Invalid with the field."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        # A form on another site can send text/plain unasked, but not this.
        raise Malformed("send Content-Type: application/json", field="Content-Type")
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            raise TooLarge(f"the body is over {MOST_BYTES} bytes")
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as exc:
        text, _, path = str(exc).partition(" - at `$.")
        raise Invalid(text, field=path.rstrip("`") or None) from exc
    except (msgspec.DecodeError, RecursionError) as exc:
        raise Malformed(f"the body is not JSON: {exc}") from exc
