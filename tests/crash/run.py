"""One crash run: start, load, kill at random moments, stop killing, compare."""

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from msgspec import Struct

from desirepath import accounting
from desirepath.errors import Unavailable
from desirepath.folder import Folder
from desirepath.log.ledger import Ledger
from desirepath.log.sqlite import SqliteLog
from desirepath.store.client import Store
from tests.crash.book import Book, Verdict
from tests.crash.clients import Client

CLIENTS = 16
VICTIMS = ("web", "load", "engine")
SETTLE_SECONDS = 120.0


class _Rows(Struct):
    id: str
    rows: int


@dataclass
class Outcome:
    """What a run did and found."""

    verdict: Verdict
    account: accounting.Accounting
    kills: Counter[str] = field(default_factory=Counter)

    @property
    def good(self) -> bool:
        """Store, book and accounting agree."""
        account = self.account
        return (
            self.verdict.good
            # A run in which little was acknowledged has proved little.
            and self.verdict.acknowledged > self.verdict.sent / 10
            and account.waiting == 0
            and account.stored == self.verdict.stored
            and account.received
            == account.stored + account.duplicate + account.refused + account.expired
        )


def crash(
    folder: Path,
    *,
    cycles: int,
    seed: int,
    module: str = "desirepath.cli",
    tell: Callable[[str], None] = lambda _: None,
) -> Outcome:
    """Run `cycles` kills. `module` starts the server: another one may leave a protection out."""
    port, pick, kills = _free_port(), random.Random(seed), Counter[str]()
    server = _start(folder, port, module)
    book, stop = Book(), threading.Event()
    try:
        _wait_for(port)
        clients = [Client(port, book, stop, seed * 1000 + n) for n in range(CLIENTS)]
        for client in clients:
            client.start()
        for cycle in range(cycles):
            # A quarter of the kills hit within 200 ms of a restart.
            time.sleep(pick.uniform(0, 0.2) if pick.random() < 0.25 else pick.uniform(0, 3))
            victim = pick.choice(VICTIMS)
            kills[victim] += _kill(server.pid, victim, pick)
            if cycle % 10 == 9:
                tell(f"{cycle + 1} of {cycles} kills, {len(book.acknowledged):,} events sent")
        stop.set()
        for client in clients:
            client.join(30)
        outcome = _compare(Folder(folder), book, kills)
    finally:
        server.send_signal(signal.SIGTERM)
        code = server.wait(60)
    assert code == 0, f"the server ended with {code}"
    return outcome


def _start(folder: Path, port: int, module: str) -> subprocess.Popen[bytes]:
    environment = os.environ | {"DESIREPATH_LOG_LEVEL": "error"}
    command = [sys.executable, "-m", module, "serve", "--data", str(folder)]
    command += ["--port", str(port), "--workers", "2"]
    with (folder.parent / "server.log").open("ab") as output:
        return subprocess.Popen(command, env=environment, stdout=output, stderr=output)


def _kill(supervisor: int, victim: str, pick: random.Random) -> int:
    mark = {"web": "web", "load": "load", "engine": "desirepath.engine"}[victim]
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        running = [
            child for child in psutil.Process(supervisor).children() if mark in _command(child)
        ]
        if running:
            pick.choice(running).kill()
            return 1
        time.sleep(0.01)  # it is just being started again
    raise AssertionError(f"{victim} was not started again within 30 s")


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def _compare(folder: Folder, book: Book, kills: Counter[str]) -> Outcome:
    log, ledger = SqliteLog(folder.log), Ledger(folder.ledger)
    deadline = time.monotonic() + SETTLE_SECONDS
    while accounting.backlog(log, ledger) and time.monotonic() < deadline:
        time.sleep(0.2)
    run = folder.run()
    assert run is not None
    store = Store(run.store_url(), query_seconds=120)
    sql = "SELECT toString(event_id) AS id, count() AS rows FROM events GROUP BY event_id"
    while True:
        try:
            found = store.rows(sql, _Rows).data
            break
        except Unavailable:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
    verdict = book.compare({row.id: row.rows for row in found})
    outcome = Outcome(verdict, accounting.account(log, ledger, "default"), kills)
    store.close()
    ledger.close()
    return outcome


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the server did not start; see server.log")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
