"""Who is who, for every request: projects, keys and today's salt, answered from memory.

    directory = Directory(url)             # reads once, then every second in a thread
    key = directory.key(text)              # under a microsecond; no lock, no disk
    if key is None or not key.usable(now): ...

A change made by any process is seen here within 2 s. When the database cannot be read, what was
read last goes on being used for `stale_limit` seconds (`stale_seconds` says for how long it has
been); then every question raises StoreDown, because keys revoked meanwhile would still open.

Salts are made `stale_limit` seconds ahead of their day, so that none is missing until then.
"""

import logging
import secrets
import threading
import time
from collections.abc import Callable
from typing import Self

from desirepath.errors import StoreDown
from desirepath.model.project import Key, Project
from desirepath.projects.address import parse
from desirepath.projects.snapshot import Snapshot
from desirepath.projects.source import Source

# Seconds between two full reads even if nothing seems to have changed: finds what was changed by
# hand, or came back with a restored file.
_FULL_READ = 60.0

# Seconds between two notes of which keys were used.
_NOTE_USE = 60.0

_DAY = 86_400

_log = logging.getLogger(__name__)


class Directory:
    """The control data at `url`, which `Control` or `upgrade` made. StoreDown if unreadable."""

    def __init__(
        self,
        url: str,
        *,
        poll_seconds: float = 1.0,
        stale_limit: float = 3600.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._source = Source(parse(url))
        self._stale_limit = stale_limit
        self._clock = clock
        self._one_reader = threading.Lock()  # between the thread and callers of `refresh`
        self._salts: dict[str, bytes] = {}  # of now, as last used
        self._used: set[str] = set()
        self._used_noted_at = time.monotonic()
        self._snapshot = Snapshot()
        self._full_at = self._read_at = 0.0
        self._good_until = 0.0
        self._failing = False
        self._read_all()
        self._keep_salts()
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=self._poll, args=(poll_seconds,), name="directory", daemon=True
        )
        self._thread.start()

    def project(self, project_id: str) -> Project | None:
        """The project with this id."""
        return self._fresh().project(project_id)

    def projects(self) -> list[Project]:
        """Every project."""
        return self._fresh().projects()

    def key(self, text: str) -> Key | None:
        """The key with this text, not revoked. `Key.usable(now)` says whether it has expired."""
        # Written out, not by `_fresh`: this is asked for every request.
        if time.monotonic() > self._good_until:
            self._refuse()
        key = self._snapshot.key(text)
        if key is not None:
            self._used.add(key.id)
        return key

    def salt(self, now: float) -> bytes:
        """The salt of the day of UTC that `now` (Unix seconds) is in: 32 bytes.

        StoreDown where it could not be made yet: the clock of this machine has jumped.
        """
        salt = self._fresh().salt(_day(now))
        if salt is None:
            raise StoreDown(f"The salt of {_day(now)} has not been made yet.")
        return salt

    @property
    def stale_seconds(self) -> float:
        """Seconds since the database was last read: at most a second or two when all is well."""
        return time.monotonic() - self._read_at

    def refresh(self) -> None:
        """See every change up to now, also those that this process has just made.

        StoreDown where the database cannot be read; what is known stays in use.
        """
        with self._one_reader:
            if time.monotonic() - self._full_at > _FULL_READ:
                self._read_all()
            else:
                asked_at = time.monotonic()
                if self._source.version() != self._snapshot.version:
                    self._read_all()
                else:
                    self._mark_read(asked_at)
            self._keep_salts()
            self._note_use()

    def close(self) -> None:
        """Stop reading, and write down which keys were used."""
        self._stop.set()
        self._thread.join()
        with self._one_reader:
            try:
                self._note_use(at_once=True)
            except StoreDown as problem:
                _log.warning("when keys were last used is not written: %s", problem)
            self._source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _poll(self, seconds: float) -> None:
        while not self._stop.wait(seconds):
            try:
                self.refresh()
            except Exception as problem:  # noqa: BLE001
                # A thread that died of a surprise would leave revoked keys open for an hour.
                if not self._failing:
                    _log.warning("using what was read before: %s", problem)
                self._failing = True
            else:
                if self._failing:
                    _log.warning("the control database is read again")
                self._failing = False

    def _read_all(self) -> None:
        asked_at = time.monotonic()
        self._snapshot = self._source.snapshot(self._clock())
        self._full_at = asked_at
        self._mark_read(asked_at)

    def _mark_read(self, asked_at: float) -> None:
        # From before the question: what came after it may be missing in the answer.
        self._read_at = asked_at
        self._good_until = asked_at + self._stale_limit

    def _keep_salts(self) -> None:
        now = self._clock()
        known = self._snapshot
        days = {_day(now), _day(now + self._stale_limit)}
        missing = [day for day in days if known.salt(day) is None]
        if missing:
            # A salt that this process used already comes first: PostgreSQL empties the table
            # when it crashes, and a visitor of this morning should not count twice today.
            self._source.keep_salts(
                {day: self._salts.get(day) or secrets.token_bytes(32) for day in missing}, now
            )
            self._read_all()  # another process may have been faster
        self._salts = {day: self._snapshot.salt(day) or b"" for day in days}

    def _note_use(self, *, at_once: bool = False) -> None:
        if at_once or time.monotonic() - self._used_noted_at > _NOTE_USE:
            self._used_noted_at = time.monotonic()
            used, self._used = self._used, set()
            self._source.note_use(used, self._clock())

    def _fresh(self) -> Snapshot:
        if time.monotonic() > self._good_until:
            self._refuse()
        return self._snapshot

    def _refuse(self) -> None:
        raise StoreDown(
            f"The control database has not been read for {self.stale_seconds:.0f} s; "
            "keys revoked since would still be taken for good.",
            retry_after=5,
        )


def _day(now: float) -> str:
    moment = time.gmtime(now // _DAY * _DAY)
    return f"{moment.tm_year:04}-{moment.tm_mon:02}-{moment.tm_mday:02}"
