"""The four example events of the TrackFlow specification, five times again, through kill -9."""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import httpx

from tests.services.server import ServerHandle, start_server
from tests.shared_data import shared

SPECIFICATION = "../seeds/004_a95f7b13c3fffc43.txt"
_EXAMPLE = re.compile(r'```json\n(\{\n  "eventId".*?\n\})\n```', re.DOTALL)


def _examples() -> list[str]:
    return _EXAMPLE.findall(shared(SPECIFICATION).read_text())


def _curl(server: ServerHandle, body: str) -> str:
    """As a person at a terminal sends it."""
    command = ["curl", "-sS", "-X", "POST", f"{server.url}/v1/events"]
    command += ["-H", "Content-Type: application/json", "--data-binary", "@-"]
    return subprocess.run(
        command, input=body.encode(), capture_output=True, check=True
    ).stdout.decode()


def _counts(server: ServerHandle) -> tuple[int, int, int]:
    report = server.http.get("/api/v1/projects/default/reports/events").json()
    account = server.http.get("/api/v1/projects/default/accounting").json()
    return report["data"]["events"], account["received"], account["duplicate"]


def test_sent_six_times_they_are_four(tmp_path: Path) -> None:
    body = '{"events": [' + ",".join(_examples()) + "]}"
    folder = tmp_path / "data"
    with start_server(folder) as server:
        assert _curl(server, body) == '{"accepted":4,"rejected":[]}'
        assert _counts(server) == (4, 4, 0)
        for role in ("web", "load", "engine"):
            os.kill(server.children()[role], signal.SIGKILL)
            _answers(server)
            assert _curl(server, body) == '{"accepted":4,"rejected":[]}'
        _curl(server, body)
        _curl(server, body)
        _settled(server, 24)
        assert _counts(server) == (4, 24, 20)
        server.process.kill()
        server.process.wait()
    with start_server(folder) as server:
        _settled(server, 24)
        assert _counts(server) == (4, 24, 20)
        traffic = server.http.get("/api/v1/projects/default/reports/traffic").json()
        assert traffic["data"]["total"]["views"] == 1


def _answers(server: ServerHandle) -> None:
    """Wait until the killed process is back."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if set(server.http.get("/readyz").json()["checks"].values()) == {"ok"}:
                return
        except httpx.TransportError:
            pass  # not back yet
        time.sleep(0.05)
    raise AssertionError(server.said())


def _settled(server: ServerHandle, received: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        account = server.http.get("/api/v1/projects/default/accounting").json()
        if account["received"] == received and account["waiting"] == 0:
            return
        time.sleep(0.1)
    raise AssertionError(account)
