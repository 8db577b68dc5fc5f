"""Projects, keys and daily salts, with the project `default`."""

import time

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    projects = op.create_table(
        "projects",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("settings", sa.Text, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("updated_at", sa.Double, nullable=False),
        sa.Column("deleted_at", sa.Double),
    )
    op.create_table(
        "keys",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("project", sa.String(64), sa.ForeignKey("projects.id")),
        sa.Column("role", sa.String(8), nullable=False),
        sa.Column("hash", sa.LargeBinary(32), nullable=False, unique=True),
        sa.Column("prefix", sa.String(16), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("origins", sa.Text, nullable=False),
        sa.Column("rate_per_second", sa.Integer, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("expires_at", sa.Double),
        sa.Column("revoked_at", sa.Double),
        sa.Column("last_used_at", sa.Double),
        sa.CheckConstraint("role IN ('write', 'read', 'admin')", name="keys_role"),
        sa.CheckConstraint("project IS NOT NULL OR role = 'admin'", name="keys_all_projects"),
    )
    op.create_table(
        "daily_salts",
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("salt", sa.LargeBinary(32), nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
    )
    if op.get_bind().dialect.name == "postgresql":
        # Out of the WAL, and so out of base backups and standbys.
        op.execute("ALTER TABLE daily_salts SET UNLOGGED")
    changes = op.create_table(
        "changes",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("version", sa.BigInteger, nullable=False),
    )
    now = time.time()
    op.bulk_insert(
        projects, [{"id": "default", "settings": "{}", "created_at": now, "updated_at": now}]
    )
    op.bulk_insert(changes, [{"id": 1, "version": 1}])
