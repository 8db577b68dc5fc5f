"""Reading the log, from any process, while others write it.

Connections are read-only: a reader never checkpoints, and leaves every -wal as it is. One object
may be shared by threads.
"""

import fcntl
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar, cast

import apsw
import structlog

from desirepath.errors import Locked, LogBroken, LogCorrupt, NotFound
from desirepath.log.base import Record, Segment
from desirepath.log.sqlite import files, reading, schema
from desirepath.log.sqlite.extent import DAMAGE, Extent, extent
from desirepath.log.sqlite.shelf import Listed, Seen, Shelf

T = TypeVar("T")

_CONNECTIONS = 4
#: Trimmed segments that are still known to have been there.
_REMEMBERED = 10_000

_log = structlog.get_logger("desirepath.log")


class SqliteLog:
    """Implements `base.Log` over a log folder, which need not be there yet."""

    def __init__(self, folder: Path | str, *, connections: int = _CONNECTIONS) -> None:
        schema.require_sqlite()
        self._folder = Path(folder).absolute()
        self._seen = Seen(self._folder)
        self._shelves: dict[int, Shelf] = {}
        self._by_id: dict[str, tuple[Shelf, Listed]] = {}
        self._gone: dict[str, int] = {}  # log_id → the first offset of a segment that was here
        self._open: OrderedDict[str, apsw.Connection] = OrderedDict()
        self._most_open = connections
        self._lock = threading.RLock()

    def segments(self) -> list[Segment]:
        """Every segment there is, oldest first within a shard."""
        with self._lock:
            self._refresh()
            found = []
            for shelf in self._shelves.values():
                for one in shelf.segments:
                    try:
                        found.append(self._describe(shelf, one))
                    except apsw.CantOpenError:
                        continue  # trimmed since it was listed
            return found

    def newest(self) -> dict[str, int]:
        """The last durable offset of the newest segment of every shard, by log_id.

        Equal to the answer before: nothing was written since. Costs microseconds.
        A segment may be named here that was trimmed meanwhile.
        """
        with self._lock:
            self._list_shards()
            found = {}
            for shelf in self._shelves.values():
                notice = shelf.notice()
                if notice is not None:
                    found[notice.log_id] = notice.end
                else:
                    self._refresh_shelf(shelf)
                    for one in shelf.segments[-1:]:
                        found[one.file.log_id] = self.end(one.file.log_id)
            return found

    def read(self, log_id: str, after: int, *, records: int, size: int) -> list[Record]:
        """At most `records` records or about `size` bytes of bodies, with offset > `after`.

        Raises LogCorrupt where the next records cannot be read, after all before them were
        handed out.
        """

        def fetch(shelf: Shelf, one: Listed) -> list[Record]:
            first, end = self._extent(shelf, one)
            start = max(after, first - 1)
            if start >= end or records <= 0:
                return []
            try:
                db = self._connection(one)
                found, damaged = reading.read(db, start, end, records=records, size=size)
            except DAMAGE:  # not even to be opened
                found, damaged = [], end - start
            if damaged:
                raise _corrupt(one, start + 1, start + damaged)
            return found

        return self._with(log_id, fetch, [])

    def end(self, log_id: str) -> int:
        """The last offset that was durably written; `first - 1` where there is none."""
        first = self._gone.get(log_id, 1)
        return self._with(log_id, lambda shelf, one: self._extent(shelf, one).end, first - 1)

    def waiting(self, log_id: str, after: int, until: int) -> Iterator[tuple[str, int, int]]:
        """(project, kind, events) with after < offset <= until, summed.

        Trusts what it adds up: damage to single records only shows when they are read.
        """

        def add_up(shelf: Shelf, one: Listed) -> list[tuple[str, int, int]]:
            first, end = self._extent(shelf, one)
            start, stop = max(after, first - 1), min(until, end)
            if start >= stop:
                return []
            try:
                rows = self._connection(one).execute(reading.WAITING, (start, stop)).fetchall()
                return cast(list[tuple[str, int, int]], rows)
            except DAMAGE as exc:
                raise _corrupt(one, start + 1, stop) from exc

        nothing: list[tuple[str, int, int]] = []
        return iter(self._with(log_id, add_up, nothing))

    def trim(self, log_id: str) -> None:
        """Remove a sealed segment for good. Raises Locked while it may still be written."""

        def remove(shelf: Shelf, one: Listed) -> None:
            path = one.file.path
            self._refresh_shelf(shelf)
            if log_id not in self._by_id:
                return
            if not one.sealed:
                raise Locked(f"{path} is still being written: it can be trimmed once it is sealed")
            self._forget_connection(log_id)
            if shelf.segments[-1] is not one:
                files.remove(path)
                return
            # The last of a shard: a new owner might be completing it at this moment.
            fd = os.open(path.with_name(files.OWNER), os.O_RDWR | os.O_CLOEXEC)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if self._is_final(shelf, log_id):
                    files.remove(path)
                    return
                raise Locked(f"{path}: its shard has just got a new owner; try again") from None
            else:
                files.remove(path)
            finally:
                os.close(fd)

        self._with(log_id, remove, None)

    def close(self) -> None:
        """Close what is open; the log can be used again and opens anew."""
        with self._lock:
            for db in self._open.values():
                db.close(True)
            self._open.clear()
            for shelf in self._shelves.values():
                shelf.close()
            self._shelves.clear()
            self._by_id.clear()
            self._seen = Seen(self._folder)

    def _with(self, log_id: str, act: Callable[[Shelf, Listed], T], gone: T) -> T:
        # Run `act` on a segment; `gone` where it was trimmed, even at this moment.
        with self._lock:
            for _ in range(2):
                if log_id not in self._by_id or not self._by_id[log_id][1].sealed:
                    self._refresh()
                if log_id not in self._by_id:
                    break
                shelf, one = self._by_id[log_id]
                try:
                    return act(shelf, one)
                except apsw.CantOpenError as exc:
                    self._forget_connection(log_id)
                    if one.file.path.exists():
                        raise _unreadable(one, exc) from exc
                    self._refresh()
                except (apsw.Error, OSError) as exc:
                    self._forget_connection(log_id)
                    raise _unreadable(one, exc) from exc
            if log_id in self._gone:
                return gone
            raise NotFound(f"{self._folder}: there is no segment {log_id}")

    def _list_shards(self) -> None:
        if self._seen.changed():
            for shard in files.shards(self._folder):
                if shard not in self._shelves:
                    self._shelves[shard] = Shelf(self._folder, shard)

    def _refresh(self) -> None:
        self._list_shards()
        for shelf in self._shelves.values():
            self._refresh_shelf(shelf)

    def _refresh_shelf(self, shelf: Shelf) -> None:
        if not shelf.refresh():
            return
        there = {one.file.log_id: (shelf, one) for one in shelf.segments}
        for log_id, (other, one) in list(self._by_id.items()):
            if other is shelf and log_id not in there:
                self._gone[log_id] = one.first or 1
                if len(self._gone) > _REMEMBERED:
                    del self._gone[next(iter(self._gone))]
                del self._by_id[log_id]
                self._forget_connection(log_id)
        self._by_id.update(there)

    def _describe(self, shelf: Shelf, one: Listed) -> Segment:
        if one.sealed and one.bytes is not None:
            size = one.bytes
        else:
            size = one.file.size()
            if one.sealed and one.file.wal_bytes() == 0:
                one.bytes = size
        first = one.first
        if first is None:
            try:
                first = self._extent(shelf, one).first
            except apsw.IOError as exc:  # one bad sector must not hide the other segments
                _log.error("a segment cannot be read", path=str(one.file.path), error=str(exc))
                first = 1
        return Segment(one.file.log_id, one.file.shard, first, one.sealed, size)

    def _extent(self, shelf: Shelf, one: Listed) -> Extent:
        if one.extent is not None:
            return one.extent
        chain = [listed.file for listed in shelf.segments]
        at = shelf.segments.index(one)
        notice = shelf.notice()
        growing = not shelf.segments[-1].sealed
        if one.sealed:
            one.extent = extent(chain, at, notice, growing=growing)
            one.first = one.extent.first
            return one.extent
        if notice is not None and notice.log_id == one.file.log_id and one.first is not None:
            return Extent(one.first, notice.end)
        found = extent(chain, at, notice, growing=growing)
        one.first = found.first
        return found

    def _connection(self, one: Listed) -> apsw.Connection:
        log_id = one.file.log_id
        db = self._open.get(log_id)
        if db is None:
            settled = one.sealed and one.file.wal_bytes() == 0
            db = self._open[log_id] = schema.open_reading(one.file.path, settled=settled)
            while len(self._open) > self._most_open:
                self._open.popitem(last=False)[1].close(True)
        else:
            self._open.move_to_end(log_id)
        return db

    def _forget_connection(self, log_id: str) -> None:
        db = self._open.pop(log_id, None)
        if db is not None:
            db.close(True)

    def _is_final(self, shelf: Shelf, log_id: str) -> bool:
        notice = shelf.notice()
        return notice is not None and notice.log_id == log_id and notice.final


def _corrupt(one: Listed, first: int, last: int) -> LogCorrupt:
    file = one.file
    return LogCorrupt(
        f"{file.path}: the records with offsets {first} to {last} cannot be read; "
        "what comes behind them can (docs/log.md says what to do)",
        path=str(file.path),
        log_id=file.log_id,
        first=first,
        last=last,
    )


def _unreadable(one: Listed, exc: Exception) -> LogBroken:
    return LogBroken(f"{one.file.path}: the disk refused to be read ({exc})")
