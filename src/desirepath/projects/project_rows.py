"""Projects as rows: inside somebody else's transaction."""

from sqlalchemy import Connection, insert, select, update

from desirepath.errors import NotFound
from desirepath.model.project import Project
from desirepath.projects.settings_text import decode_settings, encode_settings
from desirepath.projects.tables import changes
from desirepath.projects.tables import projects as rows


def list_rows(connection: Connection) -> list[Project]:
    """Every project that is not deleted, by id."""
    found = connection.execute(
        select(rows.c.id, rows.c.settings).where(rows.c.deleted_at.is_(None)).order_by(rows.c.id)
    )
    return [decode_settings(row.id, row.settings) for row in found]


def find_row(connection: Connection, project_id: str, *, lock: bool = False) -> Project:
    """One project; NotFound where there is none.

    With `lock` it stays as it is until the transaction ends (on SQLite, every writer has that).
    """
    wanted = select(rows.c.settings).where(rows.c.id == project_id, rows.c.deleted_at.is_(None))
    found = connection.execute(wanted.with_for_update() if lock else wanted).scalar()
    if found is None:
        raise NotFound(f"There is no project {project_id[:100]!r}.", field="project")
    return decode_settings(project_id, found)


def add_row(connection: Connection, project: Project, now: float) -> None:
    """A new row. SQLAlchemy's IntegrityError where the id is, or was, taken."""
    connection.execute(
        insert(rows).values(
            id=project.id, settings=encode_settings(project), created_at=now, updated_at=now
        )
    )


def change_row(connection: Connection, project: Project, now: float) -> None:
    """Write the settings of a project that is there."""
    connection.execute(
        update(rows)
        .where(rows.c.id == project.id)
        .values(settings=encode_settings(project), updated_at=now)
    )


def close_row(connection: Connection, project_id: str, now: float) -> None:
    """Mark a project deleted. The row stays (`tables`)."""
    connection.execute(update(rows).where(rows.c.id == project_id).values(deleted_at=now))


def note_change(connection: Connection) -> None:
    """Tell every process to read again, once this transaction is committed."""
    connection.execute(update(changes).values(version=changes.c.version + 1))
