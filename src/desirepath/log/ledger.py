"""The loader's book: how far each segment was loaded, and what became of every record.

Positions and tallies move in one transaction, so each record is counted in exactly one class
however often the loader is killed:

    received = stored + duplicate + refused + waiting + expired + erased

`waiting` is what lies in the log behind the positions; everything else is in here.
A stored row expires on a known day, so `expired` needs no look at the store: it is the part of
`stored` whose day has come.
"""

import threading
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import apsw

_SCHEMA = """
CREATE TABLE IF NOT EXISTS positions (
    log_id TEXT PRIMARY KEY,
    shard INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    moved_at REAL NOT NULL,
    finished_at REAL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tallies (
    project TEXT NOT NULL,
    minute INTEGER NOT NULL,
    class TEXT NOT NULL,
    reason TEXT NOT NULL,
    day INTEGER NOT NULL,
    events INTEGER NOT NULL,
    PRIMARY KEY (project, minute, class, reason, day)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value REAL NOT NULL) STRICT, WITHOUT ROWID;
"""


class Tally(NamedTuple):
    """What a number of events is counted under. `day` (yyyymmdd) only where class is stored."""

    project: str
    minute: int  # minutes since 1970 when they were received
    cls: str  # stored, duplicate, refused
    reason: str
    day: int


class Sums(NamedTuple):
    """What became of the events of one project."""

    stored: int
    duplicate: int
    refused: dict[str, int]
    expired: int
    erased: int


class Ledger:
    """`load.db`. The loader writes; anybody may read, from several threads."""

    def __init__(self, path: Path, *, writer: bool = False) -> None:
        flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
        self._db = apsw.Connection(str(path), flags=flags)
        self._db.set_busy_timeout(5000)
        # A connection is for one thread at a time, and a transaction on it for one reader.
        self._one = threading.RLock()
        if writer:
            self._db.pragma("journal_mode", "wal")
            self._db.pragma("synchronous", "full")
        for statement in _SCHEMA.strip().split(";\n"):
            self._db.execute(statement)

    def close(self) -> None:
        """Give the file back."""
        self._db.close()

    def next_epoch(self, now: float) -> int:
        """A number higher than any loader had before: of this folder by the book, and by the
        clock (milliseconds) where the book was lost while the store goes on."""
        sql = (
            "INSERT INTO facts VALUES ('epoch', ?1)"
            " ON CONFLICT DO UPDATE SET value = max(value + 1, ?1) RETURNING value"
        )
        return int(self._db.execute(sql, (int(now * 1000),)).get)

    def begin(self) -> bool:
        """Note that a loader is at work; True where the one before ended in an orderly way."""
        with self._db:
            clean: float = self._db.execute("SELECT value FROM facts WHERE name='clean'").get or 0
            self._note_clean(0)
        return bool(clean)

    def end(self) -> None:
        """Note that the loader ends in an orderly way."""
        with self._db:
            self._note_clean(1)

    def _note_clean(self, value: int) -> None:
        self._db.execute(
            "INSERT INTO facts VALUES ('clean', ?1) ON CONFLICT DO UPDATE SET value = ?1",
            (value,),
        )

    def positions(self) -> dict[str, int]:
        """log_id → the last offset that is fully accounted for."""
        with self._one:
            return dict(self._db.execute("SELECT log_id, offset FROM positions"))

    def advance(
        self, positions: Mapping[tuple[str, int], int], tallies: Counter[Tally], now: float
    ) -> None:
        """Move positions {(log_id, shard): offset} and add `tallies`, in one durable step."""
        with self._db:
            self._db.executemany(
                "INSERT INTO positions (log_id, shard, offset, moved_at) VALUES (?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET offset = excluded.offset, moved_at = excluded.moved_at",
                [(log_id, shard, at, now) for (log_id, shard), at in positions.items()],
            )
            self._db.executemany(
                "INSERT INTO tallies VALUES (?, ?, ?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET events = events + excluded.events",
                [(*tally, events) for tally, events in tallies.items()],
            )

    def moved_at(self) -> float | None:
        """When a position last moved (Unix seconds); None where nothing was loaded yet."""
        with self._one:
            found: float | None = self._db.execute("SELECT max(moved_at) FROM positions").get
        return found

    def finish(self, log_id: str, shard: int, now: float) -> None:
        """Note that a sealed segment was read to its end."""
        with self._db:
            self._db.execute(
                "INSERT INTO positions VALUES (?, ?, 0, ?, ?)"
                " ON CONFLICT DO UPDATE SET finished_at = coalesce(finished_at, excluded.moved_at)",
                (log_id, shard, now, now),
            )

    def finished(self) -> dict[str, float]:
        """log_id → when its segment was read to its end (Unix seconds)."""
        return dict(
            self._db.execute("SELECT log_id, finished_at FROM positions WHERE finished_at NOTNULL")
        )

    def forget(self, log_id: str) -> None:
        """The segment is gone from disk; what was counted stays counted."""
        with self._db:
            self._db.execute("DELETE FROM positions WHERE log_id = ?", (log_id,))

    def sums(self, project: str, since_minute: int, today: int) -> tuple[Sums, dict[str, int]]:
        """The accounting of `project`, and the positions it is exact for, read at one moment."""
        stored = duplicate = expired = erased = 0
        refused: dict[str, int] = {}
        with self._one, self._db:
            for cls, reason, day, events in self._db.execute(
                "SELECT class, reason, day, sum(events) FROM tallies"
                " WHERE project = ? AND minute >= ? GROUP BY class, reason, day",
                (project, since_minute),
            ):
                if cls == "stored" and day > today:
                    stored += events
                elif cls == "stored":
                    expired += events
                elif cls == "duplicate":
                    duplicate += events
                elif cls == "erased":
                    erased += events
                else:
                    refused[reason] = refused.get(reason, 0) + events
            positions = self.positions()
        return Sums(stored, duplicate, refused, expired, erased), positions
