"""The tables of the control data, as the newest migration leaves them.

Times are Unix seconds. Lists and settings are JSON text, read by msgspec: a new setting of a
project needs no migration, and one that is missing has its default.

`changes` holds one row. Whoever writes what a web worker caches adds 1 to it in the same
transaction; the row lock orders those transactions, so no change hides behind a later one.

`daily_salts` must not be in any backup: with the salts of a day somebody could tell who stood
behind its pseudonyms. On PostgreSQL it is UNLOGGED, which keeps it out of base backups, standbys
and the WAL; dumps leave it out with `--no-unlogged-table-data`.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

METADATA = MetaData()

#: Alembic's own table, under a name that says whose it is.
VERSION_TABLE = "desirepath_version"

#: The newest migration.
HEAD = "0001"

#: Tables whose rows a backup leaves out.
NOT_IN_BACKUPS = ("daily_salts",)

projects = Table(
    "projects",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("settings", Text, nullable=False),  # a Project without its id
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    # The row stays, so that nobody gets the old events by taking the id again.
    Column("deleted_at", Double),
)

keys = Table(
    "keys",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("project", String(64), ForeignKey("projects.id")),  # NULL: all projects
    Column("role", String(8), nullable=False),
    Column("hash", LargeBinary(32), nullable=False, unique=True),
    Column("prefix", String(16), nullable=False),
    Column("name", Text, nullable=False),
    Column("origins", Text, nullable=False),  # a JSON array
    Column("rate_per_second", Integer, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("expires_at", Double),
    Column("revoked_at", Double),
    Column("last_used_at", Double),
    CheckConstraint("role IN ('write', 'read', 'admin')", name="keys_role"),
    CheckConstraint("project IS NOT NULL OR role = 'admin'", name="keys_all_projects"),
)

daily_salts = Table(
    "daily_salts",
    METADATA,
    Column("day", String(10), primary_key=True),  # YYYY-MM-DD, UTC
    Column("salt", LargeBinary(32), nullable=False),
    Column("created_at", Double, nullable=False),
)

changes = Table(
    "changes",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),
)
