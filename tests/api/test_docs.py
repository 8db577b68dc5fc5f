"""`/docs` works without any other host, and its pages run no script that stands in them."""

import json
import re
from html.parser import HTMLParser
from typing import Any, cast

import pytest

from desirepath import errors as tree
from desirepath.api import app as application
from desirepath.api import errors, examples
from desirepath.api.services import Services
from desirepath.errors import DesirepathError
from tests.services.server import ServerHandle

PAGES = ["/docs", "/docs/errors"]


class Parts(HTMLParser):
    """What a page loads, and the ids in it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.ids: list[str] = []
        self.inline = ""
        self._in_script = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._in_script = tag in ("script", "style")
        self.ids += [given["id"] or ""] if "id" in given else []
        if tag in ("script", "link", "img", "iframe"):
            self.loaded.append(given.get("src") or given.get("href") or "")
        assert not [name for name in given if name.startswith("on")]

    def handle_data(self, data: str) -> None:
        if self._in_script:
            self.inline += data.strip()


@pytest.mark.parametrize("page", PAGES)
def test_a_page_loads_from_here_alone(server: ServerHandle, page: str) -> None:
    answer = server.http.get(page)
    parts = Parts(answer.text)

    assert answer.status_code == 200
    assert parts.inline == ""
    for path in parts.loaded:
        assert path == "data:," or path.startswith("/")
        if path.startswith("/"):
            got = server.http.get(path)
            assert got.status_code == 200
            assert got.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("page", PAGES)
def test_a_page_may_run_nothing_else(server: ServerHandle, page: str) -> None:
    policy = server.http.get(page).headers["content-security-policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))

    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == "'self'"
    assert rules["frame-ancestors"] == "'none'"
    assert not re.search(r"https?:|\*", policy)


def test_the_page_shows_the_document(server: ServerHandle) -> None:
    start = server.http.get("/docs/start.js").text
    (address,) = re.findall(r'url: "(.*)"', start)

    assert "/v1/events" in server.http.get(address).json()["paths"]


def test_every_error_leads_to_its_explanation(server: ServerHandle) -> None:
    page, _, code = server.http.get("/nothing").json()["error"]["docs"].partition("#")

    ids = Parts(server.http.get(page).text).ids
    assert code in ids
    for module in (tree, errors):
        for kind in vars(module).values():
            if isinstance(kind, type) and issubclass(kind, DesirepathError):
                assert (kind.code in ids) == (kind not in (tree.Locked, tree.Misconfigured))


def operations(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method} {path}", operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def test_the_document_says_how_every_route_fails(server: ServerHandle) -> None:
    document = server.http.get("/openapi.json").json()

    assert len(operations(document)) > 20
    for name, operation in operations(document):
        assert operation["responses"]["default"]["$ref"].endswith("/Failure"), name
    shape = document["components"]["schemas"]["Problem"]
    assert set(shape["required"]) == {"code", "message", "field", "docs"}


def test_the_example_in_the_document_is_taken(server: ServerHandle) -> None:
    document = server.http.get("/openapi.json").json()
    sent = document["paths"]["/v1/events"]["post"]["requestBody"]["content"]["application/json"]

    assert sent["example"] == json.loads(json.dumps(examples.TRACKFLOW))
    assert server.http.post("/v1/events", json=sent["example"]).json() == {
        "accepted": 4,
        "rejected": [],
    }


def test_everything_that_is_served_is_in_the_document(server: ServerHandle) -> None:
    """But the pages themselves: they are no part of the API."""
    described = set(server.http.get("/openapi.json").json()["paths"])
    served = {
        str(getattr(route, "path", ""))
        for room in application.ROOMS
        for route in room.routes(cast(Services, None)).routes
    }

    assert {path for path in served - described if not path.startswith("/docs")} == set()
    assert described - served == {"/v1/events"}
