"""The segment that is being written: one connection, used by one thread at a time.

SQLite's own checkpoints are off. They would run inside a commit, and they ignore a failed fsync;
here a checkpoint comes after the commit is answered, and one that fails ends the segment.
"""

import errno
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import apsw

from desirepath.log.sqlite import files, schema

#: Tests of power loss set it to OFF to see that they would notice.
SYNCHRONOUS = "FULL"

_WRITING = apsw.SQLITE_OPEN_READWRITE
#: Milliseconds that the end of a segment waits for readers of it, and everybody who writes with it.
_PATIENCE = 20
_RECORD_OVERHEAD = 64  # bytes of a record in the file, beside its texts and its body


class HotSegment:
    """An open segment. After any apsw.Error it is only good for `abandon`."""

    def __init__(self, file: files.SegmentFile, first: int, *, vfs: str | None) -> None:
        self.file = file
        self.id = UUID(file.log_id)
        self.first = first
        self.last = first - 1  #: the last durable offset
        self.started = time.monotonic()
        self.content = 0  #: bytes written to it, about
        self.unchecked = 0  #: bytes in the -wal since the last checkpoint, about
        self._db = schema.open_file(file.path, _WRITING, vfs=vfs)
        try:
            # Closing must not fsync again what may have failed to.
            self._db.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
            self._db.execute(f"PRAGMA synchronous = {SYNCHRONOUS}")
            self._db.execute("PRAGMA fullfsync = ON")  # macOS: as far as the platter
            self._db.execute("PRAGMA wal_autocheckpoint = 0")
        except BaseException:
            self._db.close(True)
            raise

    def write(self, values: list[Any], size: int) -> None:
        """Write the records of `checksum.flatten`; they are durable when this returns."""
        rows = len(values) // schema.COLUMNS
        if rows <= schema.WHOLE_ROWS:
            self._db.execute(schema.insert(rows), [*schema.leading(self.last + 1), *values])
        else:
            self._write_blocks(values, rows)
        self.last += rows
        size += rows * _RECORD_OVERHEAD
        self.content += size
        # Besides the content, a commit writes the page it filled up, its parent and the sequence.
        self.unchecked += size + 3 * schema.FRAME_BYTES

    def _write_blocks(self, values: list[Any], rows: int) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            done = 0
            while done < rows:
                left = rows - done
                some = schema.BLOCK_ROWS if left >= schema.BLOCK_ROWS else schema.WHOLE_ROWS
                some = min(some, left)
                part = values[done * schema.COLUMNS : (done + some) * schema.COLUMNS]
                self._db.execute(
                    schema.insert(some), [*schema.leading(self.last + 1 + done), *part]
                )
                done += some
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def checkpoint(self) -> None:
        """Copy the -wal into the database, as far as readers let it: it waits for none."""
        self.unchecked = 0
        with suppress(apsw.BusyError):
            self._db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)

    def finish(self) -> None:
        """Close it for good, with nothing left in the -wal unless somebody is reading it."""
        self._db.set_busy_timeout(_PATIENCE)
        try:
            self._db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
            self._db.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0)
        except apsw.BusyError:
            pass  # it can be read as it is, and the next owner of the shard completes it
        self._db.close()

    def abandon(self) -> None:
        """Close it after a failure: no fsync, and nothing that was not durable stays in it.

        Frames of the failed commit may lie in the -wal, whole and right, but not on the disk.
        SQLite's recovery would believe them, so they are cut off.
        """
        durable = -1
        try:
            frames, _ = self._db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_NOOP)
            if frames > 0:
                durable = schema.WAL_HEADER_BYTES + frames * schema.FRAME_BYTES
            else:
                durable = frames  # 0: all of it is in the database. -1: it was never opened
        except apsw.Error:
            durable = -1  # not known: the board still says how far the log goes
        self._db.close(True)
        wal = files.wal(self.file.path)
        try:
            if 0 <= durable < wal.stat().st_size:
                os.truncate(wal, durable)
        except OSError:
            return  # the disk refuses this too; again the board says it


def create(
    folder: Path, shard: int, number: int, first: int, *, vfs: str | None
) -> files.SegmentFile:
    """Make an empty segment, all at once: it is there and durable, or it is not there."""
    file = files.named(folder, shard, number, str(uuid4()))
    unfinished = file.path.with_name(file.path.name + files.UNFINISHED)
    flags = _WRITING | apsw.SQLITE_OPEN_CREATE
    identity = schema.Identity(file.log_id, shard, first, time.time())
    try:
        db = apsw.Connection(str(unfinished), flags=flags, vfs=vfs)
        try:
            db.execute(f"PRAGMA page_size = {schema.PAGE_BYTES}")
            db.execute("PRAGMA journal_mode = OFF")  # a torn one is simply made again
            db.execute("BEGIN")
            for statement in schema.CREATE.strip().split(";\n"):
                db.execute(statement)
            db.execute(schema.IDENTIFY, (*identity, identity.crc()))
            db.execute("COMMIT")
            # Read to its end: only there is it committed, and only then does a failure show.
            mode = db.execute("PRAGMA journal_mode = WAL").fetchall()
            if mode != [("wal",)]:
                raise OSError(errno.ENOTSUP, f"no -wal can be used here, {mode}", str(file.path))
        finally:
            db.close(True)
        # SQLite syncs the folder when it makes a -wal, but not so that a failure would show.
        files.wal(file.path).touch()
        unfinished.rename(file.path)
        files.sync_folder(file.path.parent)
    except BaseException:
        for path in (unfinished, *files.beside(file.path)):
            path.unlink(missing_ok=True)
        raise
    return file
