"""What lies in a log folder: `<folder>/<shard>/<number>-<log_id>.db`, and `owner.lock`."""

import os
import re
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

OWNER = "owner.lock"
#: A segment under this ending is still being made: no reader looks at it.
UNFINISHED = ".new"

_NAME = re.compile(r"(\d{8,})-([0-9a-f]{32})\.db", re.ASCII).fullmatch


class SegmentFile(NamedTuple):
    """A segment by its file name. Sorts by age within a shard."""

    number: int
    log_id: str
    shard: int
    path: Path

    def size(self) -> int:
        """Bytes on disk, with what is beside it; 0 where it is gone."""
        return sum(_size(path) for path in beside(self.path))

    def wal_bytes(self) -> int:
        return _size(wal(self.path))


def named(folder: Path, shard: int, number: int, log_id: str) -> SegmentFile:
    name = f"{number:08d}-{UUID(log_id).hex}.db"
    return SegmentFile(number, log_id, shard, folder / str(shard) / name)


def wal(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


def beside(path: Path) -> tuple[Path, Path, Path]:
    """The files of a segment: first the one that makes it a segment."""
    return path, wal(path), path.with_name(path.name + "-shm")


def shards(folder: Path) -> list[int]:
    """The shards there are. None where the folder is not there yet."""
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return []
    return sorted(int(name) for name in names if name.isascii() and name.isdigit())


def segment_files(folder: Path, shard: int) -> list[SegmentFile]:
    """The segments of a shard, oldest first."""
    place = folder / str(shard)
    try:
        names = os.listdir(place)
    except (FileNotFoundError, NotADirectoryError):
        return []
    found = ((name, _NAME(name)) for name in names)
    return sorted(
        SegmentFile(int(match[1]), str(UUID(match[2])), shard, place / name)
        for name, match in found
        if match
    )


def remove(path: Path) -> None:
    """Unlink a segment for good: it does not come back after a power loss.

    The database goes first: what a crash leaves behind is then no segment any more.
    """
    for part in beside(path):
        part.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def sync_wal(path: Path) -> None:
    """Make durable what the -wal of a segment holds, whoever wrote it.

    Never do this to the database or the -shm: closing any descriptor of those drops the locks
    that SQLite holds on them in this process.
    """
    try:
        fd = os.open(wal(path), os.O_RDONLY)
    except FileNotFoundError:
        return
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
