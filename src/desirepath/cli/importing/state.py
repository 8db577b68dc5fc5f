"""Where an import stands: `<data>/imports/<digest of project and path>.json`, its owner's only.

It is written after the log has the lines it speaks of, never before. So whatever is killed when,
the next run begins at or before the first line that the log has not; lines that the log has
already come with the ids they had, and count once. (Refused lines have no ids: those of the one
batch that a kill cut off may be kept twice, as when a client sends a request again.)

A finished import is remembered as well: a log that has grown goes on where it ended. A file that
was replaced under its name, or cut, begins anew.
"""

import fcntl
import os
from hashlib import blake2b
from pathlib import Path
from typing import Self

import msgspec
from msgspec import Struct, field

from desirepath.cli.importing.repeats import Mark
from desirepath.cli.importing.source import Source
from desirepath.cli.importing.visits import Visit
from desirepath.errors import Locked

HEAD = 4096  # bytes by which a file is known again
SALT_SECONDS = 48 * 3600  # an import that nobody goes on with keeps its salt no longer


class Totals(Struct):
    """What became of the lines so far."""

    lines: int = 0  # that hold anything; each is accepted or refused
    accepted: int = 0  # events
    refused: dict[str, int] = {}  # reason → events or lines
    bots: dict[str, int] = {}  # name → events
    first: float | None = None  # time of the earliest event, Unix seconds
    last: float | None = None


class Options(Struct, frozen=True):
    """What decides how lines become events: an import is finished as it was begun."""

    kind: str
    host: str = ""
    include_static: bool = False
    label: str = ""


class State(Struct, kw_only=True):
    """See the module. `salt` is empty when the import is finished."""

    path: str
    project: str
    options: Options
    head_length: int
    head_digest: str
    size: int
    offset: int = 0
    number: int = 0  # lines before `offset`
    marks: list[Mark] = field(default_factory=list)
    salt: str = ""
    open: dict[str, Visit] = field(default_factory=dict)
    totals: Totals = field(default_factory=Totals)
    finished_at: float | None = None

    def is_of(self, source: Source) -> bool:
        """Whether `source` is the file that was read, unchanged or grown."""
        return (source.size or 0) >= self.size and self.head_digest == digest_of(
            source.head[: self.head_length]
        )


def digest_of(data: bytes) -> str:
    """A short name of `data`."""
    return blake2b(data, digest_size=16).hexdigest()


class Place:
    """The state file of one import, held while it runs. Raises Locked where another holds it."""

    def __init__(self, folder: Path, project: str, path: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = digest_of(f"{project}\0{path.resolve()}".encode(errors="surrogateescape"))
        self._folder = folder
        self._file = folder / f"{name}.json"
        self._lock = os.open(folder / f"{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            raise Locked(f"{path} is being imported by another process: wait for it") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._lock)

    def read(self) -> State | None:
        """What was noted down last; None where nothing was, or it cannot be read."""
        try:
            return _decode(self._file.read_bytes())
        except (FileNotFoundError, msgspec.DecodeError):
            return None

    def write(self, state: State) -> None:
        """Note `state` down, whole or not at all, durably."""
        partial = self._file.with_suffix(".new")
        fd = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(fd, "wb") as file:
            file.write(_encode(state))
            file.flush()
            os.fsync(fd)
        partial.replace(self._file)
        self._sync_folder()

    def _sync_folder(self) -> None:
        fd = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def forget_salts(folder: Path, now: float) -> None:
    """Take the salt from every import that was left unfinished for SALT_SECONDS."""
    for file in folder.glob("*.json"):
        try:
            if now - file.stat().st_mtime < SALT_SECONDS:
                continue
            state = _decode(file.read_bytes())
        except (FileNotFoundError, msgspec.DecodeError):
            continue
        if state.salt:
            state.salt, state.open = "", {}
            file.write_bytes(_encode(state))


_decode = msgspec.json.Decoder(State).decode
_encode = msgspec.json.Encoder().encode
