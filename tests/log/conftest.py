"""The backends that hold the contract. A new one is a class here, and the suite applies to it."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from desirepath.log.base import Appender, Intake, Log
from desirepath.log.sqlite import GroupCommit, SqliteLog, claim


class Backend(Protocol):
    """One log, empty at first."""

    def appender(self) -> Appender:
        """Another owner: of a shard that nobody owns."""

    def intake(self, *, waiting_records: int = 20_000) -> Intake:
        """The same, for an event loop."""

    def log(self) -> Log:
        """Another reader."""

    def close(self) -> None: ...


class Sqlite:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._opened: list[SqliteLog] = []

    def appender(self) -> Appender:
        return claim(self._folder, reserve_bytes=0)

    def intake(self, *, waiting_records: int = 20_000) -> Intake:
        return GroupCommit(claim(self._folder, reserve_bytes=0), waiting_records=waiting_records)

    def log(self) -> Log:
        self._opened.append(SqliteLog(self._folder))
        return self._opened[-1]

    def close(self) -> None:
        for log in self._opened:
            log.close()


@pytest.fixture
def ram() -> Iterator[Path]:
    """A folder in memory, for tests that write much and need no disk."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


@pytest.fixture(params=["sqlite"])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Backend]:
    made = {"sqlite": Sqlite}[request.param](tmp_path / "log")
    yield made
    made.close()
