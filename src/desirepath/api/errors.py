"""One JSON error shape for every route: {"error": {"code", "message", "field", "docs"}}."""

import msgspec

from desirepath import errors
from desirepath.errors import DesirepathError

_STATUS: tuple[tuple[type[DesirepathError], int], ...] = (
    (errors.Malformed, 400),
    (errors.TooLarge, 413),
    (errors.Invalid, 422),
    (errors.NotFound, 404),
    (errors.Refused, 400),
    (errors.TooMany, 429),
    (errors.Unavailable, 503),
)

DOCS = "/docs/errors#"


def status(exc: DesirepathError) -> int:
    """The HTTP status that says what the caller should do."""
    if isinstance(exc, errors.NotAllowed):
        return 403 if exc.authenticated else 401
    for kind, number in _STATUS:
        if isinstance(exc, kind):
            return number
    return 500


def headers(exc: DesirepathError) -> dict[str, str]:
    """Headers that belong to the answer."""
    found = {"content-type": "application/json", "cache-control": "no-store"}
    if isinstance(exc, errors.Unavailable):
        found["retry-after"] = str(exc.retry_after)
    if isinstance(exc, errors.NotAllowed) and not exc.authenticated:
        found["www-authenticate"] = "Bearer"
    return found


def body(exc: DesirepathError) -> bytes:
    """The error as every client reads it."""
    return encode(exc.code, exc.message, exc.field)


def encode(code: str, message: str, field: str | None = None) -> bytes:
    """An error of this code, said in these words."""
    error = {"code": code, "message": message, "field": field, "docs": DOCS + code}
    return msgspec.json.encode({"error": error})
