"""The data folder: where everything lies, who owns it, and how to reach the owner.

serve.lock    held (flock) by the owner: one server, or one command that works without one
run.json      0600: addresses and secrets of the owner's processes
control.db    projects, keys, settings, salts
admin.key     0600: the first admin key
log/          what came in (docs/log.md)
load.db       what became of it
engine/       the store's own files
"""

import fcntl
import os
import secrets
import socket
from pathlib import Path

import msgspec
from msgspec import Struct

from desirepath.errors import Locked, Misconfigured
from desirepath.store.client import DATABASE


class Run(Struct, frozen=True, kw_only=True):
    """How to reach the owner of a folder, and its processes each other."""

    pid: int
    url: str = ""  # of the web server; '' where the owner is a command
    engine_port: int
    write_secret: str
    read_secret: str
    bell_port: int
    bell_secret: str

    def store_url(self, *, writer: bool = False, database: str = DATABASE) -> str:
        """The embedded engine, as a client's URL."""
        user = f"loader:{self.write_secret}" if writer else f"reader:{self.read_secret}"
        return f"http://{user}@127.0.0.1:{self.engine_port}/{database}"


class Folder:
    """Paths under the data folder. Nothing is created before `create`."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self.engine = self.root / "engine"
        self.log = self.root / "log"
        self.ledger = self.root / "load.db"
        self.control = self.root / "control.db"
        self.admin_key = self.root / "admin.key"
        self.imports = self.root / "imports"
        self._run = self.root / "run.json"
        self._lock_path = self.root / "serve.lock"
        self._lock: int | None = None

    def create(self) -> None:
        """Make the folder, readable by its owner alone."""
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.log.mkdir(mode=0o700, exist_ok=True)
        except OSError as exc:
            raise Misconfigured(
                f"cannot use {self.root} as the data folder: {exc.strerror};"
                " choose another with --data or DESIREPATH_DATA"
            ) from exc

    def control_url(self, configured: str = "") -> str:
        """Where the control data is: as configured, else in the folder."""
        return configured or f"sqlite:///{self.control}"

    def own(self) -> None:
        """Become the owner, until this process ends. Raises Locked where somebody is."""
        lock = os.open(self._lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            run = self.run()
            who = f"process {run.pid}" + (f" at {run.url}" if run.url else "") if run else "another"
            raise Locked(
                f"{self.root} is in use by {who}: stop it first, or choose another with --data"
            ) from None
        self._lock = lock

    def owned(self) -> bool:
        """Somebody owns the folder now."""
        try:
            lock = os.open(self._lock_path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(lock)
        return False

    def publish(self, url: str = "") -> Run:
        """Choose ports and secrets for this run, and write them where children can read them."""
        run = Run(
            pid=os.getpid(),
            url=url,
            engine_port=_free_port(),
            write_secret=secrets.token_urlsafe(32),
            read_secret=secrets.token_urlsafe(32),
            bell_port=_free_port(),
            bell_secret=secrets.token_urlsafe(32),
        )
        partial = self._run.with_suffix(".new")
        partial.touch(mode=0o600)
        partial.write_bytes(msgspec.json.encode(run))
        partial.replace(self._run)
        return run

    def run(self) -> Run | None:
        """How to reach the owner; None where there never was one."""
        try:
            return msgspec.json.decode(self._run.read_bytes(), type=Run)
        except FileNotFoundError:
            return None

    def leave(self) -> None:
        """Take back what `publish` and `own` did."""
        self._run.unlink(missing_ok=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
