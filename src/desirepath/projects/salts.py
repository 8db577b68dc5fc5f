"""The salt of a day: what makes a pseudonym of today unlike one of tomorrow.

A day is a day of UTC. A salt is made on its day or the day before, by whichever process needs it
first, and lives 48 hours. After that nobody, the operator included, can tell which address and
user agent a pseudonym of that day stood for. Salts are in no backup (`tables`).
"""

import secrets
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection, Select, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from desirepath.errors import Invalid
from desirepath.projects.tables import daily_salts

SALT_BYTES = 32
LIFE = 48 * 3600.0


def find_salt(connection: Connection, day: date) -> bytes | None:
    """The salt of `day`, if it was made and not destroyed."""
    found = connection.execute(_salt_of(day)).scalar()
    return None if found is None else bytes(found)


def make_salt(connection: Connection, day: date, now: float) -> bytes:
    """The salt of `day`, made where it is missing; the same one in every process.

    Only today's and tomorrow's are made. Yesterday's may have been destroyed already, and must not
    come back as another one; one of next week would be gone before its day. Invalid for those.
    """
    today = datetime.fromtimestamp(now, UTC).date()
    if not today <= day <= today + timedelta(days=1):
        raise Invalid(f"There is no salt for {day}: today is {today}, and salts live 48 hours.")
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    connection.execute(
        insert(daily_salts)
        .values(day=day.isoformat(), salt=secrets.token_bytes(SALT_BYTES), created_at=now)
        .on_conflict_do_nothing()
    )
    found = connection.execute(_salt_of(day)).scalar_one()
    return bytes(found)


def destroy_salts(connection: Connection, now: float) -> int:
    """Delete the salts that are 48 hours old; return how many."""
    gone = connection.execute(delete(daily_salts).where(daily_salts.c.created_at <= now - LIFE))
    return gone.rowcount


def _salt_of(day: date) -> Select[bytes]:
    return select(daily_salts.c.salt).where(daily_salts.c.day == day.isoformat())
