"""Whatever is sent: no 5xx, no event lost that was good, no memory taken, and it still answers."""

import gzip
import json
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import httpx
import psutil
import pytest

from tests.api.events import event
from tests.api.raw import flood
from tests.api.shop import Shop
from tests.api.test_collect import ALL_TAKEN, error
from tests.services.server import ServerHandle

MiB = 1 << 20
HEAD = b"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


@pytest.fixture(autouse=True)
def _it_still_answers(server: ServerHandle) -> Iterator[None]:
    web = server.children()["web"]
    yield
    assert server.send(event()).content == ALL_TAKEN
    assert server.children()["web"] == web, "the web worker was started again"


def post(server: ServerHandle, body: bytes, **headers: str) -> httpx.Response:
    sent = {"Content-Type": "application/json"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    return server.http.post("/v1/events", content=body, headers=sent)


def whole(*events: bytes) -> bytes:
    return b'{"events":[' + b",".join(events) + b"]}"


def with_raw(value: bytes, **fields: Any) -> bytes:
    """An event in which one property has a value that no encoder would write."""
    made = json.dumps(event(tenantId=None, properties={"x": "MARK"}, **fields))
    return made.encode().replace(b'"MARK"', value)


DEEP = 1_100
TAKEN_REPAIRED = {
    "a lone surrogate": rb'"emoji cut in two: \ud83d"',
    "the other half": rb'"\udc00 alone"',
    "NUL, escaped": rb'"a\u0000b"',
    "NUL, bare": b'"a\x00b"',
    "bytes that are no UTF-8": b'"caf\xe9"',
    "duplicate keys": b'1,"x":2',
    "2^64": str(2**64).encode(),
    "16 levels": b"[" * 15 + b"]" * 15,
}
REFUSED = {
    "NaN": (b"NaN", "malformed"),
    "Infinity": (b"-Infinity", "malformed"),
    "1e400": (b"1e400", "malformed"),
    "an integer of 5,000 digits": (b"9" * 5_000, "malformed"),
    "a comma too many": (b"[1,]", "malformed"),
    "a bare word": (b"undefined", "malformed"),
    "a control character": (b'"a\x01b"', "malformed"),
    "1,100 levels of lists": (b"[" * DEEP + b"]" * DEEP, "too_large"),
    "1,100 levels of objects": (b'{"a":' * DEEP + b"1" + b"}" * DEEP, "too_large"),
    "17 levels": (b"[" * 16 + b"]" * 16, "too_large"),
    "a text of 200,000 characters": (b'"' + b"a" * 200_000 + b'"', "too_large"),
    "257 keys": (json.dumps(dict.fromkeys(map(str, range(257)))).encode(), "too_large"),
}


@pytest.mark.parametrize("value", [pytest.param(v, id=k) for k, v in TAKEN_REPAIRED.items()])
def test_of_fifty_with_an_odd_one_fifty_are_stored(shop: Shop, value: bytes) -> None:
    good = [json.dumps(event(tenantId=None)).encode() for _ in range(49)]

    answer = post(shop.server, whole(*good[:25], with_raw(value), *good[25:]), X_API_Key=shop.write)

    assert answer.content == b'{"accepted":50,"rejected":[]}'
    assert len(shop.stored()) == 50


@pytest.mark.parametrize(
    ("value", "reason"), [pytest.param(*both, id=name) for name, both in REFUSED.items()]
)
def test_of_fifty_with_a_bad_one_forty_nine_are_stored(
    shop: Shop, value: bytes, reason: str
) -> None:
    good = [json.dumps(event(tenantId=None)).encode() for _ in range(49)]

    answer = post(shop.server, whole(*good[:25], with_raw(value), *good[25:]), X_API_Key=shop.write)

    assert answer.status_code == 200
    said = answer.json()
    assert said["accepted"] == 49
    assert [(one["index"], one["reason"]) for one in said["rejected"]] == [(25, reason)]
    account = shop.account()
    assert (account["received"], account["stored"]) == (50, 49)
    assert account["refused_by_reason"] == {reason: 1}
    assert [one["position"] for one in shop.get("/rejected").json()["data"]] == [25]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\x00" * 100, id="zeros"),
        pytest.param(b"null", id="null"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"{}", id="no events"),
        pytest.param(b'{"events":{}}', id="events is an object"),
        pytest.param(b'{"events":[]}', id="no event"),
        pytest.param(b'{"events":[{}],"events":[]}', id="the last of equal keys is empty"),
        pytest.param(b"[" * 500_000, id="half a million brackets"),
        pytest.param(b'{"events":' + b"[" * 500_000, id="and in the right place"),
        pytest.param(b'{"events":[' + b'"' * 500_000, id="half a million quotes"),
        pytest.param(b'{"events":["' + b"\\" * 500_000, id="half a million backslashes"),
        pytest.param(b"\xff\xfe" + '{"events":[{}]}'.encode("utf-16-le"), id="UTF-16"),
    ],
)
def test_what_is_no_body_of_events_is_malformed(server: ServerHandle, body: bytes) -> None:
    began = time.monotonic()
    answer = post(server, body)

    assert answer.status_code == 400
    assert error(answer)["code"] == "malformed"
    assert time.monotonic() - began < 5


