"""What the routes of one web worker work with. Made once, when the worker starts."""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import structlog

from desirepath import intake, place
from desirepath.errors import DesirepathError, StoreDown, Unavailable
from desirepath.folder import Folder
from desirepath.freshness import Freshness
from desirepath.ingest.address import behind
from desirepath.ingest.base import Place
from desirepath.log.ledger import Ledger
from desirepath.log.sqlite import GroupCommit, SqliteLog, claim
from desirepath.projects.directory import Directory
from desirepath.projects.rates import Rates
from desirepath.settings import Settings
from desirepath.store.client import Store

if TYPE_CHECKING:
    from desirepath.projects.control import Control

T = TypeVar("T")

COUNT_EVERY = 1.0  # seconds between two records of events that were refused without content
PING_SECONDS = 1.0  # that a probe waits for the store

_log = structlog.get_logger("desirepath.api")


class Services:
    """Opened by `Services(...)`, given back by `close`."""

    def __init__(self, folder: Folder, settings: Settings) -> None:
        run = folder.run()
        self.folder, self.settings = folder, settings
        self.on_loopback = settings.on_loopback and not settings.require_keys
        self.client_ip = behind(settings.proxies)
        self.directory = Directory(folder.control_url(settings.control_url))
        self.commit = GroupCommit(
            claim(
                folder.log,
                cap_bytes=settings.log_cap_bytes,
                reserve_bytes=settings.log_reserve_bytes,
            )
        )
        self.log = SqliteLog(folder.log)
        self.ledger = Ledger(folder.ledger)
        self.store = Store(
            settings.store_url or (run.store_url() if run else ""),
            query_seconds=settings.query_seconds,
        )
        self.rates = Rates(share=1 / settings.workers)
        self.locate: Callable[[str], Place] | None = (
            place.open_places(settings.place_database) if settings.place_database else None
        )
        self._freshness = Freshness(folder, self.log, self.ledger)
        self._counts: Counter[tuple[str, str]] = Counter()
        self._counting = threading.Lock()
        self._ping: asyncio.Task[str] | None = None
        self._ping_until = 0.0

    @cached_property
    def control(self) -> "Control":
        """For the management routes alone: it brings SQLAlchemy with it."""
        from desirepath.projects.control import Control

        return Control(self.folder.control_url(self.settings.control_url))

    async def in_thread(self, act: Callable[..., T], *given: object) -> T:
        """Run what blocks for a moment in a thread: nothing may hold up the events.

        Not reports: those have threads of their own, so that a slow one holds up nothing else.
        """
        return await asyncio.to_thread(act, *given)

    async def change(self, act: Callable[["Control"], T]) -> T:
        """Change the control data; this worker sees it at once, others within 2 s."""
        return await self.in_thread(self._change, act)

    def _change(self, act: Callable[["Control"], T]) -> T:
        changed = act(self.control)
        self.directory.refresh()
        return changed

    def now(self) -> float:
        """Unix seconds."""
        return time.time()

    def fresh(self) -> int:
        """Wait until what was accepted before is visible; return how many records are not."""
        return self._freshness.wait(self.settings.visible_within_ms)

    def count(self, project: str, reason: str, events: int) -> None:
        """Count events refused without content. Durable within a second, never per request: a
        flood that is refused must not cost a disk write each."""
        with self._counting:
            self._counts[project, reason] += events

    async def write_counts(self) -> None:
        """Write what `count` gathered, every second, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(COUNT_EVERY)
            await self._write_counts(loop)

    async def _write_counts(self, loop: asyncio.AbstractEventLoop) -> None:
        with self._counting:
            counts, self._counts = self._counts, Counter()
        if not counts:
            return
        now = self.now()
        drafts = [intake.of_count(p, reason, n, now) for (p, reason), n in counts.items()]
        try:
            await self.commit.submit(drafts, loop)
        except Unavailable as exc:
            _log.warning("counts of refused events wait for the log", error=exc.message)
            with self._counting:
                self._counts.update(counts)

    async def readiness(self) -> dict[str, str]:
        """Each thing a request needs: `ok`, or the code of the error that asking it gave.

        The code alone, because anybody may ask: the message names paths and addresses.
        """
        checks = {
            "log": await self.in_thread(_check, self.log.segments),
            "control": await self.in_thread(_check, self.directory.projects),
        }
        # A store that hangs must not hang the probes, however often they come: one asks, and the
        # others look whether it was answered.
        if self._ping is None or self._ping.done():
            self._ping = asyncio.create_task(self.in_thread(_check, self.store.ping))
            self._ping_until = time.monotonic() + PING_SECONDS
        left = max(0.0, self._ping_until - time.monotonic())
        done, _ = await asyncio.wait({self._ping}, timeout=left)
        return checks | {"store": self._ping.result() if done else StoreDown.code}

    async def close(self) -> None:
        """Write what is left and give everything back."""
        await self._write_counts(asyncio.get_running_loop())
        await asyncio.to_thread(self.commit.close)
        if "control" in self.__dict__:
            self.control.close()
        self.directory.close()
        self.store.close()
        self.ledger.close()


def _check(act: Callable[[], object]) -> str:
    try:
        act()
    except DesirepathError as exc:
        return exc.code
    return "ok"
