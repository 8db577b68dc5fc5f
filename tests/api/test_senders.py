"""Whose events are taken: keys and where they go, and what needs none on this machine."""

import time
from typing import Any

import httpx
import pytest

from tests.api.events import event
from tests.api.shop import Shop
from tests.api.test_collect import ALL_TAKEN, error
from tests.services.server import ServerHandle

READ = "/api/v1/projects/default/reports/events"


def reason(answer: httpx.Response) -> str:
    """Why the one event of a request was not taken, where the request was."""
    (one,) = answer.json()["rejected"]
    return str(one["reason"])


@pytest.mark.parametrize(
    "place",
    [
        pytest.param(lambda key: {"headers": {"Authorization": f"Bearer {key}"}}, id="Bearer"),
        pytest.param(lambda key: {"headers": {"Authorization": f"bearer {key}"}}, id="bearer"),
        pytest.param(lambda key: {"headers": {"X-API-Key": key}}, id="X-API-Key"),
        pytest.param(lambda key: {"params": {"key": key}}, id="?key="),
        pytest.param(lambda key: {"tenant": key}, id="tenantId"),
    ],
)
def test_where_a_write_key_may_be(shop: Shop, place: Any) -> None:
    given = place(shop.write)
    sent = event(tenantId=given.pop("tenant", None))

    answer = shop.server.http.post("/v1/events", json={"events": [sent]}, **given)

    assert answer.content == ALL_TAKEN
    assert [one.event_id for one in shop.stored()] == [sent["eventId"]]


def test_the_id_of_the_own_project_is_a_good_tenant(shop: Shop) -> None:
    assert shop.send(event(tenantId=shop.id)).content == ALL_TAKEN


def test_a_key_in_a_header_wins_over_one_in_the_address(shop: Shop) -> None:
    other = Shop(shop.server)
    answer = shop.server.http.post(
        "/v1/events",
        json={"events": [event(tenantId=None)]},
        headers={"X-API-Key": shop.write},
        params={"key": other.write},
    )

    assert answer.content == ALL_TAKEN
    assert (len(shop.stored()), len(other.stored())) == (1, 0)


@pytest.mark.parametrize("key", ["dp_w_" + "x" * 49, "nonsense", "x" * 10_000])
def test_a_key_that_nobody_knows_is_refused_even_here(server: ServerHandle, key: str) -> None:
    answer = server.send(event(), X_API_Key=key)

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert error(answer)["code"] == "not_allowed"


def test_a_revoked_key_is_refused_within_five_seconds(shop: Shop) -> None:
    with shop.server.control() as control:
        (key,) = (one for one in control.list_keys(shop.id) if one.role == "write")
        control.revoke_key(shop.id, key.id)
    began = time.monotonic()
    while shop.send(event(tenantId=None)).status_code != 401:
        assert time.monotonic() - began < 5
        time.sleep(0.1)


def test_an_expired_key_is_refused(shop: Shop) -> None:
    key = shop.mint("write", expires_at=time.time() + 1.5)
    assert shop.send(event(tenantId=None), X_API_Key=key).status_code == 200

    time.sleep(1.6)

    assert shop.send(event(tenantId=None), X_API_Key=key).status_code == 401


def test_a_read_key_cannot_send_and_an_admin_key_can(shop: Shop) -> None:
    refused = shop.send(event(tenantId=None), X_API_Key=shop.read)

    assert refused.status_code == 403
    assert "may not send" in error(refused)["message"]
    assert shop.send(event(tenantId=None), X_API_Key=shop.admin).content == ALL_TAKEN


def test_a_write_key_cannot_read(shop: Shop) -> None:
    headers = {"X-API-Key": shop.write}

    assert shop.server.http.get(f"{shop.path}/accounting", headers=headers).status_code == 403


