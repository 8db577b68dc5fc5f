"""Owning a shard: one process at a time, by flock on `owner.lock`.

The lock is of the kernel, so it is free the moment its owner is dead, however it died.
A reader may look at the lock (`is_free`) and then holds it for microseconds, so whoever wants to
own a shard tries more than once before it takes the next.
"""

import fcntl
import os
import time
from itertools import count
from pathlib import Path

from desirepath.errors import Misconfigured
from desirepath.log.sqlite import board, files

_TRIES = 3
_PAUSE = 0.003  # seconds; a look at the lock takes a hundredth of it
_MOST_SHARDS = 1024


class Owner:
    """The lock of one shard and the board in it, held until `close`."""

    def __init__(self, shard: int, path: Path, fd: int) -> None:
        self.shard = shard
        self.found = board.read(fd)  #: what the owner before left
        self.board = board.Board(fd)
        self._path = path
        self._fd = fd

    def still_holds(self) -> bool:
        """False where `owner.lock` was removed or replaced: then another could own the shard."""
        return _same_file(self._fd, self._path)

    def close(self) -> None:
        self.board.close()
        os.close(self._fd)


def own(folder: Path) -> Owner:
    """The lowest shard that nobody owns; its folder is made where there is none."""
    _make(folder)
    for shard in count():
        if shard == _MOST_SHARDS:
            raise Misconfigured(f"{folder}: all {shard} shards of the log are owned")
        place = folder / str(shard)
        _make(place)
        path = place / files.OWNER
        fd = _lock(path)
        if fd is not None:
            try:
                return Owner(shard, path, fd)
            except BaseException:
                os.close(fd)
                raise
    raise AssertionError("unreachable")


def is_free(fd: int) -> bool:
    """Nobody owns the shard whose `owner.lock` is open as `fd`."""
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    fcntl.flock(fd, fcntl.LOCK_UN)
    return True


def _lock(path: Path) -> int | None:
    for attempt in range(_TRIES):
        if attempt:
            time.sleep(_PAUSE)
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            continue
        # Between open and flock the file may have been removed: the lock would guard nothing.
        if _same_file(fd, path):
            return fd
        os.close(fd)
    return None


def _same_file(fd: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(fd), path.stat())
    except FileNotFoundError:
        return False


def _make(folder: Path) -> None:
    if folder.is_dir():
        return
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as exc:
        raise Misconfigured(
            f"{folder} cannot be a folder of the log, a file is in its place: move it away"
        ) from exc
    files.sync_folder(folder.parent)
