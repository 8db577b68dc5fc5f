"""An answer in JSON, as every route of FastAPI gives it."""

import msgspec
from fastapi import Response

# Of one caller alone, and true for this moment: no cache may keep it, no browser may take it for
# something else.
_HEADERS = {"cache-control": "private, no-store", "x-content-type-options": "nosniff"}


def answer(value: object, status: int = 200) -> Response:
    """`value`, a Struct or what msgspec can encode, as the body."""
    return Response(msgspec.json.encode(value), status, _HEADERS, "application/json")
