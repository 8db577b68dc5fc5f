"""All projects and usable keys at one moment, in memory. Never changes once it is made."""

from collections.abc import Iterable, Mapping
from hashlib import sha256

from desirepath.model.project import ALL_PROJECTS, Key, Project
from desirepath.projects.keys import LENGTH


class Snapshot:
    """What the database said when its count of changes was `version`."""

    __slots__ = ("_keys", "_projects", "_salts", "version")

    def __init__(
        self,
        *,
        version: int = 0,
        projects: Iterable[Project] = (),
        keys: Mapping[bytes, Key] | None = None,
        salts: Mapping[str, bytes] | None = None,
    ) -> None:
        """`keys` by SHA-256 of their text, `salts` by day of UTC (YYYY-MM-DD)."""
        self.version = version
        self._projects = {project.id: project for project in projects}
        # A key of a project that is gone would open nothing, so it is not even known.
        self._keys = {
            hashed: key
            for hashed, key in (keys or {}).items()
            if key.project == ALL_PROJECTS or key.project in self._projects
        }
        self._salts = dict(salts or {})

    def project(self, project_id: str) -> Project | None:
        """The project with this id."""
        return self._projects.get(project_id)

    def projects(self) -> list[Project]:
        """Every project."""
        return list(self._projects.values())

    def key(self, text: str) -> Key | None:
        """The key with this text, not revoked. `Key.usable(now)` says whether it has expired.

        Looked up by its hash: how long that takes says nothing about the text, since nobody can
        choose what a text hashes to.
        """
        # Not `looks_like_key`: its checksum takes longer than the hash, and a miss costs nothing.
        if len(text) != LENGTH or not text.isascii():
            return None
        return self._keys.get(sha256(text.encode()).digest())

    def salt(self, day: str) -> bytes | None:
        """The salt of a day of UTC (YYYY-MM-DD), where it is known."""
        return self._salts.get(day)
