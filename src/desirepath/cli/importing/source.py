"""The lines of a file or of standard input, plain or gzip, from any offset on.

Offsets count the bytes of the text, after inflating; a gzip file is inflated from its beginning to
get to one. Standard input and pipes can be read once, and only from the beginning.
"""

import gzip
import io
import os
import stat
import sys
import zlib
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from desirepath.errors import Invalid, Malformed
from desirepath.formats.csv_rows import Row

STDIN = "-"
HEAD = 64 * 1024  # bytes looked at to know the format
LINE_LENGTH = (1 << 20) + 1  # a longer line is cut to this, which is over every format's limit
_CHUNK = 256 * 1024
_GZIP = b"\x1f\x8b"


class Source:
    """An opened file. `head` is its beginning; `size` its bytes on disk, None where unknown.

    Raises Invalid where it cannot be opened.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._file = _opened(path)
        found = os.fstat(self._file.fileno()) if path != STDIN else None
        self.seekable = found is not None and stat.S_ISREG(found.st_mode)
        self.size = found.st_size if found is not None and self.seekable else None
        self.is_gzip = self._file.peek(2)[:2] == _GZIP
        self._text: io.BufferedReader | gzip.GzipFile = (
            gzip.GzipFile(fileobj=self._file) if self.is_gzip else self._file
        )
        self._read = 0
        self._damage: Malformed | None = None
        self.head = b""
        while len(self.head) < HEAD and (more := self._chunk(HEAD - len(self.head))):
            self.head += more

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.path != STDIN:
            self._file.close()

    @property
    def done(self) -> int:
        """Bytes of the file that were read, on disk where `size` is known, else inflated."""
        return self._file.tell() if self.seekable else self._read

    def lines(self, offset: int = 0, number: int = 0) -> Iterator[Row]:
        """The lines from `offset` on; `number` lines are before it. Once for each Source.

        Raises Malformed where gzip is damaged, after every line before the damage.
        """
        rest, cut, end = b"", 0, offset
        for chunk in self._chunks(offset):
            *whole, last = chunk.split(b"\n")
            for piece in whole:
                number += 1
                line = rest + piece
                end += len(line) + cut + 1
                rest, cut = b"", 0
                yield Row(number, end, line[:LINE_LENGTH])
            room = LINE_LENGTH - len(rest)
            cut += max(0, len(last) - room)
            rest += last[:room]
        if self._damage is not None:
            raise self._damage
        if rest:
            yield Row(number + 1, end + len(rest) + cut, rest)

    def _chunks(self, offset: int) -> Iterator[bytes]:
        if self.seekable and not self.is_gzip:
            self._file.seek(offset)
        else:
            yield self.head[offset:]
            offset = max(0, offset - len(self.head))
        while chunk := self._chunk(_CHUNK):
            if not self.is_gzip or offset == 0:
                yield chunk
            else:
                yield chunk[offset:]
                offset = max(0, offset - len(chunk))

    def _chunk(self, size: int) -> bytes:
        if self._damage is not None:
            return b""
        try:
            # read1, so that what comes through a pipe is not held back until a chunk is full.
            chunk = self._text.read1(size)
        except (EOFError, gzip.BadGzipFile, zlib.error) as exc:
            self._damage = Malformed(f"{self.path}: the gzip file is damaged or cut off: {exc}")
            return b""
        self._read += len(chunk)
        return chunk


def _opened(path: str) -> io.BufferedReader:
    if path == STDIN:
        found = sys.stdin.buffer
        return found if isinstance(found, io.BufferedReader) else io.BufferedReader(found)  # type: ignore[arg-type]
    try:
        return open(path, "rb")
    except OSError as exc:
        raise Invalid(f"{path}: {exc.strerror}") from exc
