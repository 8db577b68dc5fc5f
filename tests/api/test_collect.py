"""What `POST /v1/events` answers, and what becomes of the events."""

import gzip
import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest

from desirepath.api import examples
from tests.api.events import event
from tests.api.shop import Shop
from tests.services.server import ServerHandle

ALL_TAKEN = b'{"accepted":1,"rejected":[]}'
YEAR = 365 * 86_400


def post(server: ServerHandle, body: bytes, **headers: str) -> httpx.Response:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return server.http.post("/v1/events", content=body, headers=sent)


def body(*events: dict[str, Any], **fields: Any) -> bytes:
    return json.dumps({"events": list(events), **fields}).encode()


def error(answer: httpx.Response) -> dict[str, Any]:
    """The error in an answer, which has the one shape and nothing beside it."""
    said = answer.json()
    assert set(said) == {"error"}
    assert set(said["error"]) == {"code", "message", "field", "docs"}
    assert said["error"]["docs"] == f"/docs/errors#{said['error']['code']}"
    assert answer.headers["content-type"] == "application/json"
    found: dict[str, Any] = said["error"]
    return found


def test_the_four_events_of_the_specification_are_taken_as_printed(server: ServerHandle) -> None:
    answer = server.http.post("/v1/events", json=examples.TRACKFLOW)

    assert answer.status_code == 200
    assert answer.content == b'{"accepted":4,"rejected":[]}'
    assert answer.headers["content-type"] == "application/json"


def test_both_shapes_of_an_error_event_are_taken(shop: Shop) -> None:
    parts = {"message": "x is undefined", "source": "https://a.example/a.js", "line": 4, "col": 2}
    inside = event(tenantId=None, eventType="error", properties=parts)
    beside = event(tenantId=None, eventType="error", properties=None, name="TypeError", **parts)

    assert shop.send(inside, beside).content == b'{"accepted":2,"rejected":[]}'
    groups = shop.get("/reports/errors", bots="true").json()["data"]["groups"]
    assert {group["message"] for group in groups} == {"x is undefined"}
    assert sum(group["errors"] for group in groups) == 2


def test_a_custom_type_is_taken(shop: Shop) -> None:
    assert shop.send(event(tenantId=None, eventType="checkout.paid")).content == ALL_TAKEN


def test_an_event_that_is_refused_does_not_sink_the_others(shop: Shop) -> None:
    bad = event(tenantId=None, sessionId=None)

    answer = shop.send(event(tenantId=None), bad, event(tenantId=None))

    assert answer.status_code == 200
    assert answer.json() == {
        "accepted": 2,
        "rejected": [
            {
                "index": 1,
                "event_id": bad["eventId"],
                "reason": "missing_field",
                "field": "sessionId",
                "message": "sessionId is required",
            }
        ],
    }
    assert len(shop.stored()) == 2


def test_where_none_is_taken_the_answer_is_422_with_the_same_body(shop: Shop) -> None:
    answer = shop.send(event(tenantId=None, timestamp="yesterday"), event(eventId=7, tenantId=None))

    assert answer.status_code == 422
    said = answer.json()
    assert said["accepted"] == 0
    assert [(one["index"], one["reason"], one["field"]) for one in said["rejected"]] == [
        (0, "invalid_value", "timestamp"),
        (1, "invalid_type", "eventId"),
    ]


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param("application/json", id="JSON"),
        pytest.param("application/json; charset=utf-8", id="JSON with a charset"),
        pytest.param("Application/JSON", id="in capitals"),
        pytest.param("text/plain;charset=UTF-8", id="what sendBeacon says of a text"),
        pytest.param("text/plain", id="text"),
        pytest.param("", id="none, as sendBeacon sends a buffer"),
    ],
)
def test_content_types_that_are_read(server: ServerHandle, kind: str) -> None:
    headers = {"Content_Type": kind} if kind else {}

    assert post(server, body(event()), **headers).content == ALL_TAKEN


@pytest.mark.parametrize(
    "kind",
    [
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/html",
        "application/json-patch+json",
        "application/xml",
    ],
)
def test_content_types_that_are_not(server: ServerHandle, kind: str) -> None:
    answer = post(server, body(event()), Content_Type=kind)

    assert answer.status_code == 415
    assert (error(answer)["code"], error(answer)["field"]) == (
        "unsupported_media_type",
        "Content-Type",
    )


def test_a_gzipped_body_is_read(server: ServerHandle) -> None:
    assert post(server, gzip.compress(body(event())), Content_Encoding="gzip").content == ALL_TAKEN


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_other_methods_are_told_what_would_do(server: ServerHandle, method: str) -> None:
    answer = server.http.request(method, "/v1/events")

    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST, OPTIONS"
    assert error(answer)["code"] == "method_not_allowed"


def test_a_page_of_any_origin_may_send_without_cookies(server: ServerHandle) -> None:
    answer = server.send(event(), Origin="https://shop.example")

    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers


def test_a_page_can_read_why_it_was_refused(server: ServerHandle) -> None:
    answer = post(server, b"{", Origin="https://shop.example")

    assert answer.status_code == 400
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-expose-headers"] == "Retry-After"


def test_a_browser_that_asks_first_may_send_what_trackers_send(server: ServerHandle) -> None:
    asked = {
        "Origin": "https://shop.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type,x-api-key",
    }
    answer = server.http.options("/v1/events", headers=asked)

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-methods"] == "POST, OPTIONS"
    allowed = answer.headers["access-control-allow-headers"].lower().split(", ")
    assert {"authorization", "content-type", "content-encoding", "x-api-key"} <= set(allowed)
    assert {"idempotency-key", "x-session-id", "x-user-id"} <= set(allowed)
    assert int(answer.headers["access-control-max-age"]) >= 3600


