"""One JSON error shape for every route: {"error": {"code", "message", "field", "docs"}}.

An answer says no more than its reader may know: paths and addresses of this machine go into the
server's own lines (`_INSIDE`), and of what nobody foresaw, only its kind and its place do, because
its message may hold what was sent.
"""

import time
import traceback
from http import HTTPStatus

import msgspec
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from desirepath import errors
from desirepath.errors import DesirepathError, Refused

DOCS = "/docs/errors#"
SAID_EVERY = 10.0  # seconds between two lines about the same trouble

_log = structlog.get_logger("desirepath.api")


class MethodNotAllowed(Refused):
    """The route takes other methods; `allow` names them."""

    code = "method_not_allowed"

    def __init__(self, message: str, *, allow: str) -> None:
        super().__init__(message)
        self.allow = allow


class UnsupportedMediaType(Refused):
    """The body is of a type that is not read here."""

    code = "unsupported_media_type"


class TooSlow(Refused):
    """The body did not arrive in time."""

    code = "too_slow"

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the body did not arrive within {seconds:g} seconds")


_STATUS: tuple[tuple[type[DesirepathError], int], ...] = (
    (errors.Malformed, 400),
    (errors.TooLarge, 413),
    (errors.Invalid, 422),
    (errors.NotAllowed, 401),
    (errors.NotFound, 404),
    (MethodNotAllowed, 405),
    (TooSlow, 408),
    (UnsupportedMediaType, 415),
    (errors.Refused, 400),
    (errors.TooMany, 429),
    (errors.Unavailable, 503),
)

# Errors whose messages speak of this machine, and what is said instead.
_INSIDE: dict[type[DesirepathError], str] = {
    errors.LogFull: "Events cannot be taken at the moment: there is no room. Send them again.",
    errors.LogBroken: "Events cannot be taken at the moment: the disk refuses. Send them again.",
    errors.LogCorrupt: "A part of the log cannot be read. The server's own lines say which.",
    errors.StoreDown: "The store does not answer. Ask again.",
}
_said: dict[str, float] = {}


def status(exc: DesirepathError) -> int:
    """The HTTP status that says what the caller should do."""
    if isinstance(exc, errors.NotAllowed):
        return 403 if exc.authenticated else 401
    return status_of(type(exc))


def status_of(kind: type[DesirepathError]) -> int:
    """The status of a kind of error; 401 for NotAllowed, which can be 403 as well."""
    return next((number for one, number in _STATUS if issubclass(kind, one)), 500)


def headers(exc: DesirepathError) -> dict[str, str]:
    """Headers that belong to the answer."""
    found = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
    if isinstance(exc, errors.Unavailable):
        found["retry-after"] = str(exc.retry_after)
    if isinstance(exc, errors.NotAllowed) and not exc.authenticated:
        found["www-authenticate"] = "Bearer"
    if isinstance(exc, MethodNotAllowed):
        found["allow"] = exc.allow
    if isinstance(exc, TooSlow | errors.TooLarge):
        # What is left of the body will not be read, so the connection cannot be used again.
        found["connection"] = "close"
    return found


def body(exc: DesirepathError) -> bytes:
    """The error as every client reads it."""
    message = _INSIDE.get(type(exc))
    if message is None:
        return _encode(exc.code, exc.message, exc.field)
    _say(exc)
    return _encode(exc.code, message)


def unforeseen(exc: Exception) -> bytes:
    """The answer to a fault of ours. Writes down where it happened, not what it held."""
    places = [f"{at.filename}:{at.lineno}" for at in traceback.extract_tb(exc.__traceback__)]
    _log.error("a request failed", kind=type(exc).__qualname__, at=places[-5:])
    message = "This is a fault of the server, not of the request. Its own lines say where."
    return _encode(DesirepathError.code, message)


def install(app: FastAPI) -> None:
    """Let the routes of `app` answer every error in this shape: ours, and those of FastAPI."""

    async def known(_: Request, exc: Exception) -> Response:
        assert isinstance(exc, DesirepathError)
        return _response(exc)

    async def by_route(_: Request, exc: Exception) -> Response:
        assert isinstance(exc, HTTPException)
        if exc.status_code == HTTPStatus.NOT_FOUND:
            return _response(errors.NotFound("There is nothing here. /docs shows every route."))
        if exc.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            allow = (exc.headers or {}).get("Allow", "")
            return _response(MethodNotAllowed(f"This route takes {allow}.", allow=allow))
        return _response(Refused(str(exc.detail)), exc.status_code)

    async def by_type(_: Request, exc: Exception) -> Response:
        assert isinstance(exc, RequestValidationError)
        first = exc.errors()[0]
        field = str(first["loc"][min(1, len(first["loc"]) - 1)])
        return _response(errors.Invalid(f"{field}: {first['msg']}", field=field))

    async def unknown(_: Request, exc: Exception) -> Response:
        return Response(unforeseen(exc), 500, media_type="application/json")

    app.add_exception_handler(DesirepathError, known)
    app.add_exception_handler(HTTPException, by_route)
    app.add_exception_handler(RequestValidationError, by_type)
    app.add_exception_handler(Exception, unknown)


def _response(exc: DesirepathError, number: int = 0) -> Response:
    return Response(body(exc), number or status(exc), headers(exc), "application/json")


def _say(exc: DesirepathError) -> None:
    # A flood of refused requests must not become a flood of lines.
    now = time.monotonic()
    if now - _said.get(exc.code, -SAID_EVERY) >= SAID_EVERY:
        _said[exc.code] = now
        _log.warning("requests are refused", code=exc.code, why=exc.message)


def _encode(code: str, message: str, field: str | None = None) -> bytes:
    error = {"code": code, "message": message, "field": field, "docs": DOCS + code}
    return msgspec.json.encode({"error": error})
