"""A real log, a real store and a real ledger, put together as the loader process does."""

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from uuid import uuid4

import pytest
from msgspec import Struct

from desirepath import accounting, intake
from desirepath.accounting import Accounting
from desirepath.loader import Loader
from desirepath.log.base import Draft
from desirepath.log.ledger import Ledger
from desirepath.log.sqlite import SqliteAppender, SqliteLog, claim
from desirepath.model.event import Event, Refusal
from desirepath.store.client import Store

FOREVER = "2100-01-01"


class Row(Struct):
    """What is looked at of a stored event."""

    event_id: str
    rows: int


class Bench:
    """One log with its loader; `restart` is what a crash of the loader leaves."""

    def __init__(self, folder: Path, store: Store) -> None:
        self.folder, self.store = folder, store
        self.project = f"p{uuid4().hex[:12]}"
        self.appender: SqliteAppender = claim(folder / "log")
        self.log = SqliteLog(folder / "log")
        self.ledger = Ledger(folder / "load.db", writer=True)
        self.loader = Loader(self.log, store, self.ledger)

    def restart(self, kind: Callable[..., Loader] = Loader) -> None:
        """A new loader that knows only what the old one made durable."""
        self.ledger.close()
        self.ledger = Ledger(self.folder / "load.db", writer=True)
        self.loader = kind(self.log, self.store, self.ledger)

    def reopen(self) -> None:
        """A new owner of the shard: a new segment."""
        self.appender.close()
        self.appender = claim(self.folder / "log")

    def send(self, *ids: str, known: bool = True, times: Sequence[float] = ()) -> None:
        """Append events with these ids."""
        now = round(time.time(), 3)
        drafts: list[Draft] = []
        for at, one in enumerate(ids):
            event = Event(
                surface="trackflow",
                type="page_view",
                event_id=one,
                time=times[at] if times else now,
                received_at=now,
                expires_at=FOREVER,
                session_id="s",
            )
            drafts.append(intake.of_event(self.project, event, known))
        self.appender.append(drafts)

    def refuse(self, reason: str) -> None:
        """Append an event that was not taken."""
        refusal = Refusal(reason=reason, received_at=time.time(), expires_at=FOREVER, body="{}")
        self.appender.append([intake.of_refusal(self.project, refusal)])

    def append(self, *drafts: Draft) -> None:
        """Append drafts as they are."""
        self.appender.append(drafts)

    def load(self) -> int:
        """Load everything; returns how many records were read."""
        read = 0
        while step := self.loader.step():
            read += step
        return read

    def stored(self) -> dict[str, int]:
        """event id → rows, as the store has them."""
        sql = (
            "SELECT toString(event_id) AS event_id, count() AS rows FROM events AS e"
            " WHERE project = {project:String} GROUP BY e.event_id"
        )
        found = self.store.rows(sql, Row, project=self.project)
        return {row.event_id: row.rows for row in found.data}

    def account(self) -> Accounting:
        """What became of the project's events."""
        return accounting.account(self.log, self.ledger, self.project)


@pytest.fixture
def bench(tmp_path: Path, store: Store) -> Iterator[Bench]:
    found = Bench(tmp_path, store)
    yield found
    found.appender.close()
    found.ledger.close()


def ids(count: int) -> list[str]:
    """So many new event ids."""
    return [str(uuid4()) for _ in range(count)]
