"""The loader process: gathers what came in, loads it, answers the bell, tidies up."""

import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator

import structlog

from desirepath.bell import Bell
from desirepath.errors import LogCorrupt, StoreRefused, Unavailable
from desirepath.folder import Folder, Run
from desirepath.loader import Loader
from desirepath.log.ledger import Ledger
from desirepath.log.sqlite import SqliteLog
from desirepath.roles.numbers import Loading
from desirepath.settings import Settings
from desirepath.store import migrate
from desirepath.store.client import Store
from desirepath.verify import Verified, verify

TIDY_EVERY = 60.0  # seconds
LOOK_EVERY = 1.0  # seconds, at how much room the log has
FULL = 0.75  # of its cap: from here on what is loaded makes room for what is new

_log = structlog.get_logger("desirepath.load")


def run(folder: Folder, settings: Settings) -> int:
    """Load until SIGTERM; then load what is left, for at most a few seconds, and end."""
    published = folder.run()
    if published is None:
        _log.error("there is no run.json: the loader is started by `desirepath serve`")
        return 2
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    Process(folder, settings, published, stop).run()
    return 0


class Process:
    """One loader and what it needs; restarts nothing, waits for the store as long as it takes."""

    def __init__(self, folder: Folder, settings: Settings, run: Run, stop: threading.Event) -> None:
        self._log = SqliteLog(folder.log)
        self._ledger = Ledger(folder.ledger, writer=True)
        self._bell = Bell(run.bell_port, run.bell_secret)
        self._numbers = Loading()
        self._stop = stop
        self._every = settings.load_every_ms / 1000
        self._folder = folder.log
        self._cap, self._reserve = settings.log_cap_bytes, settings.log_reserve_bytes
        self._store = Store(settings.store_url or run.store_url(writer=True))
        self._url = settings.store_url or run.store_url(writer=True, database="default")

    def run(self) -> None:
        """The main loop."""
        if not self._prepare():
            return
        loader = Loader(self._log, self._store, self._ledger)
        clean = self._ledger.begin()
        unverified = (
            iter(()) if clean else verify(self._log, self._store, self._ledger, loader.epoch)
        )
        tidied = looked = 0.0
        while not self._stop.is_set():
            if not self._pass(loader):
                self._quietly(lambda: _next(unverified))
            if time.monotonic() - tidied > TIDY_EVERY:
                self._quietly(loader.tidy)
                tidied = time.monotonic()
            if time.monotonic() - looked > LOOK_EVERY:
                self._quietly(lambda: loader.make_room(self._short_of()))
                looked = time.monotonic()
            self._bell.rung.wait(self._every)
            # Whoever rang between here and the look at the log's ends is served by this pass.
            self._bell.rung.clear()
        self._pass(loader)
        self._bell.close()
        self._ledger.end()
        self._ledger.close()
        self._store.close()

    def _prepare(self) -> bool:
        while not self._stop.is_set():
            try:
                plain = Store(self._url)
                migrate.create_database(plain)
                plain.close()
                for name in migrate.migrate(self._store):
                    _log.info("the store's schema moved on", step=name)
            except Unavailable as exc:
                _log.debug("waiting for the store", error=exc.message)
                self._stop.wait(0.05)
            else:
                return True
        return False

    def _pass(self, loader: Loader) -> int:
        """Load what is there now, and wake whoever waits for it; returns how many were read.

        What comes meanwhile is left to the next pass, unless somebody rings: a lone insert costs as
        much as some two thousand rows (docs/decisions/gathered-inserts.md).
        """
        records, goal = 0, loader.ends()
        self._bell.answer_those_at(goal, loader.visible)
        while any(loader.visible.get(log_id, 0) < end for log_id, end in goal.items()):
            began = time.perf_counter()
            step = self._quietly(
                lambda: loader.step(lambda: self._bell.answer_those_at(None, loader.visible))
            )
            if not step:
                break
            self._numbers.loaded(step, time.perf_counter() - began)
            records += step
            self._bell.answer_those_at(loader.ends(), loader.visible)
        return records

    def _short_of(self) -> int:
        """Bytes of the log that should go before there is no room for new events; 0 or less: none.

        Well before its cap, and before the disk has less free than twice what is kept in reserve.
        """
        used = sum(segment.bytes for segment in self._log.segments())
        free = shutil.disk_usage(self._folder).free
        return max(used - round(self._cap * FULL), 2 * self._reserve - free)

    def _quietly(self, act: Callable[[], int | None]) -> int:
        try:
            return act() or 0
        except Unavailable as exc:
            self._numbers.failed(exc.code)
            _log.warning("the store is away; events are safe in the log", error=exc.message)
            self._stop.wait(min(exc.retry_after, 1))
        except (StoreRefused, LogCorrupt) as exc:
            self._numbers.failed(exc.code)
            _log.error("loading stopped at something it cannot pass", error=str(exc))
            self._stop.wait(1)
        return 0


def _next(unverified: Iterator[Verified]) -> int:
    found = next(unverified, None)
    return found.records if found else 0
