"""What no person would think of: any bytes, valid bodies with faults, and every route by its
document. The answer is always one that is documented, and never holds another project's data."""

import gzip
import json
from typing import Any
from uuid import uuid4

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.api.events import event
from tests.api.shop import Shop
from tests.meta.markdown import ROOT
from tests.services.server import ServerHandle

#: What a sender with a good key can be answered, whatever it sends.
ALLOWED = {200, 400, 413, 415, 422}
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]

# The server is one for all examples, and the machine may be busy.
often = settings(
    max_examples=150,
    deadline=None,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
# Explicit examples are hundreds a route, all of them bounds of single values: left out for time.
per_route = settings(
    max_examples=10,
    deadline=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)


def is_documented(answer: httpx.Response) -> None:
    assert answer.status_code in ALLOWED, (answer.status_code, answer.text)
    said = answer.json()
    if answer.status_code in (200, 422):
        assert set(said) == {"accepted", "rejected"}
        assert (said["accepted"] > 0) == (answer.status_code == 200)
        for one in said["rejected"]:
            assert set(one) == {"index", "event_id", "reason", "field", "message"}
    else:
        assert set(said) == {"error"}
        assert set(said["error"]) == {"code", "message", "field", "docs"}


encodings = st.sampled_from(["", "identity", "gzip", "br"])
kinds = st.sampled_from(["application/json", "text/plain", "text/html", ""])


@given(body=st.binary(max_size=2_000), encoding=encodings, kind=kinds, packed=st.booleans())
@often
def test_any_bytes(
    server: ServerHandle, body: bytes, encoding: str, kind: str, packed: bool
) -> None:
    headers = {"Content-Encoding": encoding, "Content-Type": kind}
    sent = gzip.compress(body) if packed else body

    is_documented(
        server.http.post(
            "/v1/events", content=sent, headers={k: v for k, v in headers.items() if v}
        )
    )


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
FIELDS = [*event(), "anonymousId", "deviceInfo", "referrer", "language", "message", "stack"]


@given(
    changes=st.lists(st.dictionaries(st.sampled_from(FIELDS), values), min_size=1, max_size=5),
    sent_at=values,
)
@often
def test_events_with_fields_of_any_type(
    server: ServerHandle, changes: list[dict[str, Any]], sent_at: Any
) -> None:
    body = json.dumps({"events": [event() | change for change in changes], "sentAt": sent_at})
    headers = {"Content-Type": "application/json"}

    # A tenant that begins like a key is the one thing that is refused as a whole.
    is_documented(server.http.post("/v1/events", content=body.encode(), headers=headers))


edits = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 40), st.binary(max_size=8)), min_size=1, max_size=4
)


@given(changes=edits, events=st.integers(1, 4))
@often
def test_a_good_body_with_faults(
    server: ServerHandle, changes: list[tuple[float, int, bytes]], events: int
) -> None:
    body = json.dumps({"events": [event(tenantId=None) for _ in range(events)]}).encode()
    for place, cut, put in changes:
        at = int(place * len(body))
        body = body[:at] + put + body[at + cut :]
    headers = {"Content-Type": "application/json"}

    is_documented(server.http.post("/v1/events", content=body, headers=headers))


@pytest.fixture(scope="module")
def two(server: ServerHandle) -> tuple[Shop, str]:
    """A project to ask, and the mark that stands in everything of another one."""
    ours, theirs, mark = Shop(server), Shop(server), f"mark{uuid4().hex}"
    theirs.change(name=mark)
    for shop, text in ((ours, "ours"), (theirs, mark)):
        shop.send(
            event(tenantId=None, userId=text, sessionId=text, pageUrl=f"https://{text}.example/"),
            event(tenantId=None, userId=text, eventType="error", properties={"message": text}),
            event(tenantId=None, userId=text, sessionId=None),
        )
        assert shop.account()["stored"] == 2
    return ours, mark


#: A test of its own holds that the file is what the server says (tests/meta).
routes = schemathesis.openapi.from_path(ROOT / "docs" / "openapi.json")


@routes.parametrize()
@per_route
def test_every_route_by_its_document(case: schemathesis.Case[Any], two: tuple[Shop, str]) -> None:
    ours, mark = two
    if "project" in case.path_parameters:
        case.path_parameters["project"] = ours.id
    answer = case.call(base_url=ours.server.url, headers={"X-API-Key": ours.admin})

    if answer.status_code == 503:
        assert int(answer.headers["retry-after"][0]) >= 1
    else:
        case.validate_response(answer, checks=CHECKS)
    assert mark not in answer.text
