"""Where the control data lie: a file or a PostgreSQL database, by URL.

    sqlite:////var/lib/desirepath/control.db     (three slashes for a relative path)
    postgresql://user@host:5432/desirepath

No SQLAlchemy here: web workers read the same URL without it.
"""

import re
from pathlib import Path
from typing import Literal

from msgspec import Struct

from desirepath.errors import Misconfigured

_SQLITE = "sqlite:///"
_POSTGRESQL = re.compile(r"(?:postgresql|postgres)(?:\+psycopg)?://")


class Address(Struct, frozen=True):
    """A parsed URL."""

    kind: Literal["sqlite", "postgresql"]
    path: Path  # sqlite
    dsn: str  # postgresql: as libpq reads it
    shown: str  # without the password, for messages


def parse(url: str) -> Address:
    """Read a URL. Misconfigured where it names no database that can hold control data."""
    if url.startswith(_SQLITE):
        path = url.removeprefix(_SQLITE)
        # Each process has its own memory, so each would have its own keys.
        if path in ("", ":memory:"):
            raise Misconfigured(
                "Control data cannot live in memory: several processes share them. "
                "Name a file: sqlite:////path/to/control.db"
            )
        return Address("sqlite", Path(path), "", f"{_SQLITE}{path}")
    if found := _POSTGRESQL.match(url):
        dsn = "postgresql://" + url[found.end() :]
        return Address("postgresql", Path(), dsn, _without_password(dsn))
    raise Misconfigured(
        f"{url.partition('://')[0]!r} is no database for control data. "
        "Use sqlite:////path/to/control.db or postgresql://user@host/database"
    )


def of_file(path: Path) -> str:
    """The URL of an SQLite file."""
    return f"{_SQLITE}{path}"


def _without_password(dsn: str) -> str:
    without = re.sub(r"(?<=//)([^/@:]*):[^/@]*@", r"\1:***@", dsn)
    return re.sub(r"(?<=password=)[^&]*", "***", without)
