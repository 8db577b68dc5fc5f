"""A pass of the loader process ends, however fast events come: the next one takes the rest."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest

from desirepath import intake
from desirepath.folder import Folder
from desirepath.loader import Loader
from desirepath.log.sqlite import SqliteAppender, claim
from desirepath.model.event import Event
from desirepath.roles.load import Process
from desirepath.settings import load_settings
from desirepath.store.client import DATABASE, Store
from desirepath.store.migrate import create_database
from tests.services.engine import start_engine


class Pursued(Loader):
    """A loader behind which an event comes with every step it takes."""

    appender: SqliteAppender
    steps = 0

    def step(self, on_visible: Callable[[], None] | None = None) -> int:
        self.steps += 1
        assert self.steps < 10, "the pass does not end"
        send(self.appender)
        read = super().step(on_visible)
        send(self.appender)
        return read


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    folder = Folder(tmp_path)
    folder.create()
    folder.own()
    with start_engine(tmp_path / "store") as engine:
        with closing(Store(engine.url)) as server:
            create_database(server)
        settings = load_settings(data=tmp_path, store_url=f"{engine.url}/{DATABASE}")
        process = Process(folder, settings, folder.publish(), threading.Event())
        assert process._prepare()
        yield process
        process._bell.close()
        process._ledger.close()
        process._store.close()
    folder.leave()


def test_a_pass_ends_while_events_keep_coming(process: Process, tmp_path: Path) -> None:
    loader = Pursued(process._log, process._store, process._ledger)
    loader.appender = claim(tmp_path / "log")
    send(loader.appender)

    assert process._pass(loader) == 2  # the one that was there, and the one read along with it
    assert process._pass(loader) == 2
    assert loader.steps == 2
    loader.appender.close()


def send(appender: SqliteAppender) -> None:
    now = round(time.time(), 3)
    event = Event(
        surface="trackflow",
        type="page_view",
        event_id=str(uuid4()),
        time=now,
        received_at=now,
        expires_at="2100-01-01",
    )
    appender.append([intake.of_event("default", event, known=True)])
