"""A SQLAlchemy engine for the control data, and its two kinds of transaction.

SQLite keeps its rollback journal here, not WAL: the SQLite that Python brings may be one with the
WAL-reset bug, writes are rare, and `synchronous=EXTRA` makes a commit survive power loss.
A process must open the file with one SQLite library only (Python's `sqlite3`, never apsw): POSIX
locks belong to the process, and the second library would drop those of the first.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError

from desirepath.errors import Misconfigured, StoreDown
from desirepath.projects.address import Address

#: Seconds to wait for another process's transaction, and for a connection.
PATIENCE = 30


def open_engine(address: Address) -> Engine:
    """An engine for `address`. Connects only when first used."""
    if address.kind == "sqlite":
        return _open_sqlite(address)
    try:
        return create_engine(
            make_url(address.dsn).set(drivername="postgresql+psycopg"),
            pool_size=2,
            # A connection that the server closed meanwhile is replaced, not reported.
            pool_pre_ping=True,
            connect_args={"connect_timeout": PATIENCE},
        )
    except ModuleNotFoundError:
        raise Misconfigured(
            "PostgreSQL needs one more package: pip install 'desirepath[postgres]'"
        ) from None


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that only reads. StoreDown where the database cannot be reached."""
    with _transaction(engine, "BEGIN") as connection:
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes; committed at the end. StoreDown as in `reading`."""
    # IMMEDIATE: a reader that becomes a writer later is refused at once when two try it.
    with _transaction(engine, "BEGIN IMMEDIATE") as connection:
        yield connection


@contextmanager
def _transaction(engine: Engine, begin: str) -> Iterator[Connection]:
    try:
        with (
            engine.connect().execution_options(sqlite_begin=begin) as connection,
            connection.begin(),
        ):
            yield connection
    except (IntegrityError, ProgrammingError, DataError):
        # What was asked was wrong, not who was asked.
        raise
    except DBAPIError as problem:
        raise StoreDown(f"The control database did not answer: {problem.orig}") from problem


def _open_sqlite(address: Address) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(address.path)), connect_args={"timeout": PATIENCE}
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        # Python's module would begin transactions by itself, but not before DDL.
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = EXTRA")
        # A destroyed salt is overwritten, not only unlinked.
        connection.execute("PRAGMA secure_delete = ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        how = connection.get_execution_options().get("sqlite_begin", "BEGIN")
        connection.exec_driver_sql(str(how))

    return engine
