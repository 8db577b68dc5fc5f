"""Every route answers errors in the one shape, whoever found them: ours, FastAPI's or nobody."""

import asyncio

import httpx
import pytest
from fastapi import FastAPI

from desirepath import errors as tree
from desirepath.api import errors
from desirepath.api.app import build
from desirepath.errors import DesirepathError
from tests.api.shop import Shop
from tests.api.test_collect import error
from tests.meta.application import services
from tests.services.server import ServerHandle


@pytest.mark.parametrize(
    "path", ["/", "/nothing", "/api/v1/nothing", "/v1/events/", "/api/v1/projects/", "/docs/x"]
)
def test_where_nothing_is(server: ServerHandle, path: str) -> None:
    answer = server.http.get(path)

    assert answer.status_code == 404
    assert error(answer)["code"] == "not_found"


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("POST", "/healthz", "GET"),
        ("DELETE", "/api/v1/projects/default/accounting", "GET"),
        ("PUT", "/api/v1/projects/default/reports/traffic", "GET"),
    ],
)
def test_a_wrong_method(server: ServerHandle, method: str, path: str, allow: str) -> None:
    answer = server.http.request(method, path)

    assert answer.status_code == 405
    assert error(answer)["code"] == "method_not_allowed"
    assert allow in answer.headers["allow"]


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/rejected?limit=0", "limit"),
        ("/rejected?limit=many", "limit"),
        ("/rejected?since=soon", "since"),
        ("/accounting?since=", "since"),
        ("/reports/traffic?nothing=1", "nothing"),
        ("/reports/traffic?consistency=strikt", "consistency"),
        ("/reports/traffic?where=x", "where"),
        ("/reports/events?since=%00", "since"),
        ("/reports/events?limit=-1", "limit"),
    ],
)
def test_a_wrong_parameter_is_named(server: ServerHandle, path: str, field: str) -> None:
    answer = server.http.get(f"/api/v1/projects/default{path}")

    assert answer.status_code == 422
    assert (error(answer)["code"], error(answer)["field"]) == ("invalid", field)


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        pytest.param(b"{}", "text/plain", 415, "unsupported_media_type", id="from a form"),
        pytest.param(b"{", "application/json", 400, "malformed", id="cut off"),
        pytest.param(b'"\\ud800"', "application/json", 400, "malformed", id="a lone surrogate"),
        pytest.param(b'{"a":' + b"[" * 5_000, "application/json", 400, "malformed", id="deep"),
        pytest.param(b"[]", "application/json", 422, "invalid", id="a list"),
        pytest.param(b'{"consistency":[]}', "application/json", 422, "invalid", id="of no use"),
        pytest.param(b" " * 65_537, "application/json", 413, "too_large", id="large"),
    ],
)
def test_a_wrong_body_of_a_report(
    server: ServerHandle, content: bytes, kind: str, status: int, code: str
) -> None:
    answer = server.http.post(
        "/api/v1/projects/default/reports/events", content=content, headers={"Content-Type": kind}
    )

    assert answer.status_code == status
    assert error(answer)["code"] == code


def test_answers_are_kept_by_no_cache_and_taken_for_nothing_else(shop: Shop) -> None:
    for answer in (shop.get("/accounting"), shop.get("/reports/traffic"), shop.get("/nothing")):
        assert "no-store" in answer.headers["cache-control"]
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_every_error_that_a_request_can_meet_has_a_status() -> None:
    found = {errors.status_of(kind) for kind in _kinds(DesirepathError)}

    assert {400, 401, 404, 405, 408, 413, 415, 422, 429, 503} <= found
    own_fault = {kind for kind in _kinds(DesirepathError) if errors.status_of(kind) == 500}
    assert {kind.__name__ for kind in own_fault if kind.__module__ == tree.__name__} == {
        "DesirepathError",
        "StoreRefused",
        "LogCorrupt",
        "Misconfigured",
        "Locked",
    }


@pytest.mark.parametrize(
    "exc",
    [
        tree.LogFull("/var/lib/desirepath/log holds 8589934592 bytes"),
        tree.LogBroken("/var/lib/desirepath/log/0: the disk refused"),
        tree.StoreDown("http://10.0.0.7:8123 cannot be reached"),
    ],
    ids=lambda exc: type(exc).__name__,
)
def test_what_only_the_operator_may_know_is_not_in_the_answer(exc: DesirepathError) -> None:
    assert errors.status(exc) == 503
    assert b"/var" not in errors.body(exc)
    assert b"10.0.0.7" not in errors.body(exc)
    assert exc.code.encode() in errors.body(exc)


def test_what_nobody_foresaw_is_answered_in_the_same_shape(
    capfd: pytest.CaptureFixture[str],
) -> None:
    secret = "what somebody sent"
    with services() as opened:
        app = build(opened)

        def broken() -> None:
            raise ValueError(secret)

        app.add_api_route("/broken", broken)
        answer = asyncio.run(_get(app, "/broken"))

    said = answer.json()["error"]
    assert (answer.status_code, said["code"]) == (500, "error")
    assert secret not in answer.text
    written = capfd.readouterr()
    assert "ValueError" in written.out + written.err
    assert secret not in written.out + written.err


async def _get(app: FastAPI, path: str) -> httpx.Response:
    # Starlette raises once more what it has answered.
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        return await client.get(path)


def _kinds(kind: type[DesirepathError]) -> set[type[DesirepathError]]:
    return {kind}.union(*(_kinds(one) for one in kind.__subclasses__()))
