"""The data of an INSERT, read to its end before any of it reaches chDB.

So a body that is cut off, or whose compression is broken, inserts nothing. Up to 64 MB stay in
memory, in the pieces they came in; more goes to a file.
"""

import tempfile
from collections.abc import Iterable, Iterator
from typing import IO

IN_MEMORY = 64 << 20
_PIECE = 1 << 20

#: Folder for what does not fit into memory, in the store's; emptied at every start.
TEMPORARY = "tmp"


class Data:
    """A context manager: closes its file, if it has one."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._size = 0
        self._file: IO[bytes] | None = None

    def read(self, pieces: Iterable[bytes]) -> None:
        """Take all of `pieces`. Raises what reading them raises."""
        for piece in pieces:
            self.add(piece)

    def add(self, piece: bytes) -> None:
        """Take one piece."""
        self._size += len(piece)
        if self._file is None and self._size <= IN_MEMORY:
            self._pieces.append(piece)
            return
        if self._file is None:
            self._file = tempfile.TemporaryFile(dir=TEMPORARY)  # noqa: SIM115  (closed in close)
            self._file.writelines(self._pieces)
            self._pieces.clear()
        self._file.write(piece)

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[bytes]:
        """The data, in pieces."""
        if self._file is None:
            yield from self._pieces
            return
        self._file.seek(0)
        while piece := self._file.read(_PIECE):
            yield piece

    def close(self) -> None:
        """Give back the file."""
        if self._file is not None:
            self._file.close()
