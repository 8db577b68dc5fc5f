"""The data of an INSERT, read to its end before any of it reaches chDB.

So a body that is cut off, or whose compression is broken, inserts nothing. It is kept in a file,
because that is how chDB takes it (inserts.py): up to 64 MB in one that lies in memory.
"""

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import IO

from desirepath.engine.refusal import Refusal

IN_MEMORY = 64 << 20
_PIECE = 1 << 20

#: Folder for what does not fit into memory, in the store's; emptied at every start.
TEMPORARY = "tmp"


class Data:
    """Grows piece by piece. To be closed."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._on_disk = False
        self._size = 0

    def read(self, pieces: Iterable[bytes]) -> None:
        """Take all of `pieces`. Raises what reading them raises."""
        for piece in pieces:
            self.add(piece)

    def add(self, piece: bytes) -> None:
        """Take one piece. Raises Refusal where the disk is full."""
        self._size += len(piece)
        try:
            if self._file is None:
                self._file = _in_memory()
            elif self._size > IN_MEMORY and not self._on_disk:
                self._move_to_disk(self._file)
            self._file.write(piece)
        except OSError as exc:
            raise Refusal(243, f"Cannot keep {self._size} bytes: {exc.strerror}") from exc

    def path(self) -> str:
        """Where all of it can be read, by this process."""
        if self._file is None:
            return os.devnull
        self._file.flush()
        self._file.seek(0)
        return f"/dev/fd/{self._file.fileno()}"

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[bytes]:
        """All of it, in pieces."""
        if self._file is not None:
            self._file.seek(0)
            while piece := self._file.read(_PIECE):
                yield piece

    def close(self) -> None:
        """Give back the file."""
        if self._file is not None:
            # What is not written yet cannot be, on a full disk; nobody wants it any more either.
            with suppress(OSError):
                self._file.close()

    def _move_to_disk(self, file: IO[bytes]) -> None:
        on_disk = tempfile.TemporaryFile(dir=TEMPORARY, buffering=0)  # noqa: SIM115  (see close)
        try:
            file.seek(0)
            shutil.copyfileobj(file, on_disk, _PIECE)
        except BaseException:
            on_disk.close()
            raise
        file.close()
        self._file, self._on_disk = on_disk, True


def _in_memory() -> IO[bytes]:
    if hasattr(os, "memfd_create"):
        return open(os.memfd_create("insert", os.MFD_CLOEXEC), "wb+", buffering=0)
    return tempfile.TemporaryFile(dir=TEMPORARY, buffering=0)
