"""A real `desirepath serve` for the tests.

with start_server(folder) as server:
    server.post("/v1/events", body)
"""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import httpx
import psutil

from desirepath.folder import Folder
from desirepath.projects.control import Control

START_SECONDS = 60.0
STOP_SECONDS = 60.0


class ServerHandle:
    """A running server, and how to reach it."""

    def __init__(self, folder: Path, port: int, settings: dict[str, str]) -> None:
        self.folder, self.port = Folder(folder), port
        self.url = f"http://127.0.0.1:{port}"
        self.output: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  closed in __exit__
        command = [sys.executable, "-m", "desirepath.cli", "serve"]
        command += ["--data", str(folder), "--port", str(port)]
        environment = os.environ | {"DESIREPATH_LOG_LEVEL": "warning"} | settings
        self.process = subprocess.Popen(
            command, env=environment, stdout=self.output, stderr=self.output
        )
        self.http = httpx.Client(base_url=self.url, timeout=30)
        self._await_ready()

    def send(self, *events: dict[str, Any], **headers: str) -> httpx.Response:
        """POST events as a tracker does."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.post("/v1/events", json={"events": list(events)}, headers=sent)

    def control(self) -> Control:
        """The control data, to make projects and keys; a `with` block closes it."""
        return Control(self.folder.control_url())

    def children(self) -> dict[str, int]:
        """Role → pid of every process of the server."""
        found = {}
        for child in psutil.Process(self.process.pid).children():
            line = child.cmdline()
            role = "engine" if "desirepath.engine" in line else line[3] if len(line) > 3 else "?"
            found[role] = child.pid
        return found

    def said(self) -> str:
        """What it wrote so far."""
        self.output.seek(0)
        return self.output.read().decode(errors="replace")

    def stop(self) -> int:
        """SIGTERM; returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.http.close()
        self.stop()
        self.output.close()

    def _await_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                checks = self.http.get("/readyz").json()["checks"]
            except (httpx.HTTPError, json.JSONDecodeError):
                time.sleep(0.05)
                continue
            if set(checks.values()) == {"ok"}:
                return
            time.sleep(0.05)
        code = self.stop()
        raise AssertionError(f"the server did not start ({code}): {self.said()}")


def start_server(folder: Path, *, port: int = 0, **settings: str) -> ServerHandle:
    """Start a server on `folder` and wait until it answers; settings as DESIREPATH_* without it."""
    if not port:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
    given = {f"DESIREPATH_{name.upper()}": value for name, value in settings.items()}
    return ServerHandle(folder, port, given)
