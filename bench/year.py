"""A store with a year of events, made once inside the engine and kept in `bench/.work/`.

A folder is named after its size and after what made it, so a change of the schema or of year.sql
makes it anew; the older one is removed.
"""

import hashlib
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

from msgspec import Struct
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from desirepath.store.client import DATABASE, Store
from desirepath.store.migrate import create_database, migrate
from tests.services.engine import EngineHandle, start_engine

#: The year ends here (2026-11-01T00:00:00Z); reports are asked as of this moment.
END = 1_793_491_200
PROJECT = "large"  # about 60% of all events
CHUNK = 500_000
MAKING_BYTES = 4 << 30  # memory of the engine that makes it; the one that answers has the default
_SQL = Path(__file__).with_name("year.sql").read_text()
_WHOLE = "whole"  # in the folder: every event is there


class _Merges(Struct):
    running: int


class Year:
    """An open year: the engine, and the folder its files lie in."""

    def __init__(self, engine: EngineHandle, folder: Path) -> None:
        self.folder, self.url = folder, engine.url
        self.reader = Store(f"{engine.read_url}/{DATABASE}", query_seconds=300)
        self.writer = Store(f"{engine.url}/{DATABASE}", query_seconds=600)

    def close(self) -> None:
        """Give the connections back."""
        self.reader.close()
        self.writer.close()


@contextmanager
def year(work: Path, events: int) -> Iterator[Year]:
    """A year of `events` events; made first where it is not there."""
    folder = work / f"year-{events}-{_made_by()}"
    if not (folder / _WHOLE).exists():
        for older in work.glob(f"year-{events}-*"):
            shutil.rmtree(older)
        folder.mkdir(parents=True)
        with _opened(folder, "--memory", str(MAKING_BYTES)) as made:
            _make(made, events)
        (folder / _WHOLE).touch()
    with _opened(folder) as found:
        yield found


@contextmanager
def _opened(folder: Path, *options: str) -> Iterator[Year]:
    with start_engine(folder / "engine", *options) as engine:
        found = Year(engine, folder)
        try:
            yield found
        finally:
            found.close()


def _make(into: Year, events: int) -> None:
    plain = Store(into.url)
    create_database(plain)
    plain.close()
    migrate(into.writer)
    console = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    with Progress(
        *columns, TimeRemainingColumn(), console=console, disable=not sys.stderr.isatty()
    ) as bar:
        task = bar.add_task("a year of events", total=events)
        for first in range(0, events, CHUNK):
            rows = min(CHUNK, events - first)
            into.writer.execute(_SQL, first=first, rows=rows, total=events, end=END)
            bar.advance(task, rows)
    _settle(into.writer)


def _settle(store: Store) -> None:
    """Until the store has merged what it wants to merge."""
    idle = 0
    while idle < 5:
        running = store.rows("SELECT count() AS running FROM system.merges", _Merges).data
        idle = 0 if running[0].running else idle + 1
        time.sleep(0.1)


def _made_by() -> str:
    schema = files("desirepath.store") / "schema" / "0001_events.sql"
    return hashlib.sha256((schema.read_text() + _SQL).encode()).hexdigest()[:8]