@pytest.mark.parametrize("role", ["read", "admin"])
def test_a_secret_key_is_not_taken_where_pages_show_it(shop: Shop, role: str) -> None:
    secret = getattr(shop, role)
    as_tenant = shop.server.send(event(tenantId=secret))
    in_address = shop.server.http.post(
        "/v1/events", json={"events": [event()]}, params={"key": secret}
    )

    assert (as_tenant.status_code, in_address.status_code) == (403, 403)
    for answer in (as_tenant, in_address):
        assert "revoke" in error(answer)["message"]
        assert secret not in answer.text


def test_an_event_of_another_project_is_refused_by_itself(shop: Shop) -> None:
    other = Shop(shop.server)
    answer = shop.send(event(tenantId=other.write), event(tenantId=None))

    assert answer.json()["accepted"] == 1
    assert reason(answer) == "wrong_project"
    assert shop.refused("wrong_project", 1)["stored"] == 1
    assert other.account()["received"] == 0


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        pytest.param("https://shop.example", 200, id="as listed"),
        pytest.param(None, 200, id="no page at all"),
        pytest.param("http://shop.example", 403, id="another scheme"),
        pytest.param("https://shop.example:8443", 403, id="another port"),
        pytest.param("https://shop.example.evil.example", 403, id="only begins so"),
        pytest.param("https://evil-shop.example", 403, id="only ends so"),
        pytest.param("https://SHOP.example", 403, id="capitals, which no browser sends"),
        pytest.param("null", 403, id="null"),
    ],
)
@pytest.mark.parametrize("whose", ["project", "key"])
def test_only_listed_origins_may_send(
    server: ServerHandle, whose: str, origin: str | None, status: int
) -> None:
    allowed = ["https://shop.example"]
    shop = Shop(server, **({"allowed_origins": allowed} if whose == "project" else {}))
    key = shop.write if whose == "project" else shop.mint("write", origins=allowed)
    headers = {"Origin": origin} if origin else {}

    answer = shop.send(event(tenantId=None), X_API_Key=key, **headers)

    assert answer.status_code == status
    if status == 403:
        assert error(answer)["code"] == "not_allowed"
        assert answer.headers["access-control-allow-origin"] == "*", "the page must see why"


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Host": "evil.example"}, id="a name bound to this machine"),
        pytest.param({"Host": "localhost.evil.example:8000"}, id="begins like this machine"),
        pytest.param({"X-Forwarded-For": "10.0.0.1"}, id="X-Forwarded-For"),
        pytest.param({"X-Forwarded-Host": "localhost"}, id="X-Forwarded-Host"),
        pytest.param({"Forwarded": "for=10.0.0.1"}, id="Forwarded"),
    ],
)
def test_what_came_through_others_needs_a_key(
    server: ServerHandle, headers: dict[str, str]
) -> None:
    sent = {"events": [event()]}
    assert server.http.post("/v1/events", json=sent).status_code == 200

    for answer in (
        server.http.post("/v1/events", json=sent, headers=headers),
        server.http.get(READ, headers=headers),
    ):
        assert answer.status_code == 401
        assert error(answer)["code"] == "not_allowed"


def test_a_foreign_page_may_send_to_this_machine_and_not_read(server: ServerHandle) -> None:
    page = {"Origin": "https://evil.example"}
    own = {"Origin": server.url}

    assert server.http.post("/v1/events", json={"events": [event()]}, headers=page).is_success
    assert server.http.get(READ, headers=page).status_code == 401
    assert "access-control-allow-origin" not in server.http.get(READ, headers=page).headers
    assert server.http.get(READ, headers=own).status_code == 200


def test_an_address_counts_only_from_a_proxy_that_is_named(shop: Shop) -> None:
    shop.change(ip_mode="store")
    answer = shop.send(event(tenantId=None), X_Forwarded_For="203.0.113.9", X_Real_IP="203.0.113.8")

    assert answer.content == ALL_TAKEN
    assert [one.ip for one in shop.stored()] == ["127.0.0.1"]
