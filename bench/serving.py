"""A real `desirepath serve` (or `demo`) on a folder of its own, as any user starts it."""

import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from msgspec import Struct

from bench import processes
from desirepath import accounting
from desirepath.folder import Folder, Run
from desirepath.log.ledger import Ledger
from desirepath.log.sqlite import SqliteLog
from desirepath.model.project import DEFAULT_PROJECT, Role
from desirepath.projects.control import Control
from desirepath.store.client import Store

START_SECONDS = 60.0
SETTLE_SECONDS = 300.0
# As users start it: the script that was installed beside this Python.
_PROGRAM = str(Path(sys.executable).with_name("desirepath"))


class _Count(Struct):
    events: int


class Serving:
    """A running server. `key` is a write key of its project."""

    def __init__(self, folder: Path, command: str = "serve", *options: str) -> None:
        self.folder = Folder(folder)
        self.folder.create()
        self.port = free_port()
        self.key = _write_key(self.folder)
        self._output = folder / "output.log"
        arguments = [_PROGRAM, command, "--data", str(folder)]
        arguments += ["--port", str(self.port), *options]
        with self._output.open("ab") as output:
            self.began = time.monotonic()
            self.process: subprocess.Popen[bytes] = processes.start(
                arguments,
                environment={"DESIREPATH_LOG_LEVEL": "error"},
                stdout=output,
                stderr=output,
            )
        self._store: Store | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def store(self) -> Store:
        """Its store, to read from."""
        if self._store is None:
            self._store = Store(self._run().store_url(), query_seconds=300)
        return self._store

    def writer(self) -> Store:
        """Its store, to write to: close it yourself."""
        return Store(self._run().store_url(writer=True), query_seconds=600)

    def wait_ready(self) -> None:
        """Until reports can be asked for."""
        deadline = time.monotonic() + START_SECONDS
        while not self._ready():
            self._must_run()
            if time.monotonic() > deadline:
                raise TimeoutError(f"no answer:\n{processes.last_lines(self._output)}")
            time.sleep(0.02)

    def wait_until(self, path: Path) -> None:
        """Until `path` is there."""
        deadline = time.monotonic() + SETTLE_SECONDS
        while not path.exists():
            self._must_run()
            if time.monotonic() > deadline:
                raise TimeoutError(f"it did not make {path.name} in {SETTLE_SECONDS} s")
            time.sleep(0.05)

    def settle(self) -> None:
        """Until all that was accepted is loaded."""
        log, ledger = SqliteLog(self.folder.log), Ledger(self.folder.ledger)
        deadline = time.monotonic() + SETTLE_SECONDS
        try:
            while accounting.backlog(log, ledger):
                self._must_run()
                if time.monotonic() > deadline:
                    raise TimeoutError(f"events still wait after {SETTLE_SECONDS} s")
                time.sleep(0.05)
        finally:
            log.close()
            ledger.close()

    def count(self) -> int:
        """Events in the store."""
        return self.store.rows("SELECT count() AS events FROM events", _Count).data[0].events

    def pids(self) -> dict[str, int]:
        """Every process of it by what it does: serve, engine, load, web."""
        found = {"serve": self.process.pid}
        for child in psutil.Process(self.process.pid).children(recursive=True):
            words = child.cmdline()
            for role in ("engine", "load", "web"):
                if f"desirepath.{role}" in words or role in words:
                    found[role] = child.pid
        return found

    def cpu(self) -> dict[str, float]:
        """CPU seconds of each process so far."""
        return {name: processes.cpu_seconds(pid) for name, pid in self.pids().items()}

    def stop(self) -> None:
        """Stop all of it."""
        if self._store is not None:
            self._store.close()
        processes.stop(self.process)

    def _run(self) -> Run:
        run = self.folder.run()
        assert run is not None, "the server has no run.json"
        return run

    def _ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def _must_run(self) -> None:
        if self.process.poll() is not None:
            raise RuntimeError(
                f"it ended with {self.process.returncode}:\n{processes.last_lines(self._output)}"
            )


@contextmanager
def serving(
    folder: Path,
    command: str = "serve",
    *options: str,
    keep: bool = False,
    lent: Serving | None = None,
) -> Iterator[Serving]:
    """A server on an empty `folder`, which is gone afterwards unless told to `keep` it.

    `lent`: one that runs already is used instead, and left as it is.
    """
    if lent is not None:
        yield lent
        return
    shutil.rmtree(folder, ignore_errors=True)
    server = Serving(folder, command, *options)
    try:
        server.wait_ready()
        yield server
    finally:
        server.stop()
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def demo(
    folder: Path, events: int, *, keep: bool = False, lent: Serving | None = None
) -> Iterator[Serving]:
    """`desirepath demo` with about `events` events, all loaded."""
    options = ("--events", str(events))
    with serving(folder, "demo", *options, keep=keep, lent=lent) as server:
        server.wait_until(server.folder.root / "demo.filled")
        server.settle()
        yield server


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _write_key(folder: Folder) -> str:
    with Control(folder.control_url()) as control:
        return control.mint_key(DEFAULT_PROJECT, Role.WRITE, name="bench").text
