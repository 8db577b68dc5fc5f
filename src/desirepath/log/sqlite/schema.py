"""What is inside a segment file, and how one is opened.

Every file holds one row in `segment` (which log this is) and the records.
"""

import zlib
from functools import cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import apsw

from desirepath.errors import Misconfigured
from desirepath.log.sqlite import checksum, files

VERSION = 1
PAGE_BYTES = 4096
FRAME_BYTES = PAGE_BYTES + 24  # a page in the -wal file
WAL_HEADER_BYTES = 32
COLUMNS = 11  # of a record, besides its offset

#: More rows in one statement than this are written in blocks of BLOCK_ROWS.
WHOLE_ROWS = 64
BLOCK_ROWS = 256

CREATE = """
CREATE TABLE segment (
    log_id TEXT, shard INTEGER, first INTEGER, created REAL, version INTEGER, crc INTEGER
);
CREATE TABLE records (
    offset INTEGER PRIMARY KEY AUTOINCREMENT, crc INTEGER,
    project TEXT, kind INTEGER, event_id TEXT, known INTEGER,
    month INTEGER, day INTEGER, minute INTEGER, events INTEGER,
    person TEXT, body BLOB
);
"""

IDENTIFY = "INSERT INTO segment VALUES (?, ?, ?, ?, ?, ?)"

IDENTITY = "SELECT log_id, shard, first, created, version, crc FROM segment"

#: The fix of the bug that could corrupt a database when its -wal is started anew.
_OLDEST = (3, 51, 3)
_WITHDRAWN = (3, 52, 0)


class Identity(NamedTuple):
    """Which log a segment file is, and from which offset on."""

    log_id: str
    shard: int
    first: int
    created: float  # Unix seconds
    version: int = VERSION

    def crc(self) -> int:
        return zlib.crc32(repr(tuple(self)).encode())


@cache
def insert(rows: int) -> str:
    """The statement that writes `rows` records: takes `leading(first)`, then their columns.

    One statement for many rows, because the interpreter lock is given up and fought for again
    at every statement, and the event loop wants it too.
    """
    columns = ",?" * (COLUMNS - 1)
    values = ",".join(f"(?1+{row},(?1+{row})%?2*?3+?{columns})" for row in range(rows))
    return f"INSERT INTO records VALUES {values}"


def leading(first: int) -> tuple[int, int, int]:
    """What the statement of `insert` takes before the columns."""
    return first, checksum.PLACES, checksum.IN_BOTH


def require_sqlite(version: str | None = None) -> None:
    """Raise Misconfigured where SQLite is older than 3.51.3, or is the withdrawn 3.52.0."""
    found = version or apsw.sqlite_lib_version()
    number = tuple(int(part) for part in found.split(".")[:3])
    if number < _OLDEST or number == _WITHDRAWN:
        raise Misconfigured(
            f"The log needs SQLite 3.51.3 or newer (3.52.0 excepted), but apsw brought {found}, "
            "which can corrupt a log when its -wal file is started anew. "
            "Install apsw 3.53 or newer from a wheel: pip install --upgrade apsw"
        )


def open_file(path: Path, flags: int, *, vfs: str | None = None) -> apsw.Connection:
    """A connection to an existing segment file; never makes one."""
    db = apsw.Connection(str(path), flags=flags, vfs=vfs, statementcachesize=WHOLE_ROWS + 8)
    db.set_busy_timeout(2000)
    return db


def open_reading(path: Path, *, settled: bool) -> apsw.Connection:
    """A read-only connection that never checkpoints.

    `settled`: nobody writes the file again and it has no -wal; then no lock is taken and no -wal
    or -shm is left beside it. Otherwise what the -wal holds is durable when this returns: whoever
    wrote it may have been killed before the fsync, and recovery believes it anyway.
    """
    uri = f"file:{quote(str(path.absolute()))}?mode=ro" + ("&immutable=1" if settled else "")
    db = apsw.Connection(
        uri, flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI, statementcachesize=16
    )
    try:
        db.set_busy_timeout(2000)
        # Damaged pages are looked at more closely before their content is believed.
        db.execute("PRAGMA cell_size_check = ON")
        if not settled:
            db.execute("PRAGMA schema_version").fetchall()  # the first read is what recovers
            files.sync_wal(path)
    except BaseException:
        db.close(True)
        raise
    return db


def identity(db: apsw.Connection) -> Identity | None:
    """Which log the file is; None where that row does not fit its checksum."""
    row = db.execute(IDENTITY).fetchone()
    if row is None:
        return None
    found = Identity(*row[:5])
    return found if found.crc() == row[5] else None
