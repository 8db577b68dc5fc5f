"""What the owner before left in a shard: made complete, before anything new is written.

A segment whose owner was killed keeps its last commits in its -wal. They are moved into the
database here, so that a log at rest is made of whole files. Where that fails (a full disk), or
would throw something away (a damaged -wal), the segment stays as it is: readers can read it so.
"""

import re
from pathlib import Path
from typing import NamedTuple

import apsw
import structlog

from desirepath.log.sqlite import files, schema
from desirepath.log.sqlite.board import Notice
from desirepath.log.sqlite.extent import extent, is_whole

_OURS = re.compile(r"(\d{8,}-[0-9a-f]{32}\.db)(.+)", re.ASCII).fullmatch

_log = structlog.get_logger("desirepath.log")


class Left(NamedTuple):
    """Where the owner before stopped. `log_id` is '' where the shard is new."""

    log_id: str
    number: int  # of its last segment
    end: int  # the last offset of that, never too low


def tidy(folder: Path, shard: int, notice: Notice | None, *, vfs: str | None) -> Left:
    """Complete what lies in the shard; say how far it goes. The caller owns the shard."""
    _remove_debris(folder / str(shard))
    chain = files.segment_files(folder, shard)
    for at, file in enumerate(chain):
        if files.wal(file.path).exists():
            _complete(chain, at, notice, vfs)
    noted = notice.end if notice else 0
    if not chain:
        return Left(notice.log_id if notice else "", 0, noted)
    last = chain[-1]
    try:
        end = extent(chain, len(chain) - 1, notice).end
    except apsw.Error as exc:
        # Not to be read now, perhaps later: no offset that it may hold is given again.
        _log.error("a segment cannot be read", path=str(last.path), error=str(exc))
        end = noted + last.size()
    return Left(last.log_id, last.number, end)


def _complete(
    chain: list[files.SegmentFile], at: int, notice: Notice | None, vfs: str | None
) -> None:
    file = chain[at]
    try:
        if not is_whole(chain, at, notice):
            # SQLite gave up on a part of the -wal. What it holds is not thrown away here.
            _log.error("a segment lacks acknowledged records", path=str(file.path))
            return
        db = schema.open_file(file.path, apsw.SQLITE_OPEN_READWRITE, vfs=vfs)
        try:
            # Closing must not fsync again what may just have failed to.
            db.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
            db.execute("PRAGMA schema_version").fetchall()  # before it there is no -wal to it
            db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
            db.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0)
        finally:
            db.close(True)
    except apsw.Error as exc:
        _log.warning("a segment stays with its -wal", path=str(file.path), error=str(exc))


def _remove_debris(place: Path) -> None:
    # What was being made or removed when a process died.
    for path in place.iterdir():
        ours = _OURS(path.name)
        if ours and (ours[2].startswith(files.UNFINISHED) or not (place / ours[1]).exists()):
            path.unlink(missing_ok=True)
