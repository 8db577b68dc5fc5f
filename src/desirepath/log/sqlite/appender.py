"""The one writer of a shard: `claim` takes a shard, `append` makes records durable in it.

Every opening, and every rotation, writes a new segment under a new random log_id. So a log that
was restored from a copy, or made anew, cannot give a place out twice, and nobody has to notice
that it was restored.

A segment in which a write or an fsync failed is never written, and never fsynced, again: after
a failed fsync the kernel may call pages clean that are not on the disk. The next append begins
another segment; while that fails as well, appends are refused, and it is tried again.
"""

import errno
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import apsw
import structlog

from desirepath.errors import LogBroken, LogFull, Unavailable
from desirepath.log.base import Draft
from desirepath.log.sqlite import checksum, files, hot, leftovers, owner, schema
from desirepath.log.sqlite.hot import HotSegment
from desirepath.log.sqlite.space import RETRY_AFTER, Space

MiB = 1 << 20

#: Bytes in the -wal after which it is copied into the database: the longest a commit can be held
#: up by that, against how often it is fsynced.
CHECKPOINT_BYTES = 4 * MiB
#: A segment is trimmed whole, so the cap must hold several.
_SEGMENTS_IN_CAP = 8
#: Seconds between two attempts to begin a segment on a disk that refuses.
_PAUSE = 0.25
#: What beginning a segment takes on disk: the database, the -wal and the -shm.
_NEW_SEGMENT_BYTES = 96 * 1024

_CLOSED = "the log was closed: this process is stopping"

_log = structlog.get_logger("desirepath.log")