def test_a_body_cut_off_at_any_byte_is_refused(shop: Shop) -> None:
    sent = whole(*(json.dumps(event(tenantId=None)).encode() for _ in range(2)))

    for end in range(len(sent)):
        answer = post(shop.server, sent[:end], X_API_Key=shop.write)
        assert answer.status_code == 400, sent[:end]
        assert error(answer)["code"] == "malformed"

    assert shop.account()["received"] == 0


def test_a_list_of_what_are_no_events_is_refused_one_by_one(shop: Shop) -> None:
    answer = post(shop.server, whole(b"{}", b"null", b"7", b'"text"', b"[]"), X_API_Key=shop.write)

    assert answer.status_code == 422
    reasons = [one["reason"] for one in answer.json()["rejected"]]
    assert reasons == ["missing_field", *["invalid_type"] * 4]


def test_501_events_are_too_many(shop: Shop) -> None:
    events = [event(tenantId=None) for _ in range(501)]

    assert shop.send(*events[:500]).content == b'{"accepted":500,"rejected":[]}'
    answer = shop.send(*events)
    assert answer.status_code == 413
    assert (error(answer)["code"], error(answer)["field"]) == ("too_large", "events")


def test_200_months_in_one_batch_are_stored(shop: Shop) -> None:
    last = datetime.now(UTC).year * 12 + datetime.now(UTC).month - 1
    months = [datetime(at // 12, at % 12 + 1, 1, tzinfo=UTC) for at in range(last - 199, last + 1)]
    events = [event(tenantId=None, timestamp=int(at.timestamp() * 1000)) for at in months]

    assert shop.send(*events).json() == {"accepted": 200, "rejected": []}

    stored = shop.stored()
    assert len(stored) == 200
    original = [one.time_original or one.time for one in stored]
    assert original == [at.timestamp() for at in months]
    # What happened within the last year keeps its time; what is older, is of now.
    assert 12 <= sum(not one.time_clamped for one in stored) <= 13
    assert {one.time for one in stored if one.time_clamped} == {stored[0].received_at}


def test_a_gigabyte_is_refused_as_soon_as_it_is_too_much(server: ServerHandle) -> None:
    web = psutil.Process(server.children()["web"])
    before = web.memory_info().rss
    block = b" " * 65_536
    ways = {
        b"Transfer-Encoding: chunked\r\n\r\n": b"10000\r\n" + block + b"\r\n",
        b"Content-Length: %d\r\n\r\n" % (1 << 30): block,
    }
    for framing, piece in ways.items():
        said, sent = flood(server.port, HEAD + framing, piece, 1 << 30)
        assert said.statuses == [413]
        assert b'"code":"too_large"' in said.text
        assert b"connection: close" in said.text
        assert sent < 32 * MiB, "what the system's own buffers hold, and no more"
        assert said.seconds < 5
    assert web.memory_info().rss - before < 32 * MiB


def bomb(size: int) -> bytes:
    """`size` bytes of JSON that are a thousandth of that on the wire."""
    return gzip.compress(b'{"events":[{"eventId":"' + b"a" * size + b'"}]}')


def test_a_gzip_bomb_is_never_unpacked(server: ServerHandle) -> None:
    web = psutil.Process(server.children()["web"])
    body = bomb(200 * MiB)
    assert 200 * MiB / len(body) > 1_000
    post(server, body, Content_Encoding="gzip")
    before = web.memory_info().rss

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: post(server, body, Content_Encoding="gzip"), range(64)))

    assert [answer.status_code for answer in answers] == [413] * 64
    assert web.memory_info().rss - before < 50 * MiB


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        pytest.param("gzip", gzip.compress(gzip.compress(whole(b"{}"))), id="nested"),
        pytest.param("gzip", gzip.compress(bomb(10 * MiB)), id="a bomb in a bomb"),
        pytest.param("gzip", gzip.compress(whole(b"{}")) + b"more", id="trailing garbage"),
        pytest.param("gzip", gzip.compress(whole(b"{}")) * 2, id="two members"),
        pytest.param("gzip", gzip.compress(whole(b"{}"))[:-9], id="truncated"),
        pytest.param("gzip", gzip.compress(whole(b"{}"))[:-4] + b"\0\0\0\0", id="wrong length"),
        pytest.param("gzip", whole(b"{}"), id="no gzip at all"),
        pytest.param("gzip", b"", id="empty"),
        pytest.param("gzip, gzip", gzip.compress(gzip.compress(whole(b"{}"))), id="said twice"),
        pytest.param("deflate", zlib.compress(whole(b"{}")), id="deflate"),
        pytest.param("br", whole(b"{}"), id="brotli"),
        pytest.param("x" * 10_000, whole(b"{}"), id="a long name"),
        pytest.param("", gzip.compress(whole(b"{}")), id="gzip that does not say so"),
    ],
)
def test_what_cannot_be_unpacked_is_malformed(
    server: ServerHandle, encoding: str, body: bytes
) -> None:
    answer = post(server, body, **({"Content_Encoding": encoding} if encoding else {}))

    assert answer.status_code == 400
    assert error(answer)["code"] == "malformed"
    assert len(answer.content) < 1_000