def test_an_idempotency_key_stands_for_ids(shop: Shop) -> None:
    name, moment = uuid4().hex, int(time.time() * 1000)
    events = [event(tenantId=None, eventId=None, timestamp=moment) for _ in range(2)]

    for _ in range(2):
        answer = shop.send(*events, Idempotency_Key=name)
        assert answer.json()["accepted"] == 2

    account = shop.account()
    assert (account["received"], account["stored"], account["duplicate"]) == (4, 2, 2)
    assert [one.event_id_text for one in shop.stored()] == [f"{name}/0", f"{name}/1"]


def test_an_id_that_is_no_uuid_is_kept(shop: Shop) -> None:
    for _ in range(2):
        assert shop.send(event(tenantId=None, eventId="order 4711")).content == ALL_TAKEN

    assert [one.event_id_text for one in shop.stored()] == ["order 4711"]


def test_the_same_batch_five_times_counts_once(shop: Shop) -> None:
    events = [event(tenantId=None) for _ in range(4)]

    for _ in range(5):
        assert shop.send(*events).content == b'{"accepted":4,"rejected":[]}'

    account = shop.account()
    assert (account["received"], account["stored"], account["duplicate"]) == (20, 4, 16)


def test_a_wrong_clock_is_corrected_by_what_it_says_when_it_sends(shop: Shop) -> None:
    behind = 3 * 3600
    said = int((time.time() - behind) * 1000)
    sent = body(event(tenantId=None, timestamp=said - 60_000), sentAt=said)

    assert post(shop.server, sent, X_API_Key=shop.write).content == ALL_TAKEN

    (one,) = shop.stored()
    assert one.time == pytest.approx(one.received_at - 60, abs=5)
    assert one.time_original == pytest.approx(said / 1000 - 60, abs=0.001)
    assert not one.time_clamped


@pytest.mark.parametrize("years", [-10, 10])
def test_a_clock_ten_years_off_is_not_believed(shop: Shop, years: int) -> None:
    said = int((time.time() + years * YEAR) * 1000)

    assert shop.send(event(tenantId=None, timestamp=said)).content == ALL_TAKEN

    (one,) = shop.stored()
    assert one.time == one.received_at
    assert one.time_original == said / 1000
    assert one.time_clamped


def test_global_privacy_control_is_counted_without_content(shop: Shop) -> None:
    mark = f"mark{uuid4().hex}"
    answer = shop.send(event(tenantId=None, userId=mark), Sec_GPC="1")

    assert answer.status_code == 422
    assert answer.json()["accepted"] == 0
    assert [one["reason"] for one in answer.json()["rejected"]] == ["consent"]
    account = shop.refused("consent", 1)
    assert (account["received"], account["stored"]) == (1, 0)
    assert shop.get("/rejected").json()["data"] == []
    assert shop.stored() == []


def test_over_the_rate_the_sender_is_told_when_to_come_back(server: ServerHandle) -> None:
    shop = Shop(server, rate_per_second=5)
    answers = [shop.send(*(event(tenantId=None) for _ in range(10))) for _ in range(4)]

    taken = [answer for answer in answers if answer.status_code == 200]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert taken
    assert refused
    assert len(taken) + len(refused) == 4
    for answer in refused:
        assert error(answer)["code"] == "too_many"
        assert 1 <= int(answer.headers["retry-after"]) <= 10
    account = shop.refused("rate", 10 * len(refused))
    assert account["stored"] == 10 * len(taken)
    assert account["received"] == 40


def test_a_refused_event_can_be_read_back(shop: Shop) -> None:
    mail = f"{uuid4().hex}@example.com"
    bad = event(tenantId=None, sessionId=None, properties={"note": f"mail {mail}"})
    shop.send(event(tenantId=None), bad)
    shop.account()

    found = shop.get("/rejected", since="1h").json()

    assert found["meta"]["waiting"] == 0
    (one,) = found["data"]
    assert (one["reason"], one["field"], one["position"]) == ("missing_field", "sessionId", 1)
    assert one["event_id"] == bad["eventId"]
    assert json.loads(one["body"])["eventType"] == "page_view"
    assert mail not in one["body"]
    assert shop.get("/rejected", reason="too_large").json()["data"] == []


def test_everything_received_is_accounted_for(shop: Shop) -> None:
    known = event(tenantId=None)
    shop.send(known, event(tenantId=None))
    shop.send(known, event(tenantId=None, pageUrl=None))
    shop.send(event(tenantId=None), Sec_GPC="1")
    shop.send(event(tenantId="dp_w_mistyped"), event(tenantId=None))

    shop.refused("consent", 1)
    account = shop.refused("wrong_project", 1)

    assert account["refused_by_reason"] == {"missing_field": 1, "consent": 1, "wrong_project": 1}
    counted = {name: account[name] for name in ("received", "stored", "duplicate", "refused")}
    assert counted == {"received": 7, "stored": 3, "duplicate": 1, "refused": 3}
    assert {one["reason"] for one in shop.get("/rejected").json()["data"]} == {"missing_field"}


def test_the_accounting_is_exact_however_many_ask(shop: Shop) -> None:
    """Threads share what is read for it; `account` fails where a sum is off or a request is."""
    with ThreadPoolExecutor(16) as pool:
        asking = [pool.submit(shop.account) for _ in range(100)]
        for _ in range(10):
            assert shop.send(*(event(tenantId=None) for _ in range(5))).status_code == 200
        for one in asking:
            assert one.result()["received"] in range(0, 51, 5)

    assert shop.account()["stored"] == 50
