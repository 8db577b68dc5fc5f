"""Group commit: many requests of an event loop in one durable transaction.

The event loop submits and awaits; one thread writes. While it waits for the disk, submissions
gather, and the next transaction takes them all: no timer, so a lone request is not held up, and
under load a commit serves hundreds.

First come, first served, and all that a submission holds goes into one transaction. What waits is
bounded; beyond that a submission is refused at once rather than kept waiting.
"""

import asyncio
import threading
from collections.abc import Sequence
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple

import structlog

from desirepath.errors import LogBroken, LogFull, Unavailable
from desirepath.log.base import Draft
from desirepath.log.sqlite import checksum, schema
from desirepath.log.sqlite.appender import SqliteAppender

#: One transaction: large enough to be efficient, small enough that nobody waits long for it.
COMMIT_RECORDS = 2_000
COMMIT_BYTES = 4 << 20

_log = structlog.get_logger("desirepath.log")


class _Submission(NamedTuple):
    values: list[Any]
    records: int
    size: int
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[None]


class GroupCommit:
    """Owns the appender from here on, and a thread that is the only one to use it."""

    def __init__(
        self,
        appender: SqliteAppender,
        *,
        waiting_records: int = 20_000,
        waiting_bytes: int = 32 << 20,
    ) -> None:
        self._appender = appender
        self._most_records = waiting_records
        self._most_bytes = waiting_bytes
        self._lock = threading.Lock()
        self._records = 0
        self._bytes = 0
        self._closing = False
        self._give_up = False
        self._queue: SimpleQueue[_Submission | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Records submitted and not yet durable."""
        return self._records

    def submit(
        self, drafts: Sequence[Draft], loop: asyncio.AbstractEventLoop
    ) -> asyncio.Future[None]:
        """A future of `loop` that resolves when `drafts` are durable, or raises LogFull or
        LogBroken: then they may or may not be in the log.

        Raises LogFull at once where too much waits already, and what `checksum.flatten` raises
        for a draft that cannot be kept.
        """
        values, size = checksum.flatten(drafts)
        records = len(values) // schema.COLUMNS
        future = loop.create_future()
        if not records:
            future.set_result(None)
            return future
        with self._lock:
            if self._closing:
                raise LogBroken("the log is closing: this process is stopping")
            # Alone, a submission of any size is taken: no wait would make it fit.
            if self._records and (
                self._records + records > self._most_records
                or self._bytes + size > self._most_bytes
            ):
                raise LogFull(f"{self._records} records already wait to be written")
            self._records += records
            self._bytes += size
            self._queue.put(_Submission(values, records, size, loop, future))
        return future

    def close(self, deadline: float = 10.0) -> bool:
        """Write what waits, and give the shard up; False where that took over `deadline` seconds.

        What could not be written by then is refused with LogBroken. Blocks: an event loop that
        still has answers to send calls it in a thread.
        """
        with self._lock:
            if not self._closing:
                self._closing = True
                self._queue.put(None)
        self._thread.join(deadline)
        self._give_up = True
        return not self._thread.is_alive()

    def _run(self) -> None:
        closing = False
        while not closing:
            try:
                first = self._queue.get(timeout=self._appender.tend_seconds)
            except Empty:
                self._appender.tend()
                continue
            batch: list[_Submission] = []
            closing = self._gather(first, batch)
            if batch:
                self._commit(batch)
        self._appender.close()

    def _gather(self, first: _Submission | None, batch: list[_Submission]) -> bool:
        # Fill `batch` with what waits; True: nothing comes after it.
        records = size = 0
        found = first
        while found is not None:
            batch.append(found)
            records += found.records
            size += found.size
            if records >= COMMIT_RECORDS or size >= COMMIT_BYTES:
                return False
            try:
                found = self._queue.get_nowait()
            except Empty:
                return False
        return True

    def _commit(self, batch: list[_Submission]) -> None:
        values = batch[0].values
        for other in batch[1:]:
            values += other.values
        size = sum(one.size for one in batch)
        refusal: Unavailable | None = None
        try:
            if self._give_up:
                raise LogBroken("the log was closed before this could be written")
            self._appender.write(values, size)
        except Unavailable as exc:
            refusal = exc
        except Exception as exc:  # noqa: BLE001  a dead thread would leave every request hanging
            _log.exception("a commit failed for a reason of its own")
            refusal = LogBroken(f"the log could not write: {exc}")
        with self._lock:
            self._records -= sum(one.records for one in batch)
            self._bytes -= size
        _tell(batch, refusal)
        self._appender.tend()


def _tell(batch: list[_Submission], refusal: Unavailable | None) -> None:
    # One wake-up of the event loop for the whole transaction. Nearly always there is one loop.
    loops = {one.loop for one in batch}
    for loop in loops:
        futures = [one.future for one in batch if one.loop is loop]
        try:
            loop.call_soon_threadsafe(_resolve, futures, refusal)
        except RuntimeError:
            continue  # the loop is closed: nobody waits there any more


def _resolve(futures: list[asyncio.Future[None]], refusal: Unavailable | None) -> None:
    for future in futures:
        if future.done():
            continue  # whoever waited has gone
        if refusal is None:
            future.set_result(None)
        else:
            # One each: raising writes into an exception.
            future.set_exception(type(refusal)(refusal.message, retry_after=refusal.retry_after))
