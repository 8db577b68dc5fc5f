"""`/docs`: every route, to read and to try out. `/docs/errors`: what each error code means.

Nothing is loaded from another host: Swagger UI comes with a package. The pages run the scripts of
this server alone, none that stands in a page, because they have the origin of the API itself.
"""

from collections.abc import Iterator
from html import escape
from importlib.resources import as_file, files
from inspect import getdoc

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse, HTMLResponse

from desirepath.api import errors
from desirepath.api.services import Services
from desirepath.errors import DesirepathError, Locked, Misconfigured, NotAllowed

#: Errors of the command line, which no route answers.
_AT_START = (Misconfigured, Locked)

#: Swagger UI sets styles on elements and draws its icons from data: addresses.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline';"
    " img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}
_KEPT = {"cache-control": "max-age=86400", "x-content-type-options": "nosniff"}

_ASSETS = files("fastapi_swagger") / "resources"

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" href="data:,">
</head>
<body>
{body}
</body>
</html>
"""
_SWAGGER = """<div id="api"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>"""
_START = """"use strict";
SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#api",
  deepLinking: true,
  tryItOutEnabled: true,
  validatorUrl: null,
});
"""


def routes(_: Services) -> APIRouter:
    """The pages and what they load. They are no part of the API that they describe."""
    router = APIRouter(include_in_schema=False)
    meanings = _page("Errors", _errors())

    @router.get("/docs")
    async def try_out() -> Response:
        return HTMLResponse(_page("desirepath: the API", _SWAGGER), headers=_HEADERS)

    @router.get("/docs/errors")
    async def explain_errors() -> Response:
        return HTMLResponse(meanings, headers=_HEADERS)

    @router.get("/docs/start.js")
    async def start() -> Response:
        return Response(_START, headers=_KEPT, media_type="text/javascript")

    @router.get("/docs/swagger-ui-bundle.js")
    async def script() -> Response:
        return _asset("swagger-ui-bundle.js", "text/javascript")

    @router.get("/docs/swagger-ui.css")
    async def style() -> Response:
        return _asset("swagger-ui.css", "text/css")

    return router


def _asset(name: str, kind: str) -> Response:
    with as_file(_ASSETS / name) as path:
        return FileResponse(path, headers=_KEPT, media_type=kind)


def _page(title: str, body: str) -> str:
    return _PAGE.format(title=escape(title), body=body)


def _errors() -> str:
    kinds = [kind for kind in _kinds(DesirepathError) if kind not in _AT_START]
    found = sorted(kinds, key=lambda kind: kind.code)
    parts = ['<main class="swagger-ui"><h1>Errors</h1>']
    for kind in found:
        status = "401 or 403" if kind is NotAllowed else errors.status_of(kind)
        parts.append(f'<h2 id="{kind.code}"><code>{kind.code}</code></h2>')
        meaning = (getdoc(kind) or "").partition("\n")[0]
        parts.append(f"<p>{status}. {escape(meaning)}</p>")
    return "\n".join([*parts, "</main>"])


def _kinds(kind: type[DesirepathError]) -> Iterator[type[DesirepathError]]:
    yield kind
    for one in kind.__subclasses__():
        yield from _kinds(one)
