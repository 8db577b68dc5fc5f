"""What the owner of a shard says about itself: the first bytes of `owner.lock`.

After every commit, and before anybody is told of it, the owner notes (log_id, last durable
offset) here, in memory that it shares with the file. This costs no system call, survives
kill -9, and gives three things: a reader learns for one `pread` whether there is anything new; it
knows how far the log goes without asking SQLite; and when a damaged -wal is cut short by
SQLite's recovery, the missing records are known to be missing.

After a power loss the note may be an older one. It is still true as "at least this far".
"""

import mmap
import os
from struct import Struct
from typing import NamedTuple
from uuid import UUID
from zlib import crc32

BYTES = 4096

_note = Struct("<16sq?")
_crc = Struct("<I")
_LENGTH = _note.size + _crc.size


class Notice(NamedTuple):
    """How far a log goes. `final`: exactly so far, it is not written any more."""

    log_id: str
    end: int
    final: bool


class Board:
    """The owner's side: writes the notice."""

    def __init__(self, fd: int) -> None:
        # The page must exist before it is mapped: a store into a page that the disk has no room
        # for would end the process.
        if os.fstat(fd).st_size < BYTES:
            os.pwrite(fd, bytes(BYTES), 0)
            os.fsync(fd)
        self._map = mmap.mmap(fd, BYTES)

    def publish(self, log_id: UUID, end: int, *, final: bool = False) -> None:
        note = _note.pack(log_id.bytes, end, final)
        self._map[:_LENGTH] = note + _crc.pack(crc32(note))

    def close(self) -> None:
        self._map.close()


def read(fd: int) -> Notice | None:
    """The notice in an `owner.lock`; None where there is none, or it does not fit its checksum."""
    for _ in range(3):  # the owner may be in the middle of writing it
        data = os.pread(fd, _LENGTH, 0)
        if len(data) < _LENGTH:
            return None
        note = data[: _note.size]
        if _crc.unpack(data[_note.size :])[0] == crc32(note):
            log_id, end, final = _note.unpack(note)
            return Notice(str(UUID(bytes=log_id)), end, final)
    return None