def claim(
    folder: Path | str,
    *,
    segment_bytes: int = 64 * MiB,
    segment_seconds: float = 3600.0,
    cap_bytes: int = 8 << 30,
    reserve_bytes: int = 256 * MiB,
    vfs: str | None = None,
) -> "SqliteAppender":
    """Own the lowest shard that nobody owns, and complete what its last owner left.

    `cap_bytes` is for the whole folder, over all shards; `reserve_bytes` stay free on the disk.
    The segment itself is begun by the first append, so a start without events leaves none.

    Raises Misconfigured for a SQLite too old, LogFull or LogBroken where the disk refuses.
    """
    schema.require_sqlite()
    folder = Path(folder).absolute()
    try:
        owned = owner.own(folder)
    except OSError as exc:
        raise _refusal(exc, str(folder), full=False) from exc
    try:
        left = leftovers.tidy(folder, owned.shard, owned.found, vfs=vfs)
        if left.log_id:
            owned.board.publish(UUID(left.log_id), left.end, final=True)
    except OSError as exc:
        owned.close()
        raise _refusal(exc, str(folder), full=False) from exc
    except BaseException:
        owned.close()
        raise
    return SqliteAppender(
        folder,
        owned,
        left,
        Space(folder, cap_bytes=cap_bytes, reserve_bytes=reserve_bytes),
        segment_bytes=max(1, min(segment_bytes, cap_bytes // _SEGMENTS_IN_CAP)),
        segment_seconds=segment_seconds,
        vfs=vfs,
    )


class SqliteAppender:
    """Implements `base.Appender`. For one thread at a time; GroupCommit serves many."""

    def __init__(
        self,
        folder: Path,
        owned: owner.Owner,
        left: leftovers.Left,
        space: Space,
        *,
        segment_bytes: int,
        segment_seconds: float,
        vfs: str | None,
    ) -> None:
        self.shard = owned.shard
        self._folder = folder
        self._owner = owned
        self._number = left.number
        self._end = left.end
        self._space = space
        self._segment_bytes = segment_bytes
        self._checkpoint_bytes = min(CHECKPOINT_BYTES, segment_bytes)
        self._segment_seconds = segment_seconds
        self.tend_seconds = min(30.0, segment_seconds / 4)  #: how often to `tend` when idle
        self._vfs = vfs
        self._hot: HotSegment | None = None
        self._retry_at = 0.0
        self._refused: Unavailable | None = None
        self._stopped = ""  # why nothing is taken any more

    def append(self, drafts: Sequence[Draft]) -> None:
        """Write `drafts` in order, all or none; return when they are durable.

        Raises LogFull or LogBroken. Empty `drafts` write nothing.
        """
        values, size = checksum.flatten(drafts)
        if values:
            self.write(values, size)
            self.tend()

    def write(self, values: list[Any], size: int) -> None:
        """What `append` does, for records that `checksum.flatten` prepared; `tend` after it."""
        if self._stopped:
            raise LogBroken(self._stopped)
        cost = 2 * size + 4 * schema.FRAME_BYTES
        self._require(cost)
        segment = self._hot or self._begin()
        try:
            segment.write(values, size)
        except apsw.Error as exc:
            raise self._abandon(segment, exc) from exc
        self._end = segment.last
        # Before anybody is told: a reader that was told must find them.
        self._owner.board.publish(segment.id, segment.last)
        self._space.spend(cost)

    def tend(self) -> None:
        """Checkpoint or rotate where it is time. Never raises: what was written is durable.

        Call it after every `write`, and now and then when nothing is written.
        """
        segment = self._hot
        if segment is None:
            return
        try:
            if segment.unchecked >= self._checkpoint_bytes:
                segment.checkpoint()
                if segment.file.size() >= self._segment_bytes:
                    self._finish(segment)
            elif (
                segment.content >= self._segment_bytes
                or time.monotonic() - segment.started >= self._segment_seconds
            ):
                self._finish(segment)
        except apsw.Error as exc:
            self._abandon(segment, exc)

    def rotate(self) -> None:
        """End the segment that is being written, so that it can be trimmed. Never raises."""
        if self._hot is not None:
            try:
                self._finish(self._hot)
            except apsw.Error as exc:
                self._abandon(self._hot, exc)

    def close(self) -> None:
        """Finish the segment and give the shard up."""
        if self._stopped == _CLOSED:
            return
        self._stopped = _CLOSED
        try:
            self.rotate()
        finally:
            self._owner.close()

    def _require(self, cost: int) -> None:
        try:
            measured = self._space.require(cost)
        except OSError as exc:
            raise _refusal(exc, str(self._folder), full=False) from exc
        except LogFull:
            # What the cap counts is freed by trimming whole segments, and never this one.
            if self._space.over_cap:
                self.rotate()
            raise
        if measured and not self._owner.still_holds():
            # Another owner may be there already. Never again, then: not even in a new segment.
            self._stopped = (
                f"{self._folder / str(self.shard) / files.OWNER} was removed while this process "
                "owned the shard: restart it"
            )
            self.rotate()
            raise LogBroken(self._stopped)

    def _begin(self) -> HotSegment:
        if self._refused is not None and time.monotonic() < self._retry_at:
            raise type(self._refused)(
                self._refused.message, retry_after=self._refused.retry_after
            ) from self._refused
        self._require(_NEW_SEGMENT_BYTES)
        try:
            file = hot.create(
                self._folder, self.shard, self._number + 1, self._end + 1, vfs=self._vfs
            )
            self._number = file.number
            segment = HotSegment(file, self._end + 1, vfs=self._vfs)
        except (apsw.Error, OSError) as exc:
            _log.error("no new segment", shard=self.shard, error=str(exc))
            raise self._pause(exc, str(self._folder)) from exc
        self._space.spend(_NEW_SEGMENT_BYTES)
        self._hot = segment
        return segment

    def _finish(self, segment: HotSegment) -> None:
        segment.finish()
        self._owner.board.publish(segment.id, segment.last, final=True)
        self._hot = None

    def _abandon(self, segment: HotSegment, exc: apsw.Error) -> Unavailable:
        self._hot = None
        # Reading the end off the -wal could find more than was acknowledged, and not durable.
        self._owner.board.publish(segment.id, segment.last, final=True)
        segment.abandon()
        _log.error("a segment was given up", path=str(segment.file.path), error=str(exc))
        refusal = self._pause(exc, str(segment.file.path))
        if segment.last >= segment.first:
            self._retry_at = 0.0  # it could be written once, so the next may be tried now
        else:
            try:
                files.remove(segment.file.path)  # nothing in it was acknowledged
            except OSError as left:
                _log.warning("an empty segment stays", error=str(left))
        return refusal

    def _pause(self, exc: Exception, where: str) -> Unavailable:
        self._refused = _refusal(exc, where, full=self._space.disk_is_full())
        self._retry_at = time.monotonic() + _PAUSE
        return self._refused


def _refusal(exc: Exception, where: str, *, full: bool) -> Unavailable:
    number = exc.errno if isinstance(exc, OSError) else None
    if full or isinstance(exc, apsw.FullError) or number in (errno.ENOSPC, errno.EDQUOT):
        return LogFull(f"{where}: the disk is full ({exc})", retry_after=RETRY_AFTER)
    return LogBroken(f"{where}: the disk refused ({exc})")
