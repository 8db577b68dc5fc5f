"""The examples of the pages work: run as written, in order, against a real server.

Only the port differs. What would start a server, install something or need root is not run here:
`make demo` and the wheel have tests of their own.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from tests.meta.markdown import commands, fences, read
from tests.services.server import ServerHandle, start_server

PAGES = ["README.md", "docs/quickstart.md", "docs/api.md", "docs/operations.md"]

# Does what the page's reader's curl does, and fails where the server says no.
_CURL = 'curl() { command curl --silent --show-error --fail-with-body "$@"; }\n'


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerHandle]:
    with start_server(tmp_path_factory.mktemp("examples") / "data") as running:
        yield running


def run(server: ServerHandle, command: list[str]) -> str:
    """Run a program where the server's `data/` lies; return what it said."""
    beside = Path(sys.executable).parent
    done = subprocess.run(
        command,
        cwd=server.folder.root.parent,
        env=os.environ | {"PATH": f"{beside}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, f"{command[-1]}\n{done.stdout}{done.stderr}"
    return done.stdout


def here(server: ServerHandle, text: str) -> str:
    """An example, for the server that runs here."""
    text = text.replace("localhost:8000", f"localhost:{server.port}")
    return text.replace(".venv/bin/desirepath", "desirepath")


def runnable(page: str) -> list[str]:
    """The commands of a page that ask a server."""
    return [
        command
        for fence in fences(page, "console")
        for command in commands(fence)
        if command.startswith(("curl ", "desirepath report", ".venv/bin/desirepath report"))
    ]


@pytest.mark.parametrize("page", PAGES)
def test_its_commands_work(server: ServerHandle, page: str) -> None:
    assert runnable(page)
    for command in runnable(page):
        run(server, ["bash", "-euc", _CURL + here(server, command)])


def test_a_first_event_is_in_the_first_report(server: ServerHandle) -> None:
    """What the README promises, in its words."""
    sent, *_, accounting = runnable("README.md")
    answers = [run(server, ["bash", "-euc", _CURL + here(server, sent)]) for _ in range(2)]
    assert answers == ['{"accepted":1,"rejected":[]}'] * 2
    for command in runnable("README.md"):
        if "report" in command:
            assert "1" in run(server, ["bash", "-euc", _CURL + here(server, command)])
    found = server.http.get(
        "/api/v1/projects/default/reports/traffic?since=7d&where=path=/pricing"
    ).json()
    sums = json.loads(run(server, ["bash", "-euc", _CURL + here(server, accounting)]))

    # The quickstart's event and this one have one id, and were sent many times.
    assert found["data"]["total"]["views"] == 1
    assert found["meta"]["waiting"] == 0
    parts = ("stored", "duplicate", "refused", "waiting", "expired", "erased")
    assert sums["received"] == sum(sums[part] for part in parts)
    assert sums["duplicate"] >= 1


@pytest.mark.parametrize("fence", fences("docs/quickstart.md", "python"), ids=["send", "read"])
def test_its_python_works(server: ServerHandle, fence: Any) -> None:
    assert run(server, [sys.executable, "-W", "error", "-c", here(server, fence.text)])


DOCUMENT: dict[str, Any] = json.loads(read("docs/openapi.json"))
GETS = [
    pytest.param(path, methods["get"], id=methods["get"]["operationId"])
    for path, methods in DOCUMENT["paths"].items()
    if "get" in methods
]


@pytest.mark.parametrize(("path", "operation"), GETS)
def test_answers_are_as_the_openapi_document_says(
    server: ServerHandle, path: str, operation: dict[str, Any]
) -> None:
    key = (server.folder.admin_key).read_text().strip()
    address = path.replace("{project}", "default")
    answer = server.http.get(address, headers={"Authorization": f"Bearer {key}"})

    content = operation["responses"][str(answer.status_code)]["content"]
    kind = answer.headers["content-type"].partition(";")[0]
    schema = content[kind]["schema"] | {"components": DOCUMENT["components"]}
    told = answer.json() if kind == "application/json" else answer.text
    assert [str(error) for error in jsonschema_rs.validator_for(schema).iter_errors(told)] == []
