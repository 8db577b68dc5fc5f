"""Which segments a shard holds, for readers: looked up many times a second, so remembered.

A folder is listed again when its mtime changed. The mtime ticks coarsely, so a listing made within
the same ticks as the change is not relied upon.
"""

import os
import time
from pathlib import Path

from desirepath.log.sqlite import board, files, owner
from desirepath.log.sqlite.board import Notice
from desirepath.log.sqlite.extent import Extent
from desirepath.log.sqlite.files import SegmentFile

#: Nanoseconds. Some file systems count whole seconds.
_TICK = 2_000_000_000
#: Seconds between two looks at the lock of a shard whose last segment may still grow.
_LOOK = 1.0


class Listed:
    """One segment, and what was learned about it. `sealed` never becomes False again."""

    def __init__(self, file: SegmentFile) -> None:
        self.file = file
        self.sealed = False
        self.first: int | None = None
        self.extent: Extent | None = None  #: known once it is sealed
        self.bytes: int | None = None  #: the same


class Shelf:
    """One shard. Not for several threads at a time."""

    def __init__(self, folder: Path, shard: int) -> None:
        self.segments: list[Listed] = []
        self.shard = shard
        self._folder = folder
        self._place = folder / str(shard)
        self._seen = Seen(self._place)
        self._fd = -1
        self._look_at = 0.0

    def refresh(self) -> bool:
        """List the folder again if it changed; True: segments came or went."""
        changed = False
        if self._seen.changed():
            known = {one.file: one for one in self.segments}
            found = files.segment_files(self._folder, self.shard)
            changed = len(found) != len(known) or any(file not in known for file in found)
            self.segments = [known.get(file) or Listed(file) for file in found]
            self._open_owner()
        for one in self.segments[:-1]:
            one.sealed = True
        if self.segments and not self.segments[-1].sealed:
            self.segments[-1].sealed = self._is_over(self.segments[-1].file)
        return changed

    def notice(self) -> Notice | None:
        """What the owner says, or the last one said."""
        if self._fd < 0:
            self._open_owner()
        return board.read(self._fd) if self._fd >= 0 else None

    def has_no_owner(self) -> bool:
        """Nobody owns the shard. Whoever does later begins a new segment.

        Without an `owner.lock` nobody can tell, so that is no yes.
        """
        return self._fd >= 0 and owner.is_free(self._fd)

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _is_over(self, file: SegmentFile) -> bool:
        # The segment was listed before the lock is looked at. So whoever could have written it
        # was the owner then, and is gone if the lock is free now.
        notice = self.notice()
        if notice is not None and notice.log_id == file.log_id and notice.final:
            return True
        now = time.monotonic()
        if now < self._look_at:
            return False
        self._look_at = now + _LOOK
        return self.has_no_owner()

    def _open_owner(self) -> None:
        path = self._place / files.OWNER
        try:
            if self._fd >= 0 and os.path.samestat(os.fstat(self._fd), path.stat()):
                return
            self.close()
            self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            self.close()


class Seen:
    """Whether the names in a folder may have changed since the last time that was asked."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._mtime = -1

    def changed(self) -> bool:
        now = time.time_ns()
        try:
            mtime = os.stat(self._folder).st_mtime_ns
        except FileNotFoundError:
            mtime = -2
        if mtime == self._mtime:
            return False
        self._mtime = mtime if abs(now - mtime) > _TICK else -1
        return True
