"""`serve`: one owner, children that come back, a stop that loses nothing."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil
import pytest

import desirepath
from tests.api.events import event
from tests.services.server import ServerHandle, start_server


def _serve(data: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "desirepath.cli", "serve", "--data", str(data), *more]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)


def test_a_second_serve_on_the_same_folder_is_refused_at_once(tmp_path: Path) -> None:
    with start_server(tmp_path / "data") as server:
        begun = time.monotonic()
        second = _serve(tmp_path / "data", "--port", "0")

        assert second.returncode == 1
        assert f"in use by process {server.process.pid}" in second.stderr
        assert "--data" in second.stderr
        assert time.monotonic() - begun < 10
        assert server.send(event()).json()["accepted"] == 1


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with start_server(tmp_path / "one") as server:
        second = _serve(tmp_path / "two", "--port", str(server.port))

        assert second.returncode == 1
        assert f"cannot listen on 127.0.0.1:{server.port}" in second.stderr


def test_listening_elsewhere_without_keys_is_refused(tmp_path: Path) -> None:
    refused = _serve(tmp_path / "data", "--host", "0.0.0.0")

    assert refused.returncode == 1
    assert "keys create" in refused.stderr


@pytest.mark.parametrize("role", ["web", "load", "engine"])
def test_a_killed_child_is_back_in_seconds(tmp_path: Path, role: str) -> None:
    with start_server(tmp_path / "data") as server:
        before = server.children()
        assert server.send(event()).status_code == 200
        os.kill(before[role], signal.SIGKILL)
        begun = time.monotonic()
        while _events(server) != 1:
            assert time.monotonic() - begun < 20, server.said()
            time.sleep(0.05)

        after = server.children()
        assert after[role] != before[role]
        assert {name: pid for name, pid in after.items() if name != role} == {
            name: pid for name, pid in before.items() if name != role
        }


def _events(server: ServerHandle) -> int:
    try:
        answer = server.http.get("/api/v1/projects/default/reports/events")
    except httpx.TransportError:
        return -1
    return int(answer.json()["data"]["events"]) if answer.status_code == 200 else -1


def test_intake_goes_on_without_engine_and_loader(tmp_path: Path) -> None:
    with start_server(tmp_path / "data") as server:
        children = server.children()
        for role in ("engine", "load"):
            os.kill(children[role], signal.SIGSTOP)
        answers = [server.send(event()).status_code for _ in range(20)]
        for role in ("engine", "load"):
            os.kill(children[role], signal.SIGCONT)

        assert answers == [200] * 20
        assert _events(server) == 20


def test_sigterm_loads_what_is_left_and_ends_with_zero(tmp_path: Path) -> None:
    with start_server(tmp_path / "data") as server:
        pids = [server.process.pid, *server.children().values()]
        for _ in range(5):
            server.send(*(event() for _ in range(20)))
        assert server.stop() == 0

    assert not any(psutil.pid_exists(pid) for pid in pids)
    with desirepath.open(tmp_path / "data") as installation:
        assert installation.report("events").data.events == 100


def test_children_die_with_a_killed_server(tmp_path: Path) -> None:
    with start_server(tmp_path / "data") as server:
        pids = list(server.children().values())
        server.process.kill()
        server.process.wait()
        deadline = time.monotonic() + 5
        while any(_alive(pid) for pid in pids) and time.monotonic() < deadline:
            time.sleep(0.05)

        assert not any(_alive(pid) for pid in pids)


def _alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_two_workers_share_the_port_and_the_numbers(tmp_path: Path) -> None:
    with start_server(tmp_path / "data", workers="2") as server:
        for _ in range(40):
            with httpx.Client(base_url=server.url) as fresh:
                assert fresh.post("/v1/events", json={"events": [event()]}).status_code == 200
        assert _events(server) == 40
        shards = [p.name for p in server.folder.log.iterdir() if p.is_dir()]
        assert sorted(shards) == ["0", "1"]
