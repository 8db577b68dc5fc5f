"""Bring the tables of a control database to the newest migration.

Any number of processes may do this at once: one works, the others wait and find it done. All
steps run in one transaction, so a kill leaves the old tables or the new ones.

Migrations live in `migrations/versions`. A released one is never edited; add one below it, make
`tables.HEAD` its revision, and only add: processes of the version before may still be running.
"""

import threading
from pathlib import Path

from sqlalchemy import Connection, func, inspect, select, text
from sqlalchemy.exc import DBAPIError

from desirepath.errors import Misconfigured
from desirepath.projects.address import Address, parse
from desirepath.projects.database import open_engine, reading, writing
from desirepath.projects.private_file import create_private
from desirepath.projects.tables import HEAD, METADATA, VERSION_TABLE

MIGRATIONS = Path(__file__).parent / "migrations"

# Any constant will do that no other application locks: "desirepa" in ASCII.
_LOCK = 0x6465736972657061

# Alembic keeps the running migration in a module, so two threads would meet there.
_one_thread = threading.Lock()


def upgrade(url: str) -> None:
    """Make or upgrade the tables at `url`; an SQLite file is created with mode 0600.

    Misconfigured where the folder is missing, the tables are another application's, or a newer
    desirepath wrote them.
    """
    address = parse(url)
    _make_file(address)
    engine = open_engine(address)
    try:
        with reading(engine) as connection:
            if _revision(connection) == HEAD:
                return
        with _one_thread, writing(engine) as connection:
            if address.kind == "postgresql":
                connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
            revision = _revision(connection)
            if revision != HEAD:
                _check_ours(connection, revision, address)
                _migrate(connection, revision, address)
    finally:
        engine.dispose()


def _make_file(address: Address) -> None:
    if address.kind != "sqlite" or address.path.exists():
        return
    try:
        create_private(address.path)
    except OSError as problem:
        raise Misconfigured(
            f"Cannot create {address.path}: {problem.strerror}. "
            "Name a file in a folder that exists and may be written."
        ) from problem


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()
    return None if found is None else str(found)


def _check_ours(connection: Connection, revision: str | None, address: Address) -> None:
    there = set(inspect(connection).get_table_names())
    if revision is None and (taken := there & set(METADATA.tables)):
        raise Misconfigured(
            f"{address.shown} has tables of another application ({', '.join(sorted(taken))}). "
            "Give desirepath a database of its own."
        )


def _migrate(connection: Connection, revision: str | None, address: Address) -> None:
    # Imported late: only the first start after an upgrade needs Alembic's 6 MB.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as problem:
        raise Misconfigured(
            f"{address.shown} was written by a newer desirepath (tables {revision}, this version "
            f"knows up to {HEAD}). Install that version, or restore a backup from before."
        ) from problem
    except DBAPIError as problem:
        raise Misconfigured(
            f"The tables of {address.shown} could not be made: {problem.orig}"
        ) from problem
