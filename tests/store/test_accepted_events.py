"""What was accepted, the store takes: whatever the events hold, no row is refused."""

import json
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Struct

from desirepath.formats import trackflow
from desirepath.ingest import pipeline, recognise
from desirepath.ingest.base import Hit
from desirepath.intake import take
from desirepath.log.base import Draft
from desirepath.model.project import Project
from desirepath.store.client import Store
from desirepath.store.events import insert_events
from tests.formats.bodies import BASE, EVENTS

NOW = 1_790_000_000.25
STEPS = pipeline(trackflow.FORBIDS)


class Count(Struct):
    """Rows of a project."""

    rows: int


class Kept(Struct):
    """What is looked at of a row."""

    properties: str
    extra: dict[str, Any]


def accept(project: str, *events: dict[str, Any], live: bool = False) -> list[Draft]:
    forever = Project(id=project, retention_days={"trackflow": 36_500})
    hit = Hit(project=forever, received_at=NOW, live=live)
    recognise(hit)
    batch = trackflow.read(json.dumps({"events": events}).encode())
    found = take(batch.items, hit, STEPS)
    assert found.accepted == len(events)
    return found.drafts


def insert(store: Store, project: str, drafts: list[Draft]) -> None:
    """Write the lines as the loader does."""
    log_id = uuid4()
    place = f'{{"project":"{project}","log_id":"{log_id}","log_shard":0,"log_offset":'
    lines = [f"{place}{at},".encode() + draft.body[1:] for at, draft in enumerate(drafts)]
    insert_events(store, lines, str(uuid4()))


def rows(store: Store, project: str) -> int:
    sql = "SELECT count() AS rows FROM events WHERE project = {project:String}"
    return store.rows(sql, Count, project=project).data[0].rows


def kept(store: Store, project: str) -> list[Kept]:
    sql = (
        "SELECT properties, extra FROM events WHERE project = {project:String} ORDER BY log_offset"
    )
    return store.rows(sql, Kept, project=project).data


def _check(examples: int, store: Store, project: str) -> None:
    accepted = 0

    @settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(st.lists(EVENTS, min_size=1, max_size=10), st.booleans())
    def any_events(events: list[dict[str, Any]], live: bool) -> None:
        nonlocal accepted
        insert(store, project, accept(project, *events, live=live))
        accepted += len(events)

    any_events()
    assert rows(store, project) == accepted >= examples


def test_any_accepted_event(store: Store, project: str) -> None:
    _check(60, store, project)


@pytest.mark.long
def test_very_many_accepted_events(store: Store, project: str) -> None:
    _check(600, store, project)


@pytest.mark.parametrize(
    ("said", "extra"),
    [
        pytest.param({"a.b": 1, "a": {"b": 2}}, {"a_b": 1, "a": {"b": 2}}, id="a path twice"),
        pytest.param({"a.b": 1, "a_b": 2}, {"a_b": 2}, id="a key twice"),
        pytest.param({"": 1, ".": {"": 2}}, {"_": {"_": 2}}, id="empty keys"),
        pytest.param({"a": None, "b": {}, "c": {"d": None}}, {}, id="nothings"),
        pytest.param({"a": 2**64, "b": -(2**64)}, {"a": str(2**64), "b": str(-(2**64))}, id="bits"),
        pytest.param({"a": [1, "b", [2], {"c": 3}]}, {"a": [1, "b", [2], {"c": 3}]}, id="mixed"),
        pytest.param({f"k{n}": n for n in range(256)}, {f"k{n}": n for n in range(256)}, id="keys"),
        pytest.param({"a`b": 1, "[]": 2, '"': 3}, {"a`b": 1, "[]": 2, '"': 3}, id="signs"),
    ],
)
def test_what_is_kept_of_properties(
    store: Store, project: str, said: dict[str, Any], extra: dict[str, Any]
) -> None:
    insert(store, project, accept(project, BASE | {"eventType": "any", "properties": said}))

    assert kept(store, project) == [Kept(json.dumps(said), extra)]


def test_one_key_may_hold_any_type(store: Store, project: str) -> None:
    values = [1, "x", 1.5, True, [1], ["x"], [1, "x"], {"b": 1}, [{"b": 1}], [[1]], 2**63]

    drafts = accept(
        project, *(BASE | {"eventType": "any", "properties": {"a": value}} for value in values)
    )
    insert(store, project, drafts)

    assert [row.extra["a"] for row in kept(store, project)] == [*values[:-1], str(2**63)]


def test_the_control_a_line_that_was_not_normalised_is_refused(store: Store, project: str) -> None:
    (draft,) = accept(project, BASE)
    line = draft.body[:-1] + b',"extra":{"a.b":1,"a":{"b":2}}}'

    with pytest.raises(Exception, match="Duplicate path"):
        insert(store, project, [draft._replace(body=line)])
