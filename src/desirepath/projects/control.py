"""The control data: projects, their keys and settings, and the salts of the days.

For the command line, the management routes and jobs. What is asked for each request is answered by
`directory`, from memory; it sees every change made here within 2 s, in every process.

Methods may be called from any thread. Besides the errors they name, all raise StoreDown where the
database does not answer.
"""

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Self

from msgspec.structs import replace
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from desirepath.errors import Invalid, NotFound
from desirepath.model.project import ALL_PROJECTS, DEFAULT_PROJECT, Key, Project, Role
from desirepath.projects import key_rows, keys, project_rows, rules, salts
from desirepath.projects.address import parse
from desirepath.projects.database import open_engine, reading, writing
from desirepath.projects.keys import Minted
from desirepath.projects.origins import parse_origins
from desirepath.projects.upgrade import upgrade

#: The id of the admin key made on first start. An id is taken once, so there is one such key.
FIRST_ADMIN_KEY = "first-admin"


class Control:
    """The control data at `url`, made or upgraded first where they need it."""

    def __init__(self, url: str, *, clock: Callable[[], float] = time.time) -> None:
        upgrade(url)
        self._address = parse(url)
        self._engine = open_engine(self._address)
        self._clock = clock

    def list_projects(self) -> list[Project]:
        """Every project, by id."""
        with reading(self._engine) as connection:
            return project_rows.list_rows(connection)

    def project(self, project_id: str) -> Project:
        """One project. NotFound where there is none, or none any more."""
        with reading(self._engine) as connection:
            return project_rows.find_row(connection, project_id)

    def create_project(self, project: Project) -> Project:
        """Keep a new project. Invalid where a setting is not allowed or the id was ever taken."""
        project = rules.check_project(project)
        try:
            with writing(self._engine) as connection:
                project_rows.add_row(connection, project, self._clock())
                project_rows.note_change(connection)
        except IntegrityError:
            raise Invalid(
                f"There is, or was, a project {project.id!r}. Its events may still be kept, "
                "so the id is not given out again: choose another.",
                field="id",
            ) from None
        return project

    def update_project(self, project_id: str, changes: Mapping[str, Any]) -> Project:
        """Change the settings named in `changes`, and no others. Returns the project after it.

        Values are plain data, as JSON has them. NotFound, or Invalid with the field.
        """
        with writing(self._engine) as connection:
            before = project_rows.find_row(connection, project_id, lock=True)
            after = rules.change_project(before, changes)
            project_rows.change_row(connection, after, self._clock())
            project_rows.note_change(connection)
        return after

    def delete_project(self, project_id: str) -> None:
        """Close a project for good and revoke its keys. NotFound where there is none.

        Its events are not erased by this, so its id stays taken. `default` cannot be deleted.
        """
        if project_id == DEFAULT_PROJECT:
            raise Invalid(
                "The project 'default' cannot be deleted: events that name no project go there. "
                "Reset it instead.",
                field="id",
            )
        now = self._clock()
        with writing(self._engine) as connection:
            project_rows.find_row(connection, project_id, lock=True)
            project_rows.close_row(connection, project_id, now)
            key_rows.revoke_rows_of(connection, project_id, now)
            project_rows.note_change(connection)

    def mint_key(
        self,
        project: str,
        role: Role,
        *,
        name: str = "",
        origins: Sequence[str] = (),
        rate_per_second: int = 0,
        expires_at: float | None = None,
    ) -> Minted:
        """Make a key for `project`; ALL_PROJECTS for an admin key over all of them.

        The text is in the answer and nowhere else. NotFound for the project, else Invalid.
        """
        now = self._clock()
        rules.check_key(project, role, name, rate_per_second, expires_at, now)
        secret = keys.mint(role)
        key = Key(
            id=secrets.token_hex(6),
            project=project,
            role=role,
            prefix=keys.prefix(secret),
            name=name,
            origins=parse_origins(origins, field="origins"),
            rate_per_second=rate_per_second,
            created_at=now,
            expires_at=expires_at,
        )
        with writing(self._engine) as connection:
            if project != ALL_PROJECTS:
                project_rows.find_row(connection, project, lock=True)
            key_rows.add_row(connection, key, secret)
            project_rows.note_change(connection)
        return Minted(secret, key)

    def list_keys(self, project: str | None = None) -> list[Key]:
        """The keys of one project (ALL_PROJECTS: those over all), or every key; oldest first.

        Revoked and expired ones too. No secret can be had from them.
        """
        with reading(self._engine) as connection:
            return key_rows.list_rows(connection, project)

    def find_key(self, secret: str) -> Key | None:
        """The key with this text if it is usable now. A text that is no key is not looked up."""
        if not keys.looks_like_key(secret):
            return None
        with reading(self._engine) as connection:
            key = key_rows.find_by_secret(connection, secret)
        return key if key is not None and key.usable(self._clock()) else None

    def revoke_key(self, project: str, key_id: str) -> Key:
        """Revoke a key of `project` (ALL_PROJECTS: one over all); refused everywhere within 5 s.

        Revoking it again changes nothing. NotFound also where the key is of another project.
        """
        now = self._clock()
        with writing(self._engine) as connection:
            key = key_rows.find_by_id(connection, key_id, project)
            if key is None:
                raise NotFound(f"There is no key {key_id[:100]!r} here.", field="id")
            if key.revoked_at is None:
                key_rows.revoke_row(connection, key_id, now)
                project_rows.note_change(connection)
                key = replace(key, revoked_at=now)
        return key

    def first_admin_key(self) -> Key | None:
        """The admin key made on first start, revoked or not; None before that."""
        with reading(self._engine) as connection:
            return key_rows.find_by_id(connection, FIRST_ADMIN_KEY, ALL_PROJECTS)

    def keep_first_admin_key(self, secret: str) -> None:
        """Make `secret` the first admin key, unless there is, or was, one."""
        key = Key(
            id=FIRST_ADMIN_KEY,
            project=ALL_PROJECTS,
            role=Role.ADMIN,
            prefix=keys.prefix(secret),
            name="made on first start",
            created_at=self._clock(),
        )
        try:
            with writing(self._engine) as connection:
                key_rows.add_row(connection, key, secret)
                project_rows.note_change(connection)
        except IntegrityError:
            # Another process was first. Which of the two keys counts is in the database.
            return

    def salt_of(self, day: date) -> bytes:
        """The salt of a day of UTC, 32 bytes, made on demand for today and tomorrow.

        Invalid for a day whose salt is destroyed, or too far ahead.
        """
        with reading(self._engine) as connection:
            found = salts.find_salt(connection, day)
        if found is not None:
            return found
        with writing(self._engine) as connection:
            return salts.make_salt(connection, day, self._clock())

    def destroy_old_salts(self, now: float) -> int:
        """Destroy the salts that are 48 hours old, bytes and all; return how many."""
        with writing(self._engine) as connection:
            gone = salts.destroy_salts(connection, now)
        if gone and self._address.kind == "postgresql":
            # Deleted rows stay in their page until something writes over them. The table has
            # three rows, so writing it anew takes milliseconds.
            with self._engine.connect() as plain:
                bare = plain.execution_options(isolation_level="AUTOCOMMIT")
                bare.execute(text("VACUUM FULL daily_salts"))
        return gone

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
