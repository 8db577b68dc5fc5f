"""Every test that takes `url` or `control` runs on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from desirepath.projects import address
from desirepath.projects.control import Control
from desirepath.projects.upgrade import upgrade
from tests.services.postgres import Postgres, running


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with running() as server:
        yield server


@pytest.fixture(scope="session")
def upgraded(postgres: Postgres) -> Iterator[str]:
    """The name of a database with all migrations, to copy from."""
    with postgres.database() as url:
        upgrade(url)
        yield urlsplit(url).path.removeprefix("/")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Control data as on a fresh start."""
    if request.param == "sqlite":
        fresh = address.of_file(tmp_path / "control.db")
        upgrade(fresh)
        yield fresh
    else:
        server: Postgres = request.getfixturevalue("postgres")
        with server.database(request.getfixturevalue("upgraded")) as fresh:
            yield fresh


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A place for control data that holds nothing yet."""
    if request.param == "sqlite":
        yield address.of_file(tmp_path / "control.db")
    else:
        server: Postgres = request.getfixturevalue("postgres")
        with server.database() as fresh:
            yield fresh


@pytest.fixture
def control(url: str) -> Iterator[Control]:
    with Control(url) as control:
        yield control
