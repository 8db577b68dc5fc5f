"""No key sees another project: on any route, by any kind of key, in data, counts or error texts.

The routes come from the application itself, so a new one is covered by being there.
"""

import json
import re
import time
from dataclasses import dataclass
from typing import Any, cast
from uuid import uuid4

import httpx
import pytest
from fastapi.routing import APIRoute

from desirepath import reports
from desirepath.api import app as application
from desirepath.api.services import Services
from desirepath.model.project import Project, Role
from tests.api.events import event
from tests.services.server import ServerHandle

#: Routes that belong to no project.
WITHOUT_PROJECT = {"/healthz", "/readyz", "/metrics", "/v1/events", "/api/v1/projects"}


def routes() -> list[tuple[str, str]]:
    """(method, path) of every route that FastAPI serves for us."""
    found = [
        (method, route.path)
        for room in application.ROOMS
        for route in room.routes(cast(Services, None)).routes
        if isinstance(route, APIRoute) and route.include_in_schema
        for method in sorted(route.methods or ())
    ]
    return sorted(found)


PER_PROJECT = [(method, path) for method, path in routes() if path not in WITHOUT_PROJECT]


@dataclass
class Two:
    """Two projects full of their own marks, and a key of every kind for each."""

    server: ServerHandle
    ours: str
    theirs: str
    keys: dict[tuple[str, Role], str]
    marks: dict[str, str]


@pytest.fixture(scope="module")
def two(server: ServerHandle) -> Two:
    names = [f"iso-{uuid4().hex[:8]}" for _ in range(2)]
    marks = {name: f"mark{uuid4().hex}" for name in names}
    keys = {}
    with server.control() as control:
        for name in names:
            control.create_project(Project(id=name, name=marks[name]))
            for role in Role:
                keys[name, role] = control.mint_key(name, role, name=marks[name]).text
    _await_key(server, keys[names[1], Role.ADMIN])  # made last, so the others are known too
    for name in names:
        mark = marks[name]
        good = event(
            tenantId=None, sessionId=mark, userId=mark, pageUrl=f"https://{mark}.example/{mark}"
        )
        bad = event(tenantId=None, sessionId=None, userId=mark)
        answer = server.send(good, bad, X_API_Key=keys[name, Role.WRITE])
        assert answer.json()["accepted"] == 1
    return Two(server, names[0], names[1], keys, marks)


def _await_key(server: ServerHandle, key: str) -> None:
    for _ in range(50):
        if server.send(event(tenantId=None), X_API_Key=key).status_code == 200:
            return
        time.sleep(0.1)
    raise AssertionError("a new key was not taken within 5 s")


def _ask(two: Two, method: str, path: str, project: str, headers: dict[str, str]) -> httpx.Response:
    filled = path.replace("{project}", project).replace("{key}", "0123456789ab")
    filled = re.sub(r"\{\w+\}", "x", filled)
    body: Any = {"role": "read"} if filled.endswith("/keys") else {}
    return two.server.http.request(
        method, filled, json=body if method in ("POST", "PATCH") else None, headers=headers
    )


def test_there_is_a_route_for_every_report() -> None:
    paths = {path for _, path in PER_PROJECT}

    for report in reports.ALL:
        assert f"/api/v1/projects/{{project}}/reports/{report.name}" in paths


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize(("method", "path"), PER_PROJECT)
def test_a_key_of_another_project_gets_nothing(
    two: Two, method: str, path: str, role: Role
) -> None:
    headers = {"Authorization": f"Bearer {two.keys[two.theirs, role]}"}
    there = _ask(two, method, path, two.ours, headers)
    nowhere = _ask(two, method, path, "no-such-project", headers)

    assert there.status_code in (401, 403)
    assert two.marks[two.ours] not in there.text
    # One answer, whether or not the project exists: names of projects are nobody else's business.
    assert _without_names(there, two.ours) == _without_names(nowhere, "no-such-project")


def _without_names(answer: httpx.Response, project: str) -> tuple[int, str]:
    return answer.status_code, answer.text.replace(project, "PROJECT")


@pytest.mark.parametrize(("method", "path"), PER_PROJECT)
def test_without_a_key_only_default_is_open(two: Two, method: str, path: str) -> None:
    answer = _ask(two, method, path, two.ours, {})

    assert answer.status_code == 401
    assert two.marks[two.ours] not in answer.text


@pytest.mark.parametrize("path", [path for method, path in PER_PROJECT if method == "GET"])
def test_the_own_read_key_sees_its_own_and_nothing_else(two: Two, path: str) -> None:
    headers = {"Authorization": f"Bearer {two.keys[two.ours, Role.READ]}"}
    answer = _ask(two, "GET", path, two.ours, headers)

    assert two.marks[two.theirs] not in answer.text
    if "keys" not in path:
        assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("role", [Role.WRITE, Role.READ])
@pytest.mark.parametrize(
    ("method", "path"), [one for one in PER_PROJECT if one[0] in ("PATCH", "DELETE")]
)
def test_only_an_admin_key_changes_anything(two: Two, method: str, path: str, role: Role) -> None:
    headers = {"Authorization": f"Bearer {two.keys[two.ours, role]}"}

    assert _ask(two, method, path, two.ours, headers).status_code == 403


def test_counts_are_of_one_project(two: Two) -> None:
    for project in (two.ours, two.theirs):
        headers = {"X-API-Key": two.keys[project, Role.READ]}
        path = f"/api/v1/projects/{project}"
        two.server.http.get(f"{path}/reports/events", headers=headers)
        account = two.server.http.get(f"{path}/accounting", headers=headers).json()
        expected = 1 if project == two.ours else 2  # the second was tried with an event first
        assert account["stored"] == expected
        assert account["refused_by_reason"] == {"missing_field": 1}


def test_an_event_cannot_be_sent_into_another_project(two: Two) -> None:
    sent = event(tenantId=two.keys[two.theirs, Role.WRITE])
    answer = two.server.send(sent, event(tenantId=None), X_API_Key=two.keys[two.ours, Role.WRITE])

    said = answer.json()
    assert said["accepted"] == 1
    assert [one["reason"] for one in said["rejected"]] == ["wrong_project"]
    assert two.marks[two.theirs] not in json.dumps(said)
