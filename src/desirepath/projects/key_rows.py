"""Keys as rows: inside somebody else's transaction.

The column `project` is NULL for a key over all projects, which the rest calls ALL_PROJECTS.
"""

import hmac
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, insert, select, update

from desirepath.model.project import ALL_PROJECTS, Key, Role
from desirepath.projects.keys import digest
from desirepath.projects.settings_text import decode_origins, encode_origins
from desirepath.projects.tables import keys as rows


def list_rows(connection: Connection, project: str | None) -> list[Key]:
    """The keys of one project, or (None) every key; oldest first, unusable ones too."""
    wanted = select(rows).order_by(rows.c.created_at, rows.c.id)
    if project is not None:
        wanted = wanted.where(_is_of(project))
    return [_key(row) for row in connection.execute(wanted)]


def add_row(connection: Connection, key: Key, secret: str) -> None:
    """A new row. SQLAlchemy's IntegrityError where the id is taken."""
    connection.execute(
        insert(rows).values(
            id=key.id,
            project=None if key.project == ALL_PROJECTS else key.project,
            role=key.role.value,
            hash=digest(secret),
            prefix=key.prefix,
            name=key.name,
            origins=encode_origins(key.origins),
            rate_per_second=key.rate_per_second,
            created_at=key.created_at,
            expires_at=key.expires_at,
        )
    )


def find_by_secret(connection: Connection, secret: str) -> Key | None:
    """The key with this text, usable or not."""
    hashed = digest(secret)
    row = connection.execute(select(rows).where(rows.c.hash == hashed)).one_or_none()
    if row is None or not hmac.compare_digest(bytes(row.hash), hashed):
        return None
    return _key(row)


def find_by_id(connection: Connection, key_id: str, project: str) -> Key | None:
    """The key with this id, if it is of this project."""
    found = connection.execute(select(rows).where(rows.c.id == key_id, _is_of(project)))
    row = found.one_or_none()
    return None if row is None else _key(row)


def revoke_row(connection: Connection, key_id: str, now: float) -> None:
    """Revoke one key, unless it is revoked already."""
    _revoke(connection, rows.c.id == key_id, now)


def revoke_rows_of(connection: Connection, project: str, now: float) -> None:
    """Revoke every key of a project."""
    _revoke(connection, _is_of(project), now)


def _revoke(connection: Connection, which: ColumnElement[bool], now: float) -> None:
    connection.execute(
        update(rows).where(which, rows.c.revoked_at.is_(None)).values(revoked_at=now)
    )


def _is_of(project: str) -> ColumnElement[bool]:
    return rows.c.project.is_(None) if project == ALL_PROJECTS else rows.c.project == project


def _key(row: Row[Any]) -> Key:
    return Key(
        id=row.id,
        project=ALL_PROJECTS if row.project is None else row.project,
        role=Role(row.role),
        prefix=row.prefix,
        name=row.name,
        origins=decode_origins(row.origins),
        rate_per_second=row.rate_per_second,
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
    )
