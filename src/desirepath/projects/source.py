"""The control database as a web worker reads it: a few plain statements, without SQLAlchemy.

SQLAlchemy costs each worker 20 MB; this costs 1 MB on SQLite. It writes two things: a
salt that is missing, and when a key was last used. Neither is counted in `changes`.

Not for two threads at once.
"""

import logging
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol
from urllib.parse import quote

import msgspec

from desirepath.errors import Misconfigured, StoreDown
from desirepath.model.project import ALL_PROJECTS, Key, Project, Role
from desirepath.projects.address import Address
from desirepath.projects.settings_text import decode_origins, decode_settings
from desirepath.projects.snapshot import Snapshot

# Seconds. A statement that waits longer than this counts as a database that cannot be read.
_PATIENCE = 2

VERSION = "SELECT version FROM changes"
PROJECTS = "SELECT id, settings FROM projects WHERE deleted_at IS NULL"
KEYS = """
SELECT hash, id, project, role, prefix, origins, rate_per_second, expires_at
FROM keys
WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)
"""
SALTS = "SELECT day, salt FROM daily_salts WHERE created_at > ?"
KEEP_SALT = """
INSERT INTO daily_salts (day, salt, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING
"""
NOTE_USE = """
UPDATE keys SET last_used_at = ? WHERE id = ? AND (last_used_at IS NULL OR last_used_at < ?)
"""

_SALT_LIFE = 48 * 3600

_log = logging.getLogger(__name__)


class _Connection(Protocol):
    """What sqlite3 and psycopg have in common."""

    def execute(self, sql: Any, values: Any, /) -> Any: ...

    def close(self) -> None: ...


class Source:
    """One connection to the control database, opened when needed and again after a fault.

    Every method raises StoreDown where the database cannot be read.
    """

    def __init__(self, address: Address) -> None:
        self._address = address
        self._connection: _Connection | None = None
        self._fault: type[Exception] = sqlite3.Error
        self._begin_reading, self._begin_writing = "BEGIN", "BEGIN IMMEDIATE"
        if address.kind == "postgresql":
            self._fault = _psycopg().Error
            self._begin_reading = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
            self._begin_writing = "BEGIN"

    def version(self) -> int:
        """How many changes there have been; another number means: read again."""
        return int(self._rows(VERSION)[0][0])

    def snapshot(self, now: float) -> Snapshot:
        """Everything, as of one moment."""
        # On a new connection: the file may have been replaced by a restored one.
        self.close()
        with self._transaction(self._begin_reading):
            return Snapshot(
                version=self.version(),
                projects=_projects(self._rows(PROJECTS)),
                keys=_keys(self._rows(KEYS, now)),
                salts={day: bytes(salt) for day, salt in self._rows(SALTS, now - _SALT_LIFE)},
            )

    def keep_salts(self, salts: Mapping[str, bytes], now: float) -> None:
        """Write each salt whose day has none yet."""
        for day, salt in salts.items():
            self._rows(KEEP_SALT, day, salt, now)

    def note_use(self, key_ids: Iterable[str], now: float) -> None:
        """Say that these keys were used a moment ago; at most once a minute for each."""
        # One commit for all, and in one order, or two workers would wait for each other.
        if ids := sorted(key_ids):
            with self._transaction(self._begin_writing):
                for key_id in ids:
                    self._rows(NOTE_USE, now, key_id, now - 60)

    def close(self) -> None:
        """Give the connection up. The next question opens another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        self._rows(begin)
        try:
            yield
            self._rows("COMMIT")
        except BaseException:
            # An open transaction would keep every writer of an SQLite file waiting.
            self.close()
            raise

    def _rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        try:
            if self._connection is None:
                self._connection = self._open()
            if self._address.kind == "postgresql":
                sql = sql.replace("?", "%s")
            cursor = self._connection.execute(sql, values)
            return cursor.fetchall() if cursor.description else []
        except self._fault as problem:
            self.close()
            raise StoreDown(
                f"The control database {self._address.shown} cannot be read: {problem}"
            ) from problem

    def _open(self) -> _Connection:
        if self._address.kind == "sqlite":
            return _open_sqlite(self._address)
        return _open_postgresql(self._address)


def _open_sqlite(address: Address) -> _Connection:
    connection = sqlite3.connect(
        # rw, although it mostly reads: after a kill, whoever opens the file next must be able to
        # roll back what was begun. Not rwc: an empty file would hide that there is none.
        f"file:{quote(str(address.path))}?mode=rw",
        uri=True,
        timeout=_PATIENCE,
        isolation_level=None,
        check_same_thread=False,
    )
    # As in `database`: what is written here is no less durable.
    connection.execute("PRAGMA synchronous = EXTRA")
    return connection


def _open_postgresql(address: Address) -> _Connection:
    connection: _Connection = _psycopg().connect(
        address.dsn,
        autocommit=True,
        # Prepared statements break behind a pooler that hands out a connection per transaction.
        prepare_threshold=None,
        connect_timeout=_PATIENCE,
        # A server that vanished without a word is noticed in seconds, not in two hours.
        keepalives_idle=2,
        keepalives_interval=1,
        keepalives_count=2,
        tcp_user_timeout=_PATIENCE * 1000,
    )
    connection.execute(f"SET statement_timeout = '{_PATIENCE}s'", ())
    return connection


def _psycopg() -> Any:
    # Imported late: whoever stays with SQLite need not have it.
    try:
        import psycopg
    except ModuleNotFoundError:
        raise Misconfigured(
            "PostgreSQL needs one more package: pip install 'desirepath[postgres]'"
        ) from None
    return psycopg


# A row that somebody broke by hand is left out, which closes that project or key. Were it an error,
# the last good snapshot would stay in use, and with it every key revoked since.


def _projects(rows: Iterable[tuple[str, str]]) -> list[Project]:
    found = []
    for project_id, settings in rows:
        try:
            found.append(decode_settings(project_id, settings))
        except msgspec.DecodeError as problem:
            _log.error("project %s is closed, its settings are broken: %s", project_id, problem)
    return found


def _keys(rows: Iterable[tuple[Any, ...]]) -> dict[bytes, Key]:
    found = {}
    for hashed, key_id, project, role, prefix, origins, rate, expires_at in rows:
        try:
            found[bytes(hashed)] = Key(
                id=key_id,
                project=ALL_PROJECTS if project is None else project,
                role=Role(role),
                prefix=prefix,
                origins=decode_origins(origins),
                rate_per_second=rate,
                expires_at=expires_at,
            )
        except (msgspec.DecodeError, ValueError) as problem:
            _log.error("key %s is closed, its row is broken: %s", key_id, problem)
    return found
