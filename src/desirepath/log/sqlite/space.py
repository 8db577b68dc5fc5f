"""How much more the log may write: the cap over the whole folder, and the disk's reserve.

The folder is measured at most once a second, and only while something is written; between two
measurements the writer subtracts what it wrote itself. With several shards the cap can be passed
by what the others write in that second.
"""

import os
import time
from pathlib import Path

from desirepath.errors import LogFull
from desirepath.log.sqlite import files

_EVERY = 1.0  # seconds between two measurements
_EVERY_FULL = 0.25  # and while there is no room
RETRY_AFTER = 5  # seconds, told to whoever is refused


class Space:
    """The room one writer sees."""

    def __init__(self, folder: Path, *, cap_bytes: int, reserve_bytes: int) -> None:
        self._folder = folder
        self._cap = cap_bytes
        self._reserve = reserve_bytes
        self._left = 0
        self._until = 0.0  # monotonic: when to measure again
        self._full = ""
        self.over_cap = False  #: at the last measurement, the cap was the reason

    def require(self, size: int) -> bool:
        """Raise LogFull where `size` bytes have no room. True: it has just been measured."""
        now = time.monotonic()
        # What a writer subtracts is a rough upper bound, so running out of it means: look again.
        # Not while the folder was found full, though: then that is tried a few times a second.
        measured = now >= self._until or (size > self._left > 0)
        if measured:
            self._measure(now)
        if size > self._left:
            self._left = min(self._left, 0)
            raise LogFull(self._full, retry_after=RETRY_AFTER)
        return measured

    def spend(self, size: int) -> None:
        """`size` bytes were written."""
        self._left = max(1, self._left - size)  # 1: to be measured again, not to be refused

    def disk_is_full(self) -> bool:
        """Less than a megabyte is free: what failed, failed for that."""
        try:
            found = os.statvfs(self._folder)
        except OSError:
            return False
        return found.f_bavail * found.f_frsize < 1 << 20

    def _measure(self, now: float) -> None:
        used = folder_bytes(self._folder)
        disk = os.statvfs(self._folder)
        free = disk.f_bavail * disk.f_frsize
        under_cap, over_reserve = self._cap - used, free - self._reserve
        self._left = min(under_cap, over_reserve)
        self.over_cap = under_cap <= over_reserve
        if self.over_cap:
            self._full = (
                f"{self._folder} holds {used} bytes, and its cap is {self._cap}: "
                "let the loader catch up, or raise the cap"
            )
        else:
            self._full = (
                f"{self._folder}: {free} bytes are free on its disk, and {self._reserve} are "
                "kept in reserve: make room on the disk"
            )
        self._until = now + (_EVERY if self._left > 0 else _EVERY_FULL)


def folder_bytes(folder: Path) -> int:
    """Bytes of everything in the log folder."""
    total = 0
    for shard in files.shards(folder):
        try:
            with os.scandir(folder / str(shard)) as entries:
                for entry in entries:
                    try:
                        total += entry.stat(follow_symlinks=False).st_size
                    except FileNotFoundError:
                        continue  # trimmed while we looked
        except (FileNotFoundError, NotADirectoryError):
            continue
    return total
