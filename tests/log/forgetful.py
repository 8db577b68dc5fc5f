"""A disk that keeps writes in memory until they are synced, and can lose its power.

An apsw VFS under SQLite. What was synced is in the real file; what was not lies in `pending`, and
at a power loss all of it, or some of it, or torn pieces of it are what was meant to be there.
"""

import os
import random
from itertools import count
from pathlib import Path

import apsw

_SECTOR = 512
_names = count()


class PowerCut(Exception):
    """No operation gets through any more."""


class Page:
    """A file as the system sees it, and what of that is not on the disk yet."""

    def __init__(self, content: bytes) -> None:
        self.content = bytearray(content)
        self.pending: list[tuple[int, bytes | None]] = []  # (offset, data) or (size, None)

    def write(self, offset: int, data: bytes) -> None:
        _put(self.content, offset, data)
        self.pending.append((offset, data))

    def truncate(self, size: int) -> None:
        del self.content[size:]
        self.pending.append((size, None))


class Disk(apsw.VFS):
    """Register one for a test; `cut_at` is the number of the operation that finds no power."""

    def __init__(self) -> None:
        self.name = f"forgetful-{next(_names)}"
        self.operations = 0
        self.cut_at: int | None = None
        self._pages: dict[int, Page] = {}
        self._paths: dict[int, str] = {}
        self._deleted: dict[str, bytes] = {}
        super().__init__(self.name, "")

    def operation(self) -> None:
        self.operations += 1
        if self.cut_at is not None and self.operations >= self.cut_at:
            raise PowerCut

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> "DiskFile":
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        assert path is not None, "no temporary files are expected"
        return DiskFile(self, path, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        self.operation()
        content = Path(filename).read_bytes()
        super().xDelete(filename, syncdir)
        if syncdir:
            self._deleted.clear()
        else:
            self._deleted[filename] = content  # the name may come back

    def page(self, path: str, content: bytes) -> Page:
        number = os.stat(path).st_ino
        self._paths[number] = path
        if number not in self._pages:
            self._pages[number] = Page(content)
        return self._pages[number]

    def lose_power(self, chance: random.Random) -> None:
        """Everything is closed: leave on the real disk what a cut leaves there."""
        mode = chance.choice(["nothing", "some", "torn"])
        for number, page in self._pages.items():
            path = self._path_of(number)
            if path is None:
                continue
            content = bytearray(path.read_bytes())
            for offset, data in page.pending:
                if mode == "nothing" or chance.random() < 0.5:
                    continue
                if data is None:
                    del content[offset:]
                elif mode == "some":
                    _put(content, offset, data)
                else:
                    for start in range(0, len(data), _SECTOR):
                        if chance.random() < 0.5:
                            _put(content, offset + start, data[start : start + _SECTOR])
            path.write_bytes(content)
        for name, deleted in self._deleted.items():
            if chance.random() < 0.5 and not os.path.exists(name):
                Path(name).write_bytes(deleted)

    def _path_of(self, number: int) -> Path | None:
        # A file may have been renamed since it was opened.
        folder = Path(self._paths[number]).parent
        for path in folder.iterdir():
            if path.stat().st_ino == number:
                return path
        return None


class DiskFile(apsw.VFSFile):
    def __init__(
        self, disk: Disk, path: str, name: str | apsw.URIFilename | None, flags: list[int]
    ) -> None:
        self._disk = disk
        super().__init__("", name, flags)
        self._page = disk.page(path, super().xRead(super().xFileSize(), 0))

    def xRead(self, amount: int, offset: int) -> bytes:
        return bytes(self._page.content[offset : offset + amount])

    def xWrite(self, data: bytes, offset: int) -> None:
        self._disk.operation()
        self._page.write(offset, bytes(data))

    def xTruncate(self, newsize: int) -> None:
        self._disk.operation()
        self._page.truncate(newsize)

    def xFileSize(self) -> int:
        return len(self._page.content)

    def xSync(self, flags: int) -> None:
        self._disk.operation()
        for offset, data in self._page.pending:
            if data is None:
                super().xTruncate(offset)
            else:
                super().xWrite(data, offset)
        self._page.pending.clear()


def _put(content: bytearray, offset: int, data: bytes) -> None:
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(data)] = data
