"""The OpenAPI document describes every route, every body, and nothing that is not there."""

import json
import re
from typing import Any

import pytest

from desirepath.api import shapes
from desirepath.api.collect import Collector
from desirepath.formats import trackflow, trackflow_event
from tests.meta.application import services
from tests.meta.markdown import read

DOCUMENT: dict[str, Any] = json.loads(read("docs/openapi.json"))

OPERATIONS = [
    pytest.param(operation, id=f"{method} {path}")
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
]
every_operation = pytest.mark.parametrize("operation", OPERATIONS)


def schemas(value: Any) -> list[dict[str, Any]]:
    """Every schema of a body in a part of the document."""
    if isinstance(value, dict):
        own = [value["schema"]] if isinstance(value.get("schema"), dict) else []
        return own + [one for item in value.values() for one in schemas(item)]
    return [one for item in value for one in schemas(item)] if isinstance(value, list) else []


@every_operation
def test_bodies_are_described(operation: dict[str, Any]) -> None:
    assert {} not in schemas(operation)
    assert operation["summary"]
    assert "default" in operation["responses"]


def test_every_operation_has_a_name_of_its_own() -> None:
    found = [one.values[0]["operationId"] for one in OPERATIONS]  # type: ignore[index]

    assert sorted(found) == sorted(set(found))
    assert all(re.fullmatch(r"[a-z_]+", name) for name in found)


def test_every_reference_leads_to_a_shape_and_every_shape_is_used() -> None:
    referred = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(DOCUMENT)))

    assert referred == set(DOCUMENT["components"]["schemas"])


def test_every_collecting_route_is_described() -> None:
    described = {
        path
        for path, methods in DOCUMENT["paths"].items()
        if methods.get("post", {}).get("tags") == ["collecting"]
    }
    with services() as opened:
        assert described == {collector.path for collector in Collector.all(opened)}


def test_the_event_is_the_one_that_is_read() -> None:
    described = set(shapes.TrackFlowEvent.__struct_encode_fields__)

    assert described == set(trackflow_event.WireEvent.__struct_encode_fields__)


def test_what_is_required_is_what_is_refused_where_it_is_missing() -> None:
    required = DOCUMENT["components"]["schemas"]["TrackFlowEvent"]["required"]
    whole = dict.fromkeys(required, "x") | {"timestamp": 1790000000000}

    for name in required:
        lacking = {key: value for key, value in whole.items() if key != name}
        row = trackflow.read_one(json.dumps(lacking).encode()).row
        assert getattr(row, "field", "") == name
    assert trackflow.read_one(json.dumps(whole).encode()).row.surface == "trackflow"
